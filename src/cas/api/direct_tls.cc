// SPDX-License-Identifier: Apache-2.0
#include "cas/api/direct_tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

namespace redoubt::cas {
namespace {

// Between two requests. One is due after 2^24 records (RFC 8446 section 5.5).
constexpr size_t kMostHandshakeMessages = 16;

void count_message(int written, int, int type, const void*, size_t, SSL*, void* count) {
  if (written == 0 && type == SSL3_RT_HANDSHAKE) ++*static_cast<size_t*>(count);
}

}  // namespace

DirectTls::DirectTls(SSL* tls, int socket) : tls_(tls), of_library_(SSL_get_rbio(tls)), mode_(SSL_get_mode(tls)) {
  BIO* const direct = BIO_new_socket(socket, BIO_NOCLOSE);
  if (direct == nullptr) return;
  BIO_up_ref(of_library_);
  SSL_set_bio(tls_, direct, direct);
  // Without AUTO_RETRY, SSL_read_ex comes back after each message that is not for us.
  SSL_clear_mode(tls_, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_AUTO_RETRY);
  SSL_set_msg_callback(tls_, count_message);
  SSL_set_msg_callback_arg(tls_, &handshake_messages_);
  SSL_set_read_ahead(tls_, 1);
  is_good_ = true;
}

DirectTls::~DirectTls() {
  if (!is_good_) return;
  SSL_set_msg_callback(tls_, nullptr);
  SSL_set_msg_callback_arg(tls_, nullptr);
  SSL_set_read_ahead(tls_, 0);
  SSL_set_mode(tls_, mode_);
  SSL_set_bio(tls_, of_library_, of_library_);
}

DirectTls::Read DirectTls::read(std::span<uint8_t> into, size_t& count) {
  while (handshake_messages_ <= kMostHandshakeMessages) {
    ERR_clear_error();
    const size_t before = handshake_messages_;
    if (SSL_read_ex(tls_, into.data(), into.size(), &count) == 1) {
      handshake_messages_ = 0;
      return Read::kBytes;
    }
    count = 0;
    if (SSL_get_error(tls_, 0) != SSL_ERROR_WANT_READ) return Read::kEnd;
    if (handshake_messages_ == before) return Read::kNothing;  // and not: a message that was not for us
  }
  return Read::kEnd;
}

bool DirectTls::write(ByteView bytes) {
  ERR_clear_error();
  size_t written = 0;
  return SSL_write_ex(tls_, bytes.data(), bytes.size(), &written) == 1 && written == bytes.size();
}

}  // namespace redoubt::cas
