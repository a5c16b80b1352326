// SPDX-License-Identifier: Apache-2.0
//
// What is offered and accepted on the wire: TLS 1.3 and nothing before it. The seam for 1.2 by choice is kLeastVersion, together
// with a list of its cipher suites.
//
// No session tickets: resumption would save one signature a connection, and cost a key that outlives connections and a peer
// whose certificate was checked some time ago. No early data, which can be replayed. No compression, no renegotiation.
#include <openssl/err.h>

#include <array>
#include <string>

#include "tls/context_parts.h"
#include "tls/credentials.h"
#include "tls/verification.h"

namespace redoubt::tls {
namespace {

using SslContext = crypto::OpensslPointer<SSL_CTX, SSL_CTX_free>;

constexpr int kLeastVersion = TLS1_3_VERSION, kMostVersion = TLS1_3_VERSION;
constexpr int kSecurityLevel = 2;                // 112 bits: SSL_CTX_set_security_level(3)
constexpr long kLongestChain = long{32} * 1024;  // of a peer's certificates, before it is authenticated
// By our preference: the margin of AES-256 is worth a tenth to a fifth of a large record's time (tests/bench/tls_endpoint.cc).
constexpr char kCipherSuites[] = "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256";
// Of handshakes, and of certificates: those with RSA carry PKCS #1 signatures.
constexpr char kSignatures[] =
    "ed25519:ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:RSA-PSS+SHA256:RSA-PSS+SHA384:RSA-PSS+SHA512:RSA+SHA256:RSA+SHA384:"
    "RSA+SHA512";
constexpr std::array<const char*, 3> kGroups = {"X25519", "P-256", "P-384"};

constexpr uint64_t kOptions =
    SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE;

// Those that this OpenSSL has: the runtime's is cut down.
std::string available_groups(SSL_CTX* context) {
  std::string groups;
  for (const char* group : kGroups) {
    if (SSL_CTX_set1_groups_list(context, group) != 1) continue;
    if (!groups.empty()) groups += ':';
    groups += group;
  }
  ERR_clear_error();
  return groups;
}

bool configure(SSL_CTX* context) {
  SSL_CTX_set_options(context, kOptions);
  // An idle connection keeps 33 KB less; a record of full size costs a tenth more in time (tests/bench/tls_endpoint.cc).
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_security_level(context, kSecurityLevel);
  SSL_CTX_set_max_cert_list(context, kLongestChain);
  return SSL_CTX_set_min_proto_version(context, kLeastVersion) == 1 &&
         SSL_CTX_set_max_proto_version(context, kMostVersion) == 1 && SSL_CTX_set_num_tickets(context, 0) == 1 &&
         SSL_CTX_set_max_early_data(context, 0) == 1 && SSL_CTX_set_ciphersuites(context, kCipherSuites) == 1 &&
         SSL_CTX_set1_groups_list(context, available_groups(context).c_str()) == 1 &&
         SSL_CTX_set1_sigalgs_list(context, kSignatures) == 1;
}

Result<SslContext, Error> new_context(const SSL_METHOD* method) {
  // The host must not choose a configuration file. Where OpenSSL runs already (the runtime) this does nothing.
  OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
  OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
  SslContext context(SSL_CTX_new(method));
  if (context == nullptr) return openssl_failed(ErrorCode::kFailed, "TLS: no memory for a context");
  if (!configure(context.get())) {
    return openssl_failed(ErrorCode::kFailed, "TLS: OpenSSL lacks TLS 1.3, AES-GCM or a group for key agreement");
  }
  return context;
}

Result<void, Error> use_identity(SSL_CTX* context, const Identity& identity) {
  auto certificates = certificates_from_pem(identity.certificates);
  if (!certificates) return std::unexpected(std::move(certificates.error()).in("identity"));
  auto key = private_key_from_pem(identity.private_key);
  if (!key) return std::unexpected(std::move(key.error()).in("identity"));
  X509* own = certificates->front().get();
  if (SSL_CTX_use_certificate(context, own) != 1) {
    return openssl_failed(ErrorCode::kUnsupported,
                          "identity: expected a certificate for a P-256, P-384, Ed25519 or RSA key of 2048 bits or "
                          "more, found \"" +
                              subject_of(own) + "\"");
  }
  if (SSL_CTX_use_PrivateKey(context, key->get()) != 1 || SSL_CTX_check_private_key(context) != 1) {
    return openssl_failed(ErrorCode::kMalformed, "identity: the private key is not that of the first certificate, \"" +
                                                     subject_of(own) + "\"");
  }
  for (size_t index = 1; index < certificates->size(); ++index) {
    if (SSL_CTX_add1_chain_cert(context, (*certificates)[index].get()) != 1) {
      return openssl_failed(ErrorCode::kUnsupported, "identity: certificate " + std::to_string(index + 1) +
                                                         " has too short a key or too weak a signature");
    }
  }
  return {};
}

}  // namespace

Context::~Context() = default;

Result<std::shared_ptr<Context>, Error> Context::server(const Identity& identity, std::string_view client_authority,
                                                        Clock clock) {
  auto openssl = TRY(new_context(TLS_server_method()));
  TRY_VOID(use_identity(openssl.get(), identity));
  const bool checks_peer = !client_authority.empty();
  if (checks_peer) {
    auto trusted = trust(openssl.get(), client_authority);
    if (!trusted) return std::unexpected(std::move(trusted.error()).in("authority of the clients"));
    SSL_CTX_set_verify(openssl.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, check_certificate);
  }
  std::shared_ptr<Context> context(new Context());
  context->parts_ = std::make_unique<Parts>(Parts{std::move(openssl), true, checks_peer, clock});
  return context;
}

Result<std::shared_ptr<Context>, Error> Context::client(const Identity& identity, std::string_view server_authority,
                                                        Clock clock) {
  auto openssl = TRY(new_context(TLS_client_method()));
  if (!identity.certificates.empty() || !identity.private_key.empty()) {
    TRY_VOID(use_identity(openssl.get(), identity));
  }
  auto trusted = trust(openssl.get(), server_authority);
  if (!trusted) return std::unexpected(std::move(trusted.error()).in("authority of the servers"));
  SSL_CTX_set_verify(openssl.get(), SSL_VERIFY_PEER, check_certificate);
  std::shared_ptr<Context> context(new Context());
  context->parts_ = std::make_unique<Parts>(Parts{std::move(openssl), false, true, clock});
  return context;
}

}  // namespace redoubt::tls
