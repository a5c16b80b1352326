// SPDX-License-Identifier: Apache-2.0
#include "cli/outside_volumes.h"

#include <sys/stat.h>

#include <filesystem>

#include "volume/storage.h"

namespace redoubt::cli {
namespace {

namespace fs = std::filesystem;

// Where a file comes to lie that is written to `path`; what does not exist yet is taken by its name.
fs::path destination(const std::string& path, std::error_code& error) {
  constexpr int kMostLinks = 40;
  fs::path at = fs::absolute(path, error);
  // weakly_canonical() takes a link that leads to nothing for a name that is not there, and open() with O_CREAT makes what it names.
  for (int links = 0; !error && links < kMostLinks; ++links) {
    std::error_code unknown;
    if (!fs::is_symlink(at, unknown)) break;
    at = at.parent_path() / fs::read_symlink(at, error);
  }
  return error ? at : fs::weakly_canonical(at, error);
}

}  // namespace

std::optional<std::string> superblock_in(const std::string& directory) {
  for (const volume::HostFile file : {volume::HostFile::kSuperblockA, volume::HostFile::kSuperblockB}) {
    struct stat status;
    std::string path = (fs::path(directory) / volume::name_of(file)).string();
    if (lstat(path.c_str(), &status) == 0) return path;
  }
  return std::nullopt;
}

Result<void> check_outside_volumes(const std::string& path) {
  std::error_code error;
  fs::path at = destination(path, error);
  if (error) return fail(ExitStatus::kUsage, "\"" + path + "\": " + error.message());
  for (;; at = at.parent_path()) {
    if (const auto superblock = superblock_in(at.string())) {
      return fail(ExitStatus::kUsage,
                  "expected a place outside of encrypted volumes, found \"" + path + "\" and \"" + *superblock +
                      "\": what is written there would make the volume unusable\nName another place");
    }
    if (at == at.parent_path()) return {};
  }
}

}  // namespace redoubt::cli
