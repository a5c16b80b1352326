// SPDX-License-Identifier: Apache-2.0
#include "policy/syntax.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace redoubt::policy {
namespace {

struct Unit {
  std::string_view name;
  uint64_t seconds;
};
constexpr uint64_t kDay = 24 * 60 * 60;
constexpr Unit kUnits[] = {
    {"s", 1},          {"second", 1},        {"seconds", 1},        {"m", 60},           {"min", 60},
    {"minute", 60},    {"minutes", 60},      {"h", 60 * 60},        {"hour", 60 * 60},   {"hours", 60 * 60},
    {"d", kDay},       {"day", kDay},        {"days", kDay},        {"w", 7 * kDay},     {"week", 7 * kDay},
    {"y", 365 * kDay}, {"year", 365 * kDay}, {"years", 365 * kDay}, {"weeks", 7 * kDay},
};
constexpr uint64_t kLongest = 100 * 365 * kDay;

template <typename Integer>
std::optional<Integer> number_of(std::string_view text, int base = 10) {
  Integer number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (text.empty() || problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool is_ip(int family, std::string_view text) {
  uint8_t bytes[sizeof(in6_addr)];
  return text.find('\0') == std::string_view::npos && inet_pton(family, std::string(text).c_str(), bytes) == 1;
}

bool is_cidr(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return false;
  const auto bits = number_of<unsigned>(text.substr(slash + 1));
  const std::string_view address = text.substr(0, slash);
  return bits && ((is_ip(AF_INET, address) && *bits <= 32) || (is_ip(AF_INET6, address) && *bits <= 128));
}

bool is_port(std::string_view text) {
  const auto port = number_of<uint16_t>(text);
  return port && *port != 0;
}

struct HostAndPort {
  std::string_view host;
  std::string_view port;
};

// Digits and dots are meant to be an IPv4 address, also when they are none.
bool looks_numeric(std::string_view host) { return host.find_first_not_of("0123456789.") == std::string_view::npos; }

// At the last colon; the brackets around an IPv6 address are taken off.
std::optional<HostAndPort> split_address(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  // Brackets are for IPv6 and nothing else.
  if (bracketed != (host.find(':') != std::string_view::npos)) return std::nullopt;
  return HostAndPort{host, text.substr(colon + 1)};
}

}  // namespace

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

bool is_identifier(std::string_view text) {
  return !text.empty() && text.size() <= 256 && std::ranges::all_of(text, is_unreserved);
}

bool is_session_name(std::string_view text) {
  if (text.empty() || text.size() > 512) return false;
  while (true) {
    const size_t slash = text.find('/');
    const std::string_view part = text.substr(0, slash);
    if (part.empty() || part == "." || part == ".." || !std::ranges::all_of(part, is_unreserved)) return false;
    if (slash == std::string_view::npos) return true;
    text.remove_prefix(slash + 1);
  }
}

bool is_clean_path(std::string_view text) {
  if (text == "/") return true;
  if (!text.starts_with('/') || text.size() > 4095 || text.find('\0') != std::string_view::npos) return false;
  while (!text.empty()) {
    text.remove_prefix(1);
    const std::string_view part = text.substr(0, text.find('/'));
    if (part.empty() || part == "." || part == "..") return false;
    text.remove_prefix(part.size());
  }
  return true;
}

bool is_variable_name(std::string_view text) {
  return !text.empty() && !is_digit(text[0]) &&
         std::ranges::all_of(text, [](char c) { return is_letter(c) || is_digit(c) || c == '_'; });
}

bool is_host_name(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  if (text.starts_with("*.")) text.remove_prefix(2);
  while (true) {
    const std::string_view label = text.substr(0, text.find('.'));
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
    if (!std::ranges::all_of(label, [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '_'; })) {
      return false;
    }
    if (label.size() == text.size()) return true;
    text.remove_prefix(label.size() + 1);
  }
}

bool is_ip_address(std::string_view text) { return is_ip(AF_INET, text) || is_ip(AF_INET6, text); }

bool is_listen_address(std::string_view text) {
  const auto parts = split_address(text);
  return parts && (parts->port == "*" || is_port(parts->port)) && (parts->host == "*" || is_ip_address(parts->host));
}

bool is_connect_address(std::string_view text) {
  const auto parts = split_address(text);
  if (!parts || !(parts->port == "*" || is_port(parts->port))) return false;
  if (parts->host == "*" || is_ip_address(parts->host) || is_cidr(parts->host)) return true;
  return is_host_name(parts->host) && !looks_numeric(parts->host);
}

std::string_view one_host_of(std::string_view address) {
  const auto parts = split_address(address);
  if (!parts || parts->host.starts_with('*')) return {};
  return is_ip_address(parts->host) || is_host_name(parts->host) ? parts->host : std::string_view();
}

std::optional<uint64_t> seconds_of(std::string_view text) {
  uint64_t total = 0;
  do {
    while (text.starts_with(' ')) text.remove_prefix(1);
    const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    const auto count = number_of<uint32_t>(text.substr(0, digits));
    text.remove_prefix(digits);
    while (text.starts_with(' ')) text.remove_prefix(1);
    const std::string_view name = text.substr(0, std::min(text.find_first_of(" 0123456789"), text.size()));
    const auto* unit = std::ranges::find(kUnits, name, &Unit::name);
    if (!count || unit == std::end(kUnits)) return std::nullopt;
    total += *count * unit->seconds;
    text.remove_prefix(name.size());
  } while (!text.empty() && total <= kLongest);
  if (total == 0 || total > kLongest) return std::nullopt;
  return total;
}

std::optional<uint16_t> permission_of(std::string_view text) {
  if (!text.starts_with('0')) return std::nullopt;
  text.remove_prefix(text.starts_with("0o") ? 2 : 1);
  const auto mode = number_of<uint16_t>(text, 8);
  if (!mode || *mode > 0777) return std::nullopt;
  return mode;
}

}  // namespace redoubt::policy
