// SPDX-License-Identifier: Apache-2.0
#include "cas/api/exchange.h"

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <exception>

#include "cas/api/target.h"
#include "cas/log.h"
#include "wire/attest_protocol.h"

namespace redoubt::cas {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;

constexpr size_t kMostSignatures = 32;
constexpr char kSignatureHeader[] = "Redoubt-Signature";

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }
beast::string_view boost_view(std::string_view text) { return {text.data(), text.size()}; }

// The media type without its parameters, trimmed.
std::string_view media_type(const RequestHeader& header) {
  std::string_view type = view(header[http::field::content_type]);
  type = type.substr(0, type.find(';'));
  while (type.ends_with(' ') || type.ends_with('\t')) type.remove_suffix(1);
  return type;
}

Reply refuse(unsigned status, std::string check, std::string expected, std::string actual, std::string remedy,
             ProblemForm form) {
  return problem_reply(
      status,
      Problem{Refusal::kMalformed, std::move(check), std::move(expected), std::move(actual), std::move(remedy), ""},
      form);
}

std::string quoted(std::string_view text) { return "\"" + std::string(text.substr(0, 100)) + "\""; }

// What RFC 9112 lets a server refuse, and whatever could be read in two ways.
std::optional<Reply> check_framing(const RequestHeader& header, ProblemForm form) {
  if (header.version() != 10 && header.version() != 11) {
    return refuse(505, "request.version", "HTTP/1.1", "another version", "use HTTP/1.1", form);
  }
  if (header.version() == 11 && header.count(http::field::host) != 1) {
    return refuse(400, "request.host", "one Host header", std::to_string(header.count(http::field::host)),
                  "use a client that speaks HTTP/1.1", form);
  }
  const std::string_view coding = view(header[http::field::transfer_encoding]);
  if (header.count(http::field::transfer_encoding) > 0 &&
      (header.count(http::field::transfer_encoding) > 1 || !beast::iequals(boost_view(coding), "chunked") ||
       header.version() == 10)) {
    return refuse(501, "request.transfer-encoding", "chunked or none", quoted(coding), "send the body as it is", form);
  }
  if (header.count(http::field::content_encoding) > 0) {
    return refuse(415, "request.content-encoding", "none", quoted(view(header[http::field::content_encoding])),
                  "send the body as it is", form);
  }
  const std::string_view expectation = view(header[http::field::expect]);
  if (!expectation.empty() && !beast::iequals(boost_view(expectation), "100-continue")) {
    return refuse(417, "request.expect", "100-continue or none", quoted(expectation), "leave the header out", form);
  }
  return std::nullopt;
}

std::optional<Reply> check_body(const RequestHeader& header, const Route& route, std::optional<uint64_t> content_length,
                                ProblemForm form) {
  const bool has_body = content_length.value_or(0) > 0 || header.count(http::field::transfer_encoding) > 0;
  if (content_length.value_or(0) > route.largest_body || (has_body && route.takes == TakesBody::kNone)) {
    return too_large(route, form);
  }
  if (route.takes == TakesBody::kWire && media_type(header) != wire::kWireType) {
    return refuse(415, "request.content-type", std::string(wire::kWireType), quoted(media_type(header)),
                  "this route is for the runtime; start programs with redoubt run", ProblemForm::kJson);
  }
  return std::nullopt;
}

Reply no_route(const RouteMatch& match, const RequestHeader& header, const std::string& path, ProblemForm form) {
  if (match.allow.empty()) {
    return refuse(404, "request.path", "a path that docs/cas.md lists", quoted(path), "correct the address", form);
  }
  Reply reply = refuse(405, "request.method", match.allow, quoted(view(header.method_string())),
                       "use one of the methods that the path has", form);
  reply.headers.emplace_back("Allow", match.allow);
  return reply;
}

Reply call(Services& services, const Exchange& exchange, const Client& client,
           const std::function<Result<Attestation*, Error>()>& attestation) {
  const Handler& handler = exchange.route->handler;
  if (const auto* open = std::get_if<OpenHandler>(&handler)) return (*open)(services, exchange.request);
  if (const auto* known = std::get_if<ClientHandler>(&handler)) return (*known)(services, exchange.request, client);
  const auto state = attestation();
  if (!state) {
    log(LogLevel::kError, state.error().message);
    return problem_reply(
        {Refusal::kUnavailable, "service.failed", "a working TLS library", "a failure", "see CAS's log", ""},
        exchange.form);
  }
  return std::get<EvidenceHandler>(handler)(services, exchange.request, **state);
}

