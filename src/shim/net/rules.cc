// SPDX-License-Identifier: Apache-2.0
//
// Parsing and matching. The C library's inet_pton is not used: it is small enough to be here, and strict.
#include "shim/net/rules.h"

#include <netinet/in.h>

#include <algorithm>
#include <cstring>

#include "base/text.h"

namespace redoubt::shim::net {
namespace {

constexpr uint8_t kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr int kMappedBits = 96;

std::optional<unsigned> number(std::string_view text, unsigned largest, unsigned base = 10) {
  if (text.empty() || text.size() > 5) return std::nullopt;
  unsigned value = 0;
  for (const char c : text) {
    unsigned digit = 99;
    if (c >= '0' && c <= '9') digit = static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') digit = static_cast<unsigned>(c - 'a') + 10;
    if (c >= 'A' && c <= 'F') digit = static_cast<unsigned>(c - 'A') + 10;
    if (digit >= base) return std::nullopt;
    value = value * base + digit;
  }
  if (value > largest) return std::nullopt;
  return value;
}

bool parse_v4(std::string_view text, uint8_t* to) {
  for (int part = 0; part < 4; ++part) {
    const size_t dot = part < 3 ? text.find('.') : text.size();
    if (dot == std::string_view::npos) return false;
    const auto value = number(text.substr(0, dot), 255);
    if (!value || dot > 3) return false;
    to[part] = static_cast<uint8_t>(*value);
    text.remove_prefix(part < 3 ? dot + 1 : dot);
  }
  return true;
}

// RFC 4291, 2.2: eight groups, one run of zeros as "::", the last two groups perhaps as IPv4.
bool parse_v6(std::string_view text, ByteArray<16>& ip) {
  ip = {};
  uint8_t bytes[16] = {};
  size_t count = 0;
  std::optional<size_t> gap;
  if (text.starts_with("::")) {
    gap = 0;
    text.remove_prefix(2);
  }
  while (!text.empty()) {
    const size_t colon = std::min(text.find(':'), text.size());
    const std::string_view group = text.substr(0, colon);
    if (group.find('.') != std::string_view::npos) {
      if (colon != text.size() || count > 12 || !parse_v4(group, bytes + count)) return false;
      count += 4;
      break;
    }
    const auto value = number(group, 0xffff, 16);
    if (!value || group.size() > 4 || count > 14) return false;
    bytes[count++] = static_cast<uint8_t>(*value >> 8);
    bytes[count++] = static_cast<uint8_t>(*value);
    text.remove_prefix(colon);
    if (text.empty()) break;
    text.remove_prefix(1);
    if (text.empty()) return false;  // ends with one colon
    if (text.starts_with(':')) {
      if (gap) return false;
      gap = count;
      text.remove_prefix(1);
    }
  }
  if (!gap && count != 16) return false;
  if (gap && count > 14) return false;
  const size_t head = gap.value_or(16);
  std::copy(bytes, bytes + std::min(head, count), ip.begin());
  if (gap) std::copy(bytes + head, bytes + count, ip.end() - static_cast<ptrdiff_t>(count - head));
  return true;
}

bool parse_ip(std::string_view text, ByteArray<16>& ip, bool& is_v4) {
  is_v4 = text.find(':') == std::string_view::npos;
  if (!is_v4) return parse_v6(text, ip);
  std::copy(std::begin(kMapped), std::end(kMapped), ip.begin());
  return parse_v4(text, ip.data() + sizeof(kMapped));
}

bool is_name(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  if (text.starts_with("*.")) text.remove_prefix(2);
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  });
}

// Host and port; the host without brackets.
std::optional<Pattern> split(std::string_view text, std::string_view& host) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return std::nullopt;
  }
  Pattern pattern;
  if (port == "*") return pattern;
  const auto value = number(port, 65535);
  if (!value || *value == 0) return std::nullopt;
  pattern.port = static_cast<uint16_t>(*value);
  return pattern;
}

bool same_prefix(const ByteArray<16>& a, const ByteArray<16>& b, unsigned bits) {
  if (std::memcmp(a.data(), b.data(), bits / 8) != 0) return false;
  if (bits % 8 == 0) return true;
  const auto mask = static_cast<uint8_t>(0xff << (8 - bits % 8));
  return ((a[bits / 8] ^ b[bits / 8]) & mask) == 0;
}

bool is_loopback(const Address& address) {
  if (address.is_v4) return address.ip[12] == 127;
  ByteArray<16> one{};
  one[15] = 1;
  return address.ip == one;
}

bool port_matches(const Pattern& pattern, uint16_t port) { return !pattern.port || *pattern.port == port; }

}  // namespace

bool Address::is_any() const {
  const size_t first = is_v4 ? sizeof(kMapped) : 0;
  return std::all_of(ip.begin() + static_cast<ptrdiff_t>(first), ip.end(), [](uint8_t byte) { return byte == 0; });
}

std::optional<Address> address_of(const void* socket_address, size_t size) {
  sa_family_t family = 0;
  if (size < sizeof(family)) return std::nullopt;
  std::memcpy(&family, socket_address, sizeof(family));
  Address address;
  if (family == AF_INET) {
    sockaddr_in v4;
    if (size < sizeof(v4)) return std::nullopt;
    std::memcpy(&v4, socket_address, sizeof(v4));
    std::copy(std::begin(kMapped), std::end(kMapped), address.ip.begin());
    std::memcpy(address.ip.data() + sizeof(kMapped), &v4.sin_addr, sizeof(v4.sin_addr));
    address.port = ntohs(v4.sin_port);
    address.is_v4 = true;
    return address;
  }
  sockaddr_in6 v6{};
  constexpr size_t kWithoutScope = 24;  // SIN6_LEN_RFC2133, which the kernel takes too
  if (family != AF_INET6 || size < kWithoutScope) return std::nullopt;
  std::memcpy(&v6, socket_address, std::min(size, sizeof(v6)));
  std::memcpy(address.ip.data(), &v6.sin6_addr, sizeof(v6.sin6_addr));
  address.port = ntohs(v6.sin6_port);
  address.is_v4 = std::equal(std::begin(kMapped), std::end(kMapped), address.ip.begin());
  return address;
}

