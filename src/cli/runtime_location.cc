// SPDX-License-Identifier: Apache-2.0
//
// Resolves the runtime relative to this very executable, as /proc/self/exe names it.
#include "cli/runtime_location.h"

#include <unistd.h>

#include <filesystem>
#include <system_error>

namespace redoubt::cli {
namespace {

namespace fs = std::filesystem;

// Relative to the directory of this executable; the first that exists is taken.
constexpr const char* kPlaces[] = {"redoubt-run", "../libexec/redoubt/redoubt-run"};

}  // namespace

Result<std::string> find_runtime() {
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  if (error) {
    return fail(ExitStatus::kRedoubtFailed,
                "cannot read /proc/self/exe (" + error.message() +
                    "), which says where the runtime is; mount /proc (mount -t proc proc /proc)");
  }
  std::string tried;
  for (const char* place : kPlaces) {
    std::string file = (self.parent_path() / place).lexically_normal();
    if (access(file.c_str(), X_OK) == 0) return file;
    tried += "\n  " + file;
  }
  return fail(ExitStatus::kRedoubtFailed,
              "expected the runtime, an executable, at one of" + tried +
                  "\nand found none; build it (cmake --build --preset release) or reinstall Redoubt");
}

}  // namespace redoubt::cli
