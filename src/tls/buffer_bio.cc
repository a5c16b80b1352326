// SPDX-License-Identifier: Apache-2.0
#include "tls/buffer_bio.h"

#include <openssl/bio.h>

namespace redoubt::tls {
namespace {

Wires& wires_of(BIO* bio) { return *static_cast<Wires*>(BIO_get_data(bio)); }

int read_some(BIO* bio, char* to, size_t size, size_t* done) {
  BIO_clear_retry_flags(bio);
  *done = wires_of(bio).input.take_into({reinterpret_cast<uint8_t*>(to), size});
  if (*done != 0 || size == 0) return 1;
  BIO_set_retry_read(bio);
  return -1;
}

int write_all(BIO* bio, const char* from, size_t size, size_t* done) {
  BIO_clear_retry_flags(bio);
  *done = wires_of(bio).output.add({reinterpret_cast<const uint8_t*>(from), size}) ? size : 0;
  return *done == size ? 1 : -1;
}

long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

const BIO_METHOD* make_method() {
  BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "buffers");
  if (method == nullptr) return nullptr;
  if (BIO_meth_set_read_ex(method, read_some) == 1 && BIO_meth_set_write_ex(method, write_all) == 1 &&
      BIO_meth_set_ctrl(method, control) == 1) {
    return method;
  }
  BIO_meth_free(method);
  return nullptr;
}

}  // namespace

BIO* new_buffer_bio(Wires& wires) {
  static const BIO_METHOD* const kMethod = make_method();
  BIO* bio = kMethod == nullptr ? nullptr : BIO_new(kMethod);
  if (bio == nullptr) return nullptr;
  BIO_set_data(bio, &wires);
  BIO_set_init(bio, 1);
  return bio;
}

}  // namespace redoubt::tls