// ip_route_output_key (IPv4), tcp_v6_connect, __ip6_datagram_connect and udpv6_sendmsg (IPv6).
Address destination_of(const Address& any, const std::optional<Address>& own) {
  Address address = any;
  if (any.is_v4 && own && own->is_v4 && !own->is_any()) {
    address.ip = own->ip;
    return address;
  }
  if (own && own->is_v4) {
    std::copy(std::begin(kMapped), std::end(kMapped), address.ip.begin());
    address.is_v4 = true;
  }
  if (address.is_v4) address.ip[12] = 127;
  address.ip[15] = 1;
  return address;
}

void put_ip(const Address& address, sockaddr_storage& socket_address) {
  if (socket_address.ss_family == AF_INET) {
    auto& v4 = reinterpret_cast<sockaddr_in&>(socket_address);
    std::memcpy(&v4.sin_addr, address.ip.data() + sizeof(kMapped), sizeof(v4.sin_addr));
  } else {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(socket_address);
    std::memcpy(&v6.sin6_addr, address.ip.data(), sizeof(v6.sin6_addr));
  }
}

std::string ip_text_of(const Address& address) {
  Text<64> text;
  if (address.is_v4) {
    for (int i = 12; i < 16; ++i) text.append(i > 12 ? "." : "").decimal(address.ip[static_cast<size_t>(i)]);
    return std::string(text.view());
  }
  // RFC 5952: the longest run of zero groups, of at least two, is "::".
  unsigned groups[8];
  for (size_t i = 0; i < 8; ++i) groups[i] = static_cast<unsigned>(address.ip[2 * i] << 8 | address.ip[2 * i + 1]);
  int best = -1, best_size = 1;
  for (int i = 0; i < 8; ++i) {
    int end = i;
    while (end < 8 && groups[end] == 0) ++end;
    if (end - i > best_size) {
      best = i;
      best_size = end - i;
    }
  }
  for (int i = 0; i < 8; ++i) {
    if (i == best) {
      text.append("::");
      i += best_size - 1;
      continue;
    }
    if (i > 0 && i != best + best_size) text.append(":");
    text.hex_digits(groups[i]);
  }
  return std::string(text.view());
}

std::string text_of(const Address& address) {
  Text<80> text;
  if (!address.is_v4) text.append("[");
  text.append(ip_text_of(address)).append(address.is_v4 ? ":" : "]:").decimal(address.port);
  return std::string(text.view());
}

std::optional<Pattern> parse_listen(std::string_view text) {
  std::string_view host;
  auto pattern = split(text, host);
  if (!pattern || host == "*") return pattern;
  bool is_v4 = false;
  if (!parse_ip(host, pattern->ip, is_v4)) return std::nullopt;
  const Address address{.ip = pattern->ip, .port = 0, .is_v4 = is_v4};
  if (address.is_any() && !is_v4) return pattern;  // [::] is everything
  pattern->host = Pattern::Host::kRange;
  if (address.is_any()) pattern->prefix = kMappedBits;
  return pattern;
}

std::optional<Pattern> parse_connect(std::string_view text) {
  std::string_view host;
  auto pattern = split(text, host);
  if (!pattern || host == "*") return pattern;
  const size_t slash = host.find('/');
  bool is_v4 = false;
  if (parse_ip(host.substr(0, slash), pattern->ip, is_v4)) {
    pattern->host = Pattern::Host::kRange;
    if (slash == std::string_view::npos) return pattern;
    const auto bits = number(host.substr(slash + 1), is_v4 ? 32 : 128);
    if (!bits) return std::nullopt;
    pattern->prefix = static_cast<uint8_t>(*bits + (is_v4 ? kMappedBits : 0));
    return pattern;
  }
  if (!is_name(host)) return std::nullopt;
  pattern->host = host == "localhost" ? Pattern::Host::kLoopback : Pattern::Host::kName;
  pattern->name = host;
  return pattern;
}

bool covers(const Pattern& pattern, const Address& address) {
  if (!port_matches(pattern, address.port)) return false;
  switch (pattern.host) {
    case Pattern::Host::kAny:
    case Pattern::Host::kName: return true;
    case Pattern::Host::kLoopback: return is_loopback(address);
    case Pattern::Host::kRange: break;
  }
  // "::/0" and other short prefixes would take in IPv4 by accident of its mapped form.
  if (address.is_v4 && pattern.prefix < kMappedBits) return false;
  if (!address.is_v4 && address.is_any() && pattern.prefix > 0) return false;
  return same_prefix(pattern.ip, address.ip, pattern.prefix);
}

bool overlaps(const Pattern& pattern, const Address& address) {
  if (!port_matches(pattern, address.port) || covers(pattern, address)) return false;
  if (!address.is_any() || pattern.host != Pattern::Host::kRange) return false;
  const bool is_v4_rule = std::equal(std::begin(kMapped), std::end(kMapped), pattern.ip.begin());
  return !address.is_v4 || is_v4_rule;  // [::] answers for both
}

}  // namespace redoubt::shim::net
