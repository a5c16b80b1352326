// SPDX-License-Identifier: Apache-2.0
#include "cas/log.h"

#include <unistd.h>

#include <array>
#include <chrono>
#include <string>

#include "base/utc_time.h"

namespace redoubt::cas {
namespace {

constexpr std::array<std::string_view, 4> kWords = {"error", "warning", "info", "debug"};
constexpr size_t kLongestMessage = 2000;

LogLevel least_important = LogLevel::kInfo;

}  // namespace

std::optional<LogLevel> log_level_of(std::string_view word) {
  for (size_t index = 0; index < kWords.size(); ++index) {
    if (kWords[index] == word) return static_cast<LogLevel>(index);
  }
  return std::nullopt;
}

void set_log_level(LogLevel level) { least_important = level; }

void log(LogLevel level, std::string_view message) {
  if (level > least_important) return;
  std::string line = to_string(std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
  line.append(" ").append(kWords[static_cast<size_t>(level)]).append(": ");
  for (const char character : message.substr(0, kLongestMessage)) {
    const auto byte = static_cast<unsigned char>(character);
    line.push_back(byte < 0x20 || byte == 0x7f ? '?' : character);
  }
  line.push_back('\n');
  // One write a line, so that lines of several threads do not mix. There is nowhere to report a failure to.
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace redoubt::cas
