// SPDX-License-Identifier: Apache-2.0
#include "shim/net/policy.h"

#include <time.h>

#include <mutex>

#include "crypto/cipher_scope.h"
#include "shim/attested/openssl_start.h"

namespace redoubt::shim::net {

Policy policy;

namespace {

std::mutex making;  // a leaf, taken under Description::mutex

int64_t seconds_now() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec;
}

template <typename Matches>
std::optional<size_t> first(const std::vector<Rule>& rules, Matches matches) {
  for (size_t i = 0; i < rules.size(); ++i) {
    if (matches(rules[i])) return i;
  }
  return std::nullopt;
}

}  // namespace

Result<std::shared_ptr<tls::Context>, Error> context_of(Rule& rule, bool is_server) {
  const std::lock_guard lock(making);
  if (rule.context) return rule.context;
  if (!attested::ensure_openssl()) return fail(ErrorCode::kFailed, "no sealed memory for OpenSSL");
  const crypto::CipherScope scope;
  auto made = is_server ? tls::Context::server(rule.identity, rule.authority, seconds_now)
                        : tls::Context::client(rule.identity, rule.authority, seconds_now);
  if (made) rule.context = *made;
  return made;
}

std::optional<size_t> find_listen(const Address& address) {
  return first(policy.listen, [&](const Rule& rule) { return covers(rule.pattern, address); });
}

std::optional<size_t> find_connect(const Address& address) {
  return first(policy.connect, [&](const Rule& rule) { return covers(rule.pattern, address); });
}

std::vector<std::string> other_names(size_t connect_rule, const Address& address) {
  const Rule& first = policy.connect[connect_rule];
  std::vector<std::string> names;
  if (first.pattern.host != Pattern::Host::kName) return names;
  for (size_t i = connect_rule + 1; i < policy.connect.size(); ++i) {
    const Rule& rule = policy.connect[i];
    if (rule.tls && rule.pattern.host == Pattern::Host::kName && covers(rule.pattern, address) &&
        rule.authority == first.authority && rule.identity.certificates == first.identity.certificates &&
        rule.server_name != first.server_name) {
      names.push_back(rule.server_name);
    }
  }
  return names;
}

std::optional<size_t> find_overlapping_listen(const Address& address) {
  return first(policy.listen, [&](const Rule& rule) { return rule.tls && overlaps(rule.pattern, address); });
}

bool has_plain_connect_rule() {
  return first(policy.connect, [](const Rule& rule) { return !rule.tls; }).has_value();
}

}  // namespace redoubt::shim::net
