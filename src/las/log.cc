// SPDX-License-Identifier: Apache-2.0
#include "las/log.h"

#include <unistd.h>

namespace redoubt::las {

std::string printable(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (const char character : text) {
    const auto byte = static_cast<uint8_t>(character);
    if (byte >= 0x20 && byte < 0x7F) {
      out += character;
    } else {
      out += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

void log_line(std::string_view text) {
  const std::string line = "redoubt-las: " + printable(text) + "\n";
  static_cast<void>(!write(STDERR_FILENO, line.data(), line.size()));  // nobody is left to tell
}

std::string describe(const Finding& finding) {
  return finding.check + ": expected " + finding.expected + ", found " + finding.actual + "; " + finding.remedy;
}

}  // namespace redoubt::las