std::string_view reason_of(unsigned status) {
  const auto reason = http::obsolete_reason(static_cast<http::status>(status));
  return view(reason);
}

}  // namespace

Reply too_large(const Route& route, ProblemForm form) {
  const std::string bound =
      route.largest_body == 0 ? "no body" : "a body of at most " + std::to_string(route.largest_body) + " bytes";
  Reply reply = refuse(413, "request.body", bound, "a larger one", "send less", form);
  reply.close = true;
  return reply;
}

std::variant<Exchange, Reply> begin_exchange(const RequestHeader& header, std::optional<uint64_t> content_length) {
  Exchange exchange;
  exchange.form = media_type(header) == wire::kWireType ? ProblemForm::kWire : ProblemForm::kJson;
  if (auto refused = check_framing(header, exchange.form)) {
    refused->close = true;
    return std::move(*refused);
  }
  auto target = parse_target(view(header.target()));
  if (!target) {
    return refuse(400, "request.target", "a path and a query as RFC 3986 has them", quoted(view(header.target())),
                  "correct the address", exchange.form);
  }
  RouteMatch match = find_route(view(header.method_string()), target->path);
  if (match.route == nullptr) return no_route(match, header, target->path, exchange.form);
  exchange.route = match.route;
  if (auto refused = check_body(header, *match.route, content_length, exchange.form)) return std::move(*refused);
  exchange.request.rest = std::move(match.rest);
  exchange.request.query = std::move(target->query);
  for (auto [at, end] = header.equal_range(kSignatureHeader); at != end; ++at) {
    exchange.request.signatures.emplace_back(view(at->value()));
  }
  if (exchange.request.signatures.size() > kMostSignatures) {
    return refuse(400, "request.signatures",
                  "at most " + std::to_string(kMostSignatures) + " headers " + kSignatureHeader,
                  std::to_string(exchange.request.signatures.size()), "send the signatures that the session asks for",
                  exchange.form);
  }
  exchange.without_body = header.method() == http::verb::head;
  exchange.wants_continue = header.version() == 11 && header.count(http::field::expect) > 0;
  return exchange;
}

Reply run_exchange(Services& services, const Exchange& exchange, const Client& client,
                   const std::function<Result<Attestation*, Error>()>& attestation) {
  // Ours does not throw for ordinary failure; libraries do (memory), and one request must not take CAS with it.
  std::string what;
  try {
    Reply reply = call(services, exchange, client, attestation);
    // A refusal ends the attestation, also one that a handler made.
    if (is_attested(exchange.route->access) && reply.status != 200) reply.close = true;
    return reply;
  } catch (const std::exception& exception) {
    what = exception.what();
  } catch (...) {
    what = "an unknown exception";
  }
  log(LogLevel::kError, std::string("request to ").append(exchange.route->path).append(": ").append(what));
  Reply reply = problem_reply(
      500, {Refusal::kUnavailable, "service.failed", "a working CAS", "a failure", "see CAS's log", ""}, exchange.form);
  reply.close = true;
  return reply;
}

SecretBytes serialise(const Reply& reply, bool keep_alive, bool without_body) {
  std::string head = "HTTP/1.1 " + std::to_string(reply.status) + " ";
  head.append(reason_of(reply.status)).append("\r\nServer: redoubt-cas\r\nCache-Control: no-store\r\n");
  if (!reply.content_type.empty()) {
    head.append("Content-Type: ").append(reply.content_type).append("\r\nX-Content-Type-Options: nosniff\r\n");
  }
  head.append("Content-Length: ").append(std::to_string(reply.body.size())).append("\r\n");
  for (const auto& [name, value] : reply.headers) head.append(name).append(": ").append(value).append("\r\n");
  if (!keep_alive) head.append("Connection: close\r\n");
  head.append("\r\n");
  SecretBytes message(head.size() + (without_body ? 0 : reply.body.size()));
  uint8_t* const after_head = std::ranges::copy(head, message.data()).out;
  if (!without_body) std::ranges::copy(reply.body.view(), after_head);
  return message;
}

size_t index_of(const Route* route) {
  return route == nullptr ? routes().size() : static_cast<size_t>(route - routes().data());
}

}  // namespace redoubt::cas
