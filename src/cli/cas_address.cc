// SPDX-License-Identifier: Apache-2.0
#include "cli/cas_address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <memory>

#include "policy/mistake.h"
#include "policy/syntax.h"

namespace redoubt::cli {
namespace {

std::unexpected<Error> no_address(std::string_view text) {
  return fail(ExitStatus::kUsage, "expected the address of CAS as HOST, HOST:PORT or [IPv6]:PORT, found " +
                                      policy::quoted(text) + "; for example 127.0.0.1:18765");
}

bool is_ipv6(const std::string& host) {
  in6_addr address;
  return inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

}  // namespace

std::string CasAddress::text() const {
  const bool brackets = host.find(':') != std::string::npos;
  return (brackets ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<CasAddress> parse_cas_address(std::string_view text) {
  CasAddress address;
  std::string_view port;
  bool has_port = false;
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == std::string_view::npos) return no_address(text);
    address.host = text.substr(1, end - 1);
    const std::string_view rest = text.substr(end + 1);
    if (!is_ipv6(address.host) || (!rest.empty() && rest.front() != ':')) return no_address(text);
    has_port = !rest.empty();
    if (has_port) port = rest.substr(1);
  } else {
    const size_t colon = text.find(':');
    address.host = text.substr(0, colon);
    has_port = colon != std::string_view::npos;
    if (has_port) port = text.substr(colon + 1);
    if (!policy::is_ip_address(address.host) &&
        (!policy::is_host_name(address.host) || address.host.starts_with('*'))) {
      return no_address(text);
    }
  }
  if (has_port) {
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
    if (error != std::errc() || end != port.data() + port.size() || address.port == 0) return no_address(text);
  }
  return address;
}

Result<std::vector<std::string>> numeric_addresses(const CasAddress& address) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  if (error != 0) {
    return fail(ExitStatus::kCasUnreachable, "expected a host that can be resolved, found \"" + address.host +
                                                 "\": " + gai_strerror(error) +
                                                 "; check --cas or REDOUBT_CAS_ADDR, and the name service");
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, freeaddrinfo);
  std::vector<std::string> all;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    char host[NI_MAXHOST];
    if (getnameinfo(one->ai_addr, one->ai_addrlen, host, sizeof(host), nullptr, 0, NI_NUMERICHOST) != 0) continue;
    std::string text = CasAddress{host, address.port}.text();
    if (std::ranges::find(all, text) == all.end()) all.push_back(std::move(text));
  }
  if (all.empty()) {
    return fail(ExitStatus::kCasUnreachable, "the host \"" + address.host + "\" has no IPv4 or IPv6 address");
  }
  return all;
}

}  // namespace redoubt::cli
