// SPDX-License-Identifier: Apache-2.0
//
// One request and its reply, without the connection: what the header asks for and whether CAS takes the body at all, and then
// the call of the handler. No bytes of a body are read before begin() has said yes.
#pragma once

#include <boost/beast/http/message.hpp>
#include <functional>
#include <optional>
#include <string>
#include <variant>

#include "cas/api/problem_reply.h"
#include "cas/api/routes.h"
#include "cas/api/services.h"

namespace redoubt::cas {

using RequestHeader = boost::beast::http::request_header<>;

struct Exchange {
  const Route* route = nullptr;
  Request request;            // without its body
  bool without_body = false;  // HEAD
  bool wants_continue = false;
  ProblemForm form = ProblemForm::kJson;
};

// Either what to do, or the reply that refuses.
std::variant<Exchange, Reply> begin_exchange(const RequestHeader& header, std::optional<uint64_t> content_length);

// `attestation` is called for routes that need it.
Reply run_exchange(Services& services, const Exchange& exchange, const Client& client,
                   const std::function<Result<Attestation*, Error>()>& attestation);

Reply too_large(const Route& route, ProblemForm form);

// The head and body of a reply as they go over the wire, in one piece: one write, one TLS record where it fits, no copy left behind.
SecretBytes serialise(const Reply& reply, bool keep_alive, bool without_body);

// The place of a route in the table, for metrics; the table's size for none.
size_t index_of(const Route* route);

}  // namespace redoubt::cas
