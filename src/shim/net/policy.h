// SPDX-License-Identifier: Apache-2.0
//
// The rules of the session as they are used: patterns, TLS contexts, names. Made before the program runs, then constant.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "shim/net/rules.h"
#include "tls/endpoint.h"

namespace redoubt::shim::net {

struct Rule {
  Pattern pattern;
  std::string text;         // as the session has it
  bool tls = true;          // false: tls: off
  std::string server_name;  // connect rules; empty: the address
  // Of what the context is made; views of sealed memory (shield.cc).
  tls::Identity identity;
  std::string_view authority;
  std::shared_ptr<tls::Context> context;  // by context_of()
};

struct Policy {
  int64_t handshake_limit = int64_t{60} * 1000000000;  // nanoseconds that a server grants its peer
  bool refuses_unnamed = true;
  std::vector<Rule> listen;
  std::vector<Rule> connect;
};
extern Policy policy;

// At the start all are made, so that a bad certificate is an error before the program runs; after exec each when it is first
// needed. Any thread.
Result<std::shared_ptr<tls::Context>, Error> context_of(Rule& rule, bool is_server);

// The number of the first rule that names the address.
std::optional<size_t> find_listen(const Address& address);
std::optional<size_t> find_connect(const Address& address);
// Names of other rules that the address could be meant by: host names of the same port with the same authority and identity.
std::vector<std::string> other_names(size_t connect_rule, const Address& address);
// A rule that requires TLS for a part of what this wildcard address takes in.
std::optional<size_t> find_overlapping_listen(const Address& address);
// Whether some rule lets bytes out in the clear: then datagram sockets can be of use.
bool has_plain_connect_rule();

}  // namespace redoubt::shim::net
