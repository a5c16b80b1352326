// SPDX-License-Identifier: Apache-2.0
//
// OpenSSL works on two memory buffers; the bytes in and out of them go through the gate here.
#include "shim/attested/channel.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <string.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/text.h"
#include "crypto/constant_time.h"
#include "crypto/hex.h"
#include "shim/attested/openssl_use.h"
#include "shim/gate/gate.h"
#include "shim/gate/host_answer.h"

namespace redoubt::shim::attested {
namespace {

constexpr int64_t kHandshakeMilliseconds = 10000;
constexpr size_t kBuffer = size_t{16} * 1024;
constexpr size_t kSmallRequest = 1024;  // with its head
constexpr char kVersions[] = "TLS 1.3 with P-256, an ECDSA certificate and AES-GCM";
constexpr char kCheckAddress[] = "check that the address is that of a CAS of this version, and CAS's log";

std::string last_tls_error() {
  const unsigned long code = ERR_peek_last_error();
  const int reason = ERR_GET_REASON(code);
  Text<160> text;
  if (code == 0) {
    text.append("the connection ended");
  } else if (reason >= SSL_AD_REASON_OFFSET) {
    text.append("alert ").append(SSL_alert_desc_string_long(reason - SSL_AD_REASON_OFFSET));
  } else {
    text.append("TLS error ").decimal(reason).append(" (openssl/sslerr.h)");
  }
  return std::string(text.view());
}

std::unexpected<Failure> out_of_memory() {
  return failed("memory.sealed", "room for one TLS connection in sealed memory", "ENOMEM",
                "raise the limit on locked memory (ulimit -l) to 8192 or more");
}

struct Pinned {
  ByteArray<32> key;  // that was seen
  const ByteArray<32>* wanted;
  bool differs;
};

// Called with the server's certificate: names and dates in it say nothing, its key is what counts.
int check_key(X509_STORE_CTX* context, void* argument) {
  auto& pinned = *static_cast<Pinned*>(argument);
  X509* certificate = X509_STORE_CTX_get0_cert(context);
  unsigned char* encoded = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &encoded);
  if (size <= 0) return 0;
  unsigned int digest_size = 0;
  const int hashed =
      EVP_Digest(encoded, static_cast<size_t>(size), pinned.key.data(), &digest_size, EVP_sha256(), nullptr);
  OPENSSL_free(encoded);
  if (hashed != 1 || digest_size != pinned.key.size()) return 0;
  pinned.differs = pinned.wanted != nullptr && !crypto::equal_in_constant_time(pinned.key, *pinned.wanted);
  return pinned.differs ? 0 : 1;
}

bool configure(SSL_CTX* context) {
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  return SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1 &&
         SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1 &&
         SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384") == 1 &&
         SSL_CTX_set1_groups_list(context, "secp256r1") == 1 &&
         SSL_CTX_set1_sigalgs_list(context, "ECDSA+SHA256:ECDSA+SHA384") == 1;
}

}  // namespace

Channel::~Channel() = default;

Deadline Channel::handshake_deadline() { return Deadline::in(kHandshakeMilliseconds); }

void Channel::free_tls(ssl_st* tls) {
  const OpensslUse use;
  SSL_free(tls);
}

Outcome<Channel> Channel::open(OwnedFd socket, std::string_view pinned_key, std::string_view exporter_label,
                               const Deadline& deadline) {
  Channel channel;
  channel.socket_ = std::move(socket);
  channel.expect_answer_by(deadline);
  TRY_VOID(channel.handshake(pinned_key, exporter_label));
  return channel;
}

Outcome<void> Channel::handshake(std::string_view pinned_key, std::string_view exporter_label) {
  const auto wanted = crypto::array_from_hex<32>(pinned_key);
  if (!wanted && !pinned_key.empty()) {
    return failed("cas.key", "64 hexadecimal digits: SHA-256 of CAS's SubjectPublicKeyInfo", std::string(pinned_key),
                  "take it from `redoubt cas show`");
  }
  Pinned pinned = {.key = {}, .wanted = wanted ? &*wanted : nullptr, .differs = false};
  std::optional<OpensslUse> use(std::in_place);
  const std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  if (context == nullptr || !configure(context.get())) return out_of_memory();
  SSL_CTX_set_cert_verify_callback(context.get(), check_key, &pinned);
  tls_.reset(SSL_new(context.get()));
  BIO* in = BIO_new(BIO_s_mem());
  BIO* out = BIO_new(BIO_s_mem());
  if (tls_ == nullptr || in == nullptr || out == nullptr) return out_of_memory();
  BIO_set_mem_eof_return(in, -1);  // empty is "not yet", not the end
  SSL_set_bio(tls_.get(), in, out);

  while (true) {
    ERR_clear_error();
    const int result = SSL_connect(tls_.get());
    const Step step = after(result);
    if (pinned.differs) {
      return failed(
          "cas.key", crypto::to_hex(*wanted), crypto::to_hex(pinned.key),
          "this is another CAS than the one meant, or its key changed: check the address, and `redoubt cas show`",
          kRefused);
    }
    use.reset();
    TRY_VOID(progress(step, "cas.tls", kVersions));
    use.emplace();
    if (result == 1) break;
  }
  if (SSL_version(tls_.get()) != TLS1_3_VERSION || SSL_session_reused(tls_.get()) != 0) {
    return failed("cas.tls", "a full TLS 1.3 handshake", "another one", kCheckAddress);
  }
  server_key_ = pinned.key;
  if (SSL_export_keying_material(tls_.get(), exporter_.data(), exporter_.size(), exporter_label.data(),
                                 exporter_label.size(), nullptr, 0, 0) != 1) {
    return out_of_memory();
  }
  return {};
}

