// SPDX-License-Identifier: Apache-2.0
#include "cas/api/direct_tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

namespace redoubt::cas {

DirectTls::DirectTls(SSL* tls, int socket) : tls_(tls), of_library_(SSL_get_rbio(tls)), mode_(SSL_get_mode(tls)) {
  BIO* const direct = BIO_new_socket(socket, BIO_NOCLOSE);
  if (direct == nullptr) return;
  BIO_up_ref(of_library_);
  SSL_set_bio(tls_, direct, direct);
  SSL_clear_mode(tls_, SSL_MODE_RELEASE_BUFFERS);
  SSL_set_read_ahead(tls_, 1);
  is_good_ = true;
}

DirectTls::~DirectTls() {
  if (!is_good_) return;
  SSL_set_read_ahead(tls_, 0);
  SSL_set_mode(tls_, mode_);
  SSL_set_bio(tls_, of_library_, of_library_);
}

DirectTls::Read DirectTls::read(std::span<uint8_t> into, size_t& count) {
  ERR_clear_error();
  if (SSL_read_ex(tls_, into.data(), into.size(), &count) == 1) return Read::kBytes;
  count = 0;
  return SSL_get_error(tls_, 0) == SSL_ERROR_WANT_READ ? Read::kNothing : Read::kEnd;
}

bool DirectTls::write(ByteView bytes) {
  ERR_clear_error();
  size_t written = 0;
  return SSL_write_ex(tls_, bytes.data(), bytes.size(), &written) == 1 && written == bytes.size();
}

}  // namespace redoubt::cas
