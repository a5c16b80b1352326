// SPDX-License-Identifier: Apache-2.0
//
// Every route of CAS in one table: method, path, who may, what body, what it costs, who answers. Who may is a column and a
// type: a handler gets a Client, or the state of an attested connection, only through a row that says so; a row whose two sides
// differ, or that lacks a field, does not compile.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "cas/api/request.h"
#include "cas/sessions/attestation_service.h"
#include "cas/sessions/session_service.h"

namespace redoubt::cas {

struct Services;  // services.h

enum class Method { kGet, kPut, kPost };

enum class Access {
  kAnyone,         // nothing that the reply holds is confidential
  kExportPublic,   // anyone, and only what a session exports to the public; SessionService decides
  kSessionPolicy,  // the session's access_policy decides, for the key that TLS proved; SessionService decides
  kEvidence,       // evidence for this TLS connection; AttestationService decides
  kInstance,       // the key that accepted evidence covered, on this TLS connection; AttestationService decides
};

// Whether it is the state of the connection that decides; a refusal then ends it.
constexpr bool is_attested(Access access) { return access == Access::kEvidence || access == Access::kInstance; }

enum class TakesBody { kNone, kSession, kWire };

// Expensive requests (a session's check takes up to two seconds of processor) share a part of the threads. Those that somebody's
// fsync waits for, one after the other, get a thread for their connection (own_threads.h).
enum class Cost { kLight, kHeavy, kAwaited };

using OpenHandler = Reply (*)(Services&, const Request&);
using ClientHandler = Reply (*)(Services&, const Request&, const Client&);
using EvidenceHandler = Reply (*)(Services&, const Request&, Attestation&);
using Handler = std::variant<OpenHandler, ClientHandler, EvidenceHandler>;

struct Route {
  consteval Route(Method method, std::string_view path, Access access, TakesBody takes, size_t largest_body, Cost cost,
                  Handler handler)
      : method(method),
        path(path),
        access(access),
        takes(takes),
        largest_body(largest_body),
        cost(cost),
        handler(handler) {
    const size_t expected = is_attested(access) ? 2 : access == Access::kSessionPolicy ? 1 : 0;
    if (handler.index() != expected) throw "the handler is not of the kind that the access column says";
    if ((takes == TakesBody::kNone) != (largest_body == 0)) throw "a body without a size, or a size without a body";
  }

  Method method;
  std::string_view path;  // exact, or with a '/' at the end: a prefix, and the rest must not be empty
  Access access;
  TakesBody takes;
  size_t largest_body;  // bytes
  Cost cost;
  Handler handler;
};

std::span<const Route> routes();

// What a request's method and decoded path lead to.
struct RouteMatch {
  const Route* route = nullptr;  // null: 404, or 405 when `allow` is not empty
  std::string rest;              // of the path
  std::string allow;             // methods that the path has: "GET, HEAD, PUT"
};
// `method` as in the request line. HEAD is GET whose body is not sent.
RouteMatch find_route(std::string_view method, std::string_view path);

std::string_view name_of(Method method);

}  // namespace redoubt::cas
