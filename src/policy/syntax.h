// SPDX-License-Identifier: Apache-2.0
//
// The small lexical rules of the session language: characters, names, paths, durations, permissions, addresses.
// ASCII only, and independent of any locale.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace redoubt::policy {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_hex_digit(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
// RFC 3986, 2.3.
constexpr bool is_unreserved(char c) {
  return is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

std::string lower_case(std::string_view text);
bool is_identifier(std::string_view text);       // 1 to 256 unreserved characters
bool is_session_name(std::string_view text);     // identifiers with '/' between, at most 512 characters
bool is_clean_path(std::string_view text);       // absolute, no empty, "." or ".." parts, at most 4095 bytes
bool is_variable_name(std::string_view text);    // of the environment: [A-Za-z_][A-Za-z0-9_]*, as POSIX has them
bool is_host_name(std::string_view text);        // RFC 1123 labels; the first may be "*"
bool is_ip_address(std::string_view text);       // v4 or v6
bool is_listen_address(std::string_view text);   // IP:PORT, [v6]:PORT, *:PORT; PORT may be *
bool is_connect_address(std::string_view text);  // host, IP, CIDR or *, then :PORT or :*
// The host of a connect address that is for one host only; empty: it is a CIDR, * or a name that begins with "*.".
std::string_view one_host_of(std::string_view address);
std::optional<uint64_t> seconds_of(std::string_view text);     // "90d", "1y 6h"; at most 100 years, at least 1 second
std::optional<uint16_t> permission_of(std::string_view text);  // "0o640", "0640"; at most 0777

}  // namespace redoubt::policy
