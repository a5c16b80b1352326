// SPDX-License-Identifier: Apache-2.0
//
// Points in time in UTC with whole seconds, and their one written form, RFC 3339 with a Z: 2025-07-04T10:28:44Z. Code
// that checks validity takes the time as an argument; only the edge of a program asks a clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

namespace redoubt {

using UtcTime = std::chrono::sys_seconds;

constexpr UtcTime utc_time_from_unix(int64_t seconds) { return UtcTime(std::chrono::seconds(seconds)); }

// nullopt unless the text has exactly the form above and names a day and time that exist.
constexpr std::optional<UtcTime> parse_utc_time(std::string_view text) {
  constexpr std::string_view kForm = "0000-00-00T00:00:00Z";
  if (text.size() != kForm.size()) return std::nullopt;
  for (size_t index = 0; index < kForm.size(); ++index) {
    const bool digit = text[index] >= '0' && text[index] <= '9';
    if (kForm[index] == '0' ? !digit : text[index] != kForm[index]) return std::nullopt;
  }
  const auto number = [&](size_t from, size_t count) {
    unsigned value = 0;
    for (const char digit : text.substr(from, count)) value = value * 10 + static_cast<unsigned>(digit - '0');
    return value;
  };
  const std::chrono::year_month_day day(std::chrono::year(static_cast<int>(number(0, 4))),
                                        std::chrono::month(number(5, 2)), std::chrono::day(number(8, 2)));
  const unsigned hour = number(11, 2), minute = number(14, 2), second = number(17, 2);
  if (!day.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  return std::chrono::sys_days(day) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second);
}

inline std::string to_string(UtcTime time) {
  const auto midnight = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day day(midnight);
  const auto seconds = (time - midnight).count();
  char text[64];
  std::snprintf(text, sizeof(text), "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(day.year()),
                static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()), static_cast<int>(seconds / 3600),
                static_cast<int>(seconds / 60 % 60), static_cast<int>(seconds % 60));
  return text;
}

}  // namespace redoubt
