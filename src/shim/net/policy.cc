// SPDX-License-Identifier: Apache-2.0
#include "shim/net/policy.h"

#include <time.h>

#include <mutex>

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

std::optional<size_t> find_overlapping_listen(const Address& address) {
  return first(policy.listen, [&](const Rule& rule) { return rule.tls && overlaps(rule.pattern, address); });
}

bool has_plain_connect_rule() {
  return first(policy.connect, [](const Rule& rule) { return !rule.tls; }).has_value();
}

}  // namespace redoubt::shim::net
