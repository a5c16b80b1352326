// SPDX-License-Identifier: Apache-2.0
#include "cas/api/tls.h"

#include <openssl/ssl.h>

#include <utility>

#include "attest/report_data.h"
#include "crypto/hex.h"
#include "crypto/openssl_pointers.h"
#include "wire/instance_protocol.h"

namespace redoubt::cas {
namespace {

constexpr long kLargestClientChain = 16L * 1024;  // bytes

// Nothing to verify beyond the handshake's own proof of possession.
int accept_any_certificate(X509_STORE_CTX*, void*) { return 1; }

bool configure(SSL_CTX* context, const ServerIdentity& identity) {
  SSL_CTX_set_options(context,
                      SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CLEANSE_PLAINTEXT);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_max_cert_list(context, kLargestClientChain);
  SSL_CTX_set_cert_verify_callback(context, accept_any_certificate, nullptr);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);  // ask for a certificate, do without if there is none
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  return SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1 &&
         SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1 && SSL_CTX_set_num_tickets(context, 0) == 1 &&
         SSL_CTX_set_max_early_data(context, 0) == 1 && SSL_CTX_set_recv_max_early_data(context, 0) == 1 &&
         SSL_CTX_set_ciphersuites(context,
                                  "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256") == 1 &&
         SSL_CTX_set1_groups_list(context, "X25519:P-256:P-384") == 1 &&
         SSL_CTX_use_certificate(context, identity.certificate.get()) == 1 &&
         SSL_CTX_use_PrivateKey(context, identity.key.get()) == 1 && SSL_CTX_check_private_key(context) == 1;
}

}  // namespace

Result<boost::asio::ssl::context, Error> make_tls_context(const ServerIdentity& identity) {
  boost::asio::ssl::context context(boost::asio::ssl::context::tls_server);
  if (!configure(context.native_handle(), identity))
    return fail(ErrorCode::kFailed, "OpenSSL refused the TLS settings");
  return context;
}

Result<Client, Error> client_of(SSL* connection) {
  const crypto::X509Pointer certificate(SSL_get1_peer_certificate(connection));
  if (!certificate) return Client{};
  const ByteArray<32> hash = TRY(key_hash_of(*certificate));
  std::string pem = TRY(pem_of(*certificate));
  return Client{crypto::to_hex(hash), std::move(pem)};
}

Result<Exporters, Error> exporters_of(SSL* connection) {
  Exporters exporters;
  const auto export_to = [&](ByteArray<32>& material, std::string_view label) {
    return SSL_export_keying_material(connection, material.data(), material.size(), label.data(), label.size(), nullptr,
                                      0, 0) == 1;
  };
  if (!export_to(exporters.attestation, attest::kExporterLabel) ||
      !export_to(exporters.instance, wire::kInstanceExporterLabel)) {
    return fail(ErrorCode::kFailed, "OpenSSL refused keying material");
  }
  return exporters;
}

}  // namespace redoubt::cas
