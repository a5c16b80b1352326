// SPDX-License-Identifier: Apache-2.0
//
// Which rule of the session's network section decides about an address. Pure: addresses in, a number out.
//
//   listen    IP:PORT. 0.0.0.0 names every IPv4 address, [::] and * every address (a socket on [::] takes IPv4 too).
//   connect   IP, CIDR, host name or *, and a port or *.
//
// The first rule that matches counts. Which address a host name has only the program's resolver knows, and it asks an untrusted
// network. So a host name matches *every* address of its port: nothing is lost by that, since the peer must prove the rule's
// server_name before it gets a byte (or that of another such rule with the same authority and identity: policy.h). For the same reason a host name cannot be combined with `tls: off`: the rule would open its
// port to everybody ("localhost" excepted, which is 127.0.0.0/8 and ::1). IPv4 addresses in IPv6 form are IPv4 addresses.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

struct sockaddr_storage;

namespace redoubt::shim::net {

// IPv4 as ::ffff:a.b.c.d.
struct Address {
  ByteArray<16> ip{};
  uint16_t port = 0;
  bool is_v4 = false;  // given or mapped as IPv4
  bool is_any() const;
  bool operator==(const Address&) const = default;
};

// Of a sockaddr_in or sockaddr_in6; nothing for other families and short ones.
std::optional<Address> address_of(const void* socket_address, size_t size);
// Where the kernel sends what is for the wildcard address `any` from a socket bound to `own`: to that address itself (IPv4), or to
// this host's loopback, of IPv4 where an IPv6 socket is bound to a mapped address.
Address destination_of(const Address& any, const std::optional<Address>& own);
// Puts the address into a sockaddr_in or sockaddr_in6, as address_of() took it out. The rest stays.
void put_ip(const Address& address, sockaddr_storage& socket_address);
// "192.0.2.1:443", "[2001:db8::1]:443".
std::string text_of(const Address& address);
// Without port and brackets: the name that a peer's certificate is checked for.
std::string ip_text_of(const Address& address);

// What one rule's address matches.
struct Pattern {
  enum class Host : uint8_t { kAny, kRange, kName, kLoopback };
  Host host = Host::kAny;
  ByteArray<16> ip{};
  uint8_t prefix = 128;          // bits of `ip` that count
  std::optional<uint16_t> port;  // nothing: every port
  std::string name;              // kName
  bool operator==(const Pattern&) const = default;
};

// Nothing: not an address of that kind.
std::optional<Pattern> parse_listen(std::string_view text);
std::optional<Pattern> parse_connect(std::string_view text);

// Whether the pattern names `address`; of a wildcard address, all that it takes in.
bool covers(const Pattern& pattern, const Address& address);
// Whether a socket bound to `address` would also answer where the pattern names: a wildcard around it.
bool overlaps(const Pattern& pattern, const Address& address);

}  // namespace redoubt::shim::net
