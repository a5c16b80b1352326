// SPDX-License-Identifier: Apache-2.0
//
// Resolves them relative to this very executable, as /proc/self/exe names it.
#include "cli/runtime_location.h"

#include <unistd.h>

#include <filesystem>
#include <system_error>

namespace redoubt::cli {
namespace {

namespace fs = std::filesystem;

// Relative to the directory of this executable; the first that exists is taken.
constexpr const char* kPlaces[] = {"", "../libexec/redoubt"};

}  // namespace

Result<std::string> find_companion(const std::string& name, const std::string& what) {
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  if (error) {
    return fail(ExitStatus::kRedoubtFailed, "cannot read /proc/self/exe (" + error.message() + "), which says where " +
                                                what + " is; mount /proc (mount -t proc proc /proc)");
  }
  std::string tried;
  for (const char* place : kPlaces) {
    std::string file = (self.parent_path() / place / name).lexically_normal();
    if (access(file.c_str(), X_OK) == 0) return file;
    tried += "\n  " + file;
  }
  return fail(ExitStatus::kRedoubtFailed,
              "expected " + what + ", an executable, at one of" + tried +
                  "\nand found none; build it (cmake --build --preset release) or reinstall Redoubt");
}

Result<std::string> find_runtime() { return find_companion("redoubt-run", "the runtime"); }

}  // namespace redoubt::cli
