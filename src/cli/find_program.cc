// SPDX-License-Identifier: Apache-2.0
//
// execvp's rules: a directory that cannot be searched or a file that cannot be executed does not end the search, but is
// what is reported when nothing better follows.
#include "cli/find_program.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace redoubt::cli {
namespace {

// 0 when execve would at least try this file, else the errno it would give.
int why_not_executable(const std::string& file) {
  struct stat info;
  if (stat(file.c_str(), &info) != 0) return errno;
  if (S_ISDIR(info.st_mode)) return EISDIR;
  if (!S_ISREG(info.st_mode)) return EACCES;
  return faccessat(AT_FDCWD, file.c_str(), X_OK, AT_EACCESS) == 0 ? 0 : errno;
}

bool means_absent(int error) { return error == ENOENT || error == ENOTDIR; }

std::unexpected<Error> cannot_execute(const std::string& file, int error) {
  const std::string quoted = '"' + file + '"';
  if (error == EISDIR) return fail(ExitStatus::kCannotExecute, quoted + " is a directory; expected a program");
  if (error == EACCES) {
    return fail(ExitStatus::kCannotExecute, quoted +
                                                " cannot be executed (permission denied); expected a file "
                                                "with execute permission in directories you "
                                                "may search: see `namei -l " +
                                                file + "`, and chmod +x it if it is a program");
  }
  return fail(ExitStatus::kCannotExecute, quoted + " cannot be executed: " + std::strerror(error));
}

}  // namespace

Result<std::string> find_program(std::string_view name, std::string_view path) {
  if (name.empty()) return fail(ExitStatus::kNotFound, "expected the name of a program, found an empty one");
  if (name.contains('/')) {
    std::string file(name);
    const int error = why_not_executable(file);
    if (error == 0) return file;
    if (error == ENOENT) {
      return fail(ExitStatus::kNotFound,
                  "program \"" + file + "\" not found (" + std::strerror(error) + "); check the path");
    }
    return cannot_execute(file, error);
  }

  std::string unusable;
  int unusable_error = 0;
  for (std::string_view rest = path;;) {
    const size_t colon = rest.find(':');
    std::string file(rest.substr(0, colon));
    if (!file.empty()) file += '/';
    file += name;
    const int error = why_not_executable(file);
    if (error == 0) return file;
    if (unusable_error == 0 && !means_absent(error)) {
      unusable = file;
      unusable_error = error;
    }
    if (colon == std::string_view::npos) break;
    rest.remove_prefix(colon + 1);
  }
  // A directory that merely shares the name is not what was meant: execvp's EACCES for it helps nobody.
  if (unusable_error != 0 && unusable_error != EISDIR) return cannot_execute(unusable, unusable_error);
  return fail(ExitStatus::kNotFound, "program \"" + std::string(name) + "\" not found in PATH (" + std::string(path) +
                                         "); install it, or give its path with a slash, such as ./" +
                                         std::string(name));
}

std::string search_path() {
  if (const char* path = std::getenv("PATH")) return path;
  std::string fallback(confstr(_CS_PATH, nullptr, 0), '\0');
  confstr(_CS_PATH, fallback.data(), fallback.size());
  fallback.resize(std::strlen(fallback.c_str()));
  return fallback;
}

}  // namespace redoubt::cli
