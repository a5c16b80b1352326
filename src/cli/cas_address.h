// SPDX-License-Identifier: Apache-2.0
//
// Where CAS is: HOST:PORT, with [brackets] around an IPv6 address; without a port the usual one. Whoever runs the command
// chooses the address, so nothing secret rests on it: what makes a CAS the right one is its key (known_cas.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cli/error.h"

namespace redoubt::cli {

inline constexpr uint16_t kDefaultCasPort = 18765;

struct CasAddress {
  std::string host = "127.0.0.1";  // without brackets
  uint16_t port = kDefaultCasPort;

  std::string text() const;  // "127.0.0.1:18765", "[::1]:18765"
  bool operator==(const CasAddress&) const = default;
};

// Errors: kUsage.
Result<CasAddress> parse_cas_address(std::string_view text);

// All numeric addresses of the host, each in the form of CasAddress::text, in the resolver's order. Errors: kCasUnreachable.
Result<std::vector<std::string>> numeric_addresses(const CasAddress& address);

}  // namespace redoubt::cli
