// SPDX-License-Identifier: Apache-2.0
//
// The promises of the platform `process` in an unattested run, as one table. A shield that is added changes its row.
#include "cli/promises.h"

#include <iomanip>
#include <iostream>
#include <sstream>
#include <string_view>

#include "cli/terminal.h"

namespace redoubt::cli {
namespace {

struct Promise {
  std::string_view against;
  bool holds;
  std::string_view meaning;
};

constexpr Promise kPromises[] = {
    {"root, kernel, host", false, "memory, arguments and environment can be read"},
    {"disk", false, "files are written as the program writes them"},
    {"network", false, "sockets carry what the program sends"},
};

}  // namespace

std::string unattested_notice() {
  std::ostringstream out;
  out << paint(std::cerr, Colour::kYellow, "redoubt: UNATTESTED RUN") << " - platform process, no shields.\n"
      << "  Nobody has verified this program. It can never obtain attested secrets.\n"
      << "  Every system call is intercepted, but against:\n";
  for (const Promise& promise : kPromises) {
    out << "    " << std::left << std::setw(20) << promise.against
        << (promise.holds ? paint(std::cerr, Colour::kGreen, "protected    ")
                          : paint(std::cerr, Colour::kRed, "NOT protected"))
        << "  " << promise.meaning << '\n';
  }
  return std::move(out).str();
}

}  // namespace redoubt::cli