// What OpenSSL wants after a call, within the same use of it.
Channel::Step Channel::after(int result) const {
  return {.error = result == 1 ? SSL_ERROR_NONE : SSL_get_error(tls_.get(), result), .reason = last_tls_error()};
}

// Sends what OpenSSL has to say, and waits for the peer when it asks for more.
Outcome<void> Channel::progress(const Step& step, std::string_view check, std::string_view what) {
  TRY_VOID(flush());  // an alert too
  if (step.error == SSL_ERROR_NONE) return {};
  if (step.error == SSL_ERROR_WANT_READ) return fill();
  return failed(check, std::string(what), step.reason, kCheckAddress);
}

Outcome<void> Channel::flush() {
  char* bytes = nullptr;
  BIO* out = SSL_get_wbio(tls_.get());
  const long size = BIO_get_mem_data(out, &bytes);
  for (long done = 0; done < size;) {
    const int64_t raw = gate::call(SYS_sendto, static_cast<uint64_t>(socket_.get()), gate::address_of(bytes + done),
                                   static_cast<uint64_t>(size - done), MSG_NOSIGNAL, 0, 0);
    Result<size_t> sent = gate::count_of(raw, static_cast<size_t>(size - done));
    if (!sent && sent.error() == as_errno(EAGAIN)) {
      sent = 0;
      if (const auto ready = deadline_.wait(socket_.get(), POLLOUT); !ready) sent = std::unexpected(ready.error());
    }
    if (!sent) return failed("cas.send", "CAS to read", name_of(sent.error()), kCheckAddress);
    done += static_cast<long>(*sent);
  }
  const OpensslUse use;
  BIO_reset(out);
  return {};
}

Outcome<void> Channel::fill() {
  std::array<uint8_t, kBuffer> buffer;  // ciphertext
  // A server that waits for the acknowledgement of its last segment before it sends the next one gets it at once.
  const int on = 1;
  const auto fd = static_cast<uint64_t>(socket_.get());
  gate::call(SYS_setsockopt, fd, IPPROTO_TCP, TCP_QUICKACK, gate::address_of(&on), sizeof(on));
  while (true) {
    const int64_t raw = gate::call(SYS_recvfrom, fd, gate::address_of(buffer.data()), buffer.size(), 0, 0, 0);
    Result<size_t> got = gate::count_of(raw, buffer.size());
    if (!got && got.error() == as_errno(EAGAIN)) {
      const auto ready = deadline_.wait(socket_.get(), POLLIN);
      if (ready) continue;
      got = std::unexpected(ready.error());
    }
    if (!got) return failed("cas.receive", "an answer of CAS", name_of(got.error()), kCheckAddress);
    if (*got == 0) return failed("cas.receive", "an answer of CAS", "the end of the connection", kCheckAddress);
    const OpensslUse use;
    if (BIO_write(SSL_get_rbio(tls_.get()), buffer.data(), static_cast<int>(*got)) != static_cast<int>(*got)) {
      return out_of_memory();
    }
    return {};
  }
}

// A small request is one record in one segment: CAS reads it in one piece.
Outcome<void> Channel::send(std::initializer_list<ByteView> parts) {
  std::array<uint8_t, kSmallRequest> small;
  size_t filled = 0;
  const auto is_small = [&](ByteView part) { return part.size() <= small.size() - filled; };
  const ByteView* part = parts.begin();
  for (; part != parts.end() && is_small(*part); ++part) {
    std::ranges::copy(*part, small.begin() + filled);
    filled += part->size();
  }
  auto sent = write(ByteView(small).first(filled));
  explicit_bzero(small.data(), filled);
  for (; sent && part != parts.end(); ++part) sent = write(*part);
  TRY_VOID(sent);
  return flush();
}

Outcome<void> Channel::write(ByteView bytes) {
  while (!bytes.empty()) {
    size_t written = 0;
    const ByteView piece = bytes.first(std::min(bytes.size(), kBuffer));
    std::optional<OpensslUse> use(std::in_place);
    ERR_clear_error();
    const int result = SSL_write_ex(tls_.get(), piece.data(), piece.size(), &written);
    const Step step = after(result);
    use.reset();
    if (result != 1 || written == kBuffer) {
      TRY_VOID(progress(step, "cas.send", "a TLS connection to send a request on"));
    }
    if (result == 1) bytes = bytes.subspan(written);
  }
  return {};
}

Outcome<size_t> Channel::receive(std::span<uint8_t> into) {
  while (true) {
    size_t got = 0;
    std::optional<OpensslUse> use(std::in_place);
    ERR_clear_error();
    const int result = SSL_read_ex(tls_.get(), into.data(), into.size(), &got);
    const Step step = after(result);
    use.reset();
    TRY_VOID(progress(step, "cas.receive", "an answer of CAS"));
    if (result == 1) return got;
  }
}

void Channel::close() {
  {
    const OpensslUse use;
    SSL_shutdown(tls_.get());
  }
  (void)flush();
  tls_.reset();
  socket_ = OwnedFd();
}

}  // namespace redoubt::shim::attested
