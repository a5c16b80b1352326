// SPDX-License-Identifier: Apache-2.0
//
// Asynchronous calls of Beast, run one at a time: only these have time limits.
#include "cli/cas_client.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <chrono>

#include "crypto/constant_time.h"

namespace redoubt::cli {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;

constexpr std::chrono::seconds kStepTime{20};  // to connect, to shake hands, to send or to receive
constexpr uint64_t kLargestBody = 16 << 20;    // bytes of an answer
constexpr uint32_t kLargestHeader = 16 * 1024;

}  // namespace

struct CasClient::Connection {
  Connection() : tls(asio::ssl::context::tls_client) {}

  // Called for the certificate that CAS shows; OpenSSL itself checks that CAS has the key of it.
  static int accept_certificate(X509_STORE_CTX* store, void* argument) {
    auto& self = *static_cast<Connection*>(argument);
    X509* certificate = X509_STORE_CTX_get0_cert(store);
    if (certificate != nullptr) self.key = key_hash_of(certificate);
    if (self.key.empty()) return 0;
    if (!self.wanted_key) return 1;
    self.other_key = !crypto::equal_in_constant_time(as_bytes(self.key), as_bytes(*self.wanted_key));
    return self.other_key ? 0 : 1;
  }

  bool prepare(const ClientIdentity* identity) {
    SSL_CTX* context = tls.native_handle();
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_cert_verify_callback(context, accept_certificate, this);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    bool done = SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1 &&
                SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1;
    if (identity != nullptr) {
      done = done && SSL_CTX_use_certificate(context, identity->certificate()) == 1 &&
             SSL_CTX_use_PrivateKey(context, identity->key()) == 1;
    }
    return done;
  }

  template <typename Start>
  error_code wait_for(Start start) {
    error_code result;
    beast::get_lowest_layer(*stream).expires_after(kStepTime);
    start([&result](error_code error, auto&&...) { result = error; });
    io.restart();
    io.run();
    return result;
  }

  std::unexpected<Error> failure(const char* step, const error_code& error) const {
    return fail(ExitStatus::kCasUnreachable, "expected a CAS at " + address.text() + ", found that " + step +
                                                 " fails: " + error.message() +
                                                 "; check that CAS runs there (redoubt cas start) and the address");
  }

  std::unexpected<Error> another_key() const {
    return fail(
        ExitStatus::kCasNotTrusted,
        "expected the CAS at " + address.text() + " to have the key\n  " + *wanted_key + "\nfound\n  " + key +
            "\nThis is another CAS than the one that was trusted, or somebody between you and it. Nothing was sent.\n"
            "If CAS was set up anew, compare the key with what its operator says, then:\n"
            "  redoubt cas attest " +
            address.text() + " --key KEY --replace");
  }

  CasAddress address;
  std::optional<std::string> wanted_key;
  std::string key;
  bool other_key = false;
  asio::io_context io;
  asio::ssl::context tls;
  std::unique_ptr<beast::ssl_stream<beast::tcp_stream>> stream;
  beast::flat_buffer buffer;
};

CasClient::CasClient(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}
CasClient::CasClient(CasClient&&) noexcept = default;
CasClient::~CasClient() = default;

Result<CasClient> CasClient::connect(const CasAddress& address, const std::optional<std::string>& key,
                                     const ClientIdentity* identity) {
  const std::vector<std::string> numeric = TRY(numeric_addresses(address));
  std::vector<asio::ip::tcp::endpoint> endpoints;
  for (const std::string& text : numeric) {
    error_code error;
    const Result<CasAddress> one = parse_cas_address(text);
    if (!one) continue;
    const auto ip = asio::ip::make_address(one->host, error);
    if (!error) endpoints.emplace_back(ip, one->port);
  }
  auto connection = std::make_unique<Connection>();
  Connection& self = *connection;
  self.address = address;
  self.wanted_key = key;
  if (!self.prepare(identity)) return fail(ExitStatus::kRedoubtFailed, "OpenSSL cannot use the client's identity");
  self.stream = std::make_unique<beast::ssl_stream<beast::tcp_stream>>(self.io, self.tls);
  if (const error_code error = self.wait_for([&](auto done) {
        beast::get_lowest_layer(*self.stream).async_connect(endpoints.begin(), endpoints.end(), done);
      })) {
    return self.failure("connecting", error);
  }
  if (const error_code error =
          self.wait_for([&](auto done) { self.stream->async_handshake(asio::ssl::stream_base::client, done); })) {
    if (self.other_key) return self.another_key();
    return self.failure("the TLS 1.3 handshake", error);
  }
  return CasClient(std::move(connection));
}

Result<CasReply> CasClient::send(const CasRequest& request) {
  Connection& self = *connection_;
  http::request<http::string_body> message;
  message.version(11);
  message.method_string(request.method);
  message.target(request.target);
  message.set(http::field::host, self.address.text());
  message.set(http::field::accept, "application/json, application/problem+json, */*");
  if (!request.content_type.empty()) message.set(http::field::content_type, request.content_type);
  for (const auto& [name, value] : request.headers) message.insert(name, value);
  message.body() = request.body;
  message.prepare_payload();
  if (const error_code error = self.wait_for([&](auto done) { http::async_write(*self.stream, message, done); })) {
    return self.failure("sending the request", error);
  }
  http::response_parser<http::string_body> parser;
  parser.body_limit(kLargestBody);
  parser.header_limit(kLargestHeader);
  if (const error_code error =
          self.wait_for([&](auto done) { http::async_read(*self.stream, self.buffer, parser, done); })) {
    return self.failure("receiving the answer", error);
  }
  const auto& answer = parser.get();
  return CasReply{answer.result_int(), std::string(answer[http::field::content_type]), answer.body()};
}

const std::string& CasClient::key() const { return connection_->key; }
const CasAddress& CasClient::address() const { return connection_->address; }

}  // namespace redoubt::cli
