// SPDX-License-Identifier: Apache-2.0
#include "measure/runtimes.h"

#include <algorithm>
#include <string_view>

namespace redoubt::measure {
namespace {

struct Runtime {
  std::string_view name;  // of the program, perhaps with a version behind it
  std::string_view reads;
};
constexpr Runtime kRuntimes[] = {
    {"python", "its standard library, packages and extension modules"},
    {"pypy", "its standard library and packages"},
    {"java", "lib/modules, lib/server/libjvm.so and the rest of its installation, and the class path"},
    {"node", "JavaScript files, node_modules and its OpenSSL configuration"},
    {"nodejs", "JavaScript files, node_modules and its OpenSSL configuration"},
    {"perl", "its modules"},
    {"ruby", "its standard library and gems"},
    {"php", "its ini files and extensions"},
    {"lua", "its modules"},
    {"tclsh", "its library"},
    {"erl", "its installation"},
    {"dotnet", "its shared frameworks"},
    {"bash", "the programs that the script calls"},
    {"dash", "the programs that the script calls"},
    {"sh", "the programs that the script calls"},
    {"nginx", "the modules and files that its configuration names"},
};

bool is_version(std::string_view text) { return text.find_first_not_of("0123456789.-") == std::string_view::npos; }

}  // namespace

std::string hint_for(const std::vector<std::string>& programs) {
  for (const std::string& path : programs) {
    const std::string_view name = std::string_view(path).substr(path.rfind('/') + 1);
    const auto* row = std::ranges::find_if(kRuntimes, [&](const Runtime& one) {
      return name.starts_with(one.name) && is_version(name.substr(one.name.size()));
    });
    if (row == std::end(kRuntimes)) continue;
    return std::string(name) + " also reads " + std::string(row->reads) +
           ": add them --with PATH, or let redoubt see a run with --observe -- ARG...";
  }
  return {};
}

}  // namespace redoubt::measure
