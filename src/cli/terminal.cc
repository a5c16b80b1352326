// SPDX-License-Identifier: Apache-2.0
//
// Decides once per stream whether colour is wanted, and wraps text in the SGR sequences of ECMA-48.
#include "cli/terminal.h"

#include <unistd.h>

#include <cstdlib>
#include <iostream>

namespace redoubt::cli {
namespace {

bool wants_colour(int fd) {
  const char* no_colour = std::getenv("NO_COLOR");
  if (no_colour && *no_colour) return false;
  const char* term = std::getenv("TERM");
  return term && std::string_view(term) != "dumb" && isatty(fd);
}

bool wants_colour(const std::ostream& stream) {
  static const bool out = wants_colour(STDOUT_FILENO);
  static const bool err = wants_colour(STDERR_FILENO);
  return (&stream == &std::cout && out) || (&stream == &std::cerr && err);
}

constexpr std::string_view start_of(Colour colour) {
  switch (colour) {
    case Colour::kRed: return "\033[1;31m";
    case Colour::kYellow: return "\033[1;33m";
    case Colour::kGreen: return "\033[32m";
    case Colour::kBold: return "\033[1m";
  }
  return "";
}

}  // namespace

std::string paint(const std::ostream& stream, Colour colour, std::string_view text) {
  if (!wants_colour(stream)) return std::string(text);
  return std::string(start_of(colour)).append(text).append("\033[0m");
}

std::string count_of(size_t count, const std::string& what, const std::string& plural) {
  return std::to_string(count) + ' ' + (count == 1 ? what : plural.empty() ? what + "s" : plural);
}

Result<ExitStatus> print(std::string_view text) {
  std::cout << text;
  if (!std::cout.flush()) return fail(ExitStatus::kRedoubtFailed, "cannot write to standard output");
  return ExitStatus::kSuccess;
}

}  // namespace redoubt::cli
