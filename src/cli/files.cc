// SPDX-License-Identifier: Apache-2.0
#include "cli/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <system_error>

#include "cli/outside_volumes.h"

namespace redoubt::cli {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> system_failure(const std::string& what) {
  const int error = errno;
  return fail(ExitStatus::kRedoubtFailed, what + ": " + std::strerror(error));
}

// Opened without waiting: a named pipe that somebody put in the place of a file would wait for a writer for ever. The nameless pipes of a
// shell, <(command), are what the person asked for.
Result<int> open_to_read(const std::string& path) {
  constexpr long kNamelessPipes = 0x50495045;  // PIPEFS_MAGIC of linux/magic.h
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  const auto unreadable = [&](const char* why) {
    return fail(ExitStatus::kUsage, "expected a file that can be read, found \"" + path + "\": " + why);
  };
  if (fd < 0) return unreadable(std::strerror(errno));
  struct stat status {};
  struct statfs file_system {};
  const bool is_known = fstat(fd, &status) == 0 && fstatfs(fd, &file_system) == 0;
  if (!is_known || S_ISDIR(status.st_mode) || (S_ISFIFO(status.st_mode) && file_system.f_type != kNamelessPipes)) {
    close(fd);
    return unreadable(S_ISDIR(status.st_mode) ? "it is a directory" : "it is a named pipe");
  }
  (void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
  return fd;
}

Result<std::string> read_descriptor(int fd, const std::string& name, size_t limit) {
  std::string text;
  char buffer[65536];
  ssize_t got = 1;
  while (text.size() <= limit && got > 0) {
    got = read(fd, buffer, sizeof(buffer));
    if (got < 0 && errno == EINTR)
      got = 1;
    else if (got > 0)
      text.append(buffer, static_cast<size_t>(got));
  }
  const int error = errno;
  explicit_bzero(buffer, sizeof(buffer));
  if (got < 0) return fail(ExitStatus::kUsage, "cannot read \"" + name + "\": " + std::strerror(error));
  if (text.size() > limit + 1) text.resize(limit + 1);
  return text;
}

Result<std::string> read_stream(std::istream& stream, const std::string& name, size_t limit) {
  std::string text;
  char buffer[65536];
  while (text.size() <= limit && (stream.read(buffer, sizeof(buffer)) || stream.gcount() > 0)) {
    text.append(buffer, static_cast<size_t>(stream.gcount()));
  }
  if (stream.bad()) return fail(ExitStatus::kUsage, "cannot read \"" + name + "\": " + std::strerror(errno));
  explicit_bzero(buffer, sizeof(buffer));
  if (text.size() > limit + 1) text.resize(limit + 1);
  return text;
}

// A file of mode 0600 beside `path`, complete and on disk; its name.
Result<std::string> write_beside(const std::string& path, std::string_view content) {
  TRY_VOID(check_outside_volumes(path));
  std::string name = path + ".XXXXXX";
  const int fd = mkostemp(name.data(), O_CLOEXEC);
  if (fd < 0) return system_failure("cannot create a file beside " + path);
  bool written = true;
  while (written && !content.empty()) {
    const ssize_t count = write(fd, content.data(), content.size());
    if (count > 0) content.remove_prefix(static_cast<size_t>(count));
    written = count > 0 || (count < 0 && errno == EINTR);
  }
  written = written && fsync(fd) == 0;
  const auto failure = system_failure("cannot write " + name);
  close(fd);
  if (written) return name;
  unlink(name.c_str());
  return failure;
}

// A directory of ours below what a variable names, or below a place in the home directory.
Result<std::string> own_directory(const char* variable, const char* below_home) {
  const char* base = std::getenv(variable);
  // The XDG specification: relative paths are to be ignored.
  if (base != nullptr && *base == '/') return (fs::path(base) / "redoubt").string();
  const char* home = std::getenv("HOME");
  if (home != nullptr && *home == '/') return (fs::path(home) / below_home / "redoubt").string();
  return fail(ExitStatus::kUsage, std::string("expected ") + variable +
                                      " or HOME to say where Redoubt keeps its files, found neither; set one of them");
}

}  // namespace

Result<std::string> read_up_to(const std::string& path, size_t limit) {
  if (path == "-") return read_stream(std::cin, "standard input", limit);
  const int fd = TRY(open_to_read(path));
  auto text = read_descriptor(fd, path, limit);
  close(fd);
  return text;
}

Result<std::string> read_file(const std::string& path, const char* what, size_t limit) {
  Result<std::string> text = read_up_to(path, limit);
  if (text && text->size() > limit) {
    return fail(ExitStatus::kUsage, std::string("expected ") + what + " of at most " + std::to_string(limit) +
                                        " bytes, found more in \"" + path + "\"");
  }
  return text;
}

Result<void> replace_private_file(const std::string& path, std::string_view content) {
  const std::string beside = TRY(write_beside(path, content));
  if (rename(beside.c_str(), path.c_str()) == 0) return {};
  const auto failure = system_failure("cannot replace " + path);
  unlink(beside.c_str());
  return failure;
}

Result<bool> create_private_file(const std::string& path, std::string_view content) {
  const std::string beside = TRY(write_beside(path, content));
  // A link is refused where there is a file: of two that create it at once, one wins and both see the same.
  const bool created = link(beside.c_str(), path.c_str()) == 0;
  const bool exists = !created && errno == EEXIST;
  const auto failure = system_failure("cannot create " + path);
  unlink(beside.c_str());
  if (created || exists) return created;
  return failure;
}

Result<std::string> config_directory() { return own_directory("XDG_CONFIG_HOME", ".config"); }
Result<std::string> data_directory() { return own_directory("XDG_DATA_HOME", ".local/share"); }

Result<void> make_private_directory(const std::string& path) {
  std::error_code error;
  fs::create_directories(fs::path(path).parent_path(), error);
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return system_failure("cannot create the directory " + path);
  struct stat status {};
  if (stat(path.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
    return fail(ExitStatus::kRedoubtFailed, "expected a directory, found something else at " + path);
  }
  if (status.st_uid == geteuid() && (status.st_mode & 022) == 0) return {};
  return fail(ExitStatus::kRedoubtFailed,
              "expected a directory that only you can write, found " + path + "; correct it: chown $USER, chmod 700");
}

}  // namespace redoubt::cli
