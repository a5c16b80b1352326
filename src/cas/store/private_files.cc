// SPDX-License-Identifier: Apache-2.0
#include "cas/store/private_files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace redoubt::cas {
namespace {

constexpr mode_t kOthers = S_IRWXG | S_IRWXO;

// What `stat` found must be ours alone.
Result<void, Error> check_private(const struct stat& status, const std::string& path, mode_t type, const char* kind) {
  if ((status.st_mode & S_IFMT) != type) {
    return fail(ErrorCode::kUnauthentic, "\"" + path + "\": expected " + kind + ", found something else");
  }
  if (status.st_uid != geteuid()) {
    return fail(ErrorCode::kUnauthentic, "\"" + path + "\": expected to be owned by user " + std::to_string(geteuid()) +
                                             ", who runs CAS, found user " + std::to_string(status.st_uid));
  }
  if ((status.st_mode & kOthers) != 0) {
    return fail(ErrorCode::kUnauthentic, "\"" + path + "\": others may read or change it; remove their permissions" +
                                             " (chmod go= ) once you know that nobody has used them");
  }
  return {};
}

Result<void, Error> write_all(int fd, ByteView bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t count = write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::unexpected(system_error("write", path));
    bytes = bytes.subspan(static_cast<size_t>(count));
  }
  return {};
}

Result<void, Error> sync_directory_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const UniqueFd fd(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || fsync(fd.get()) != 0) return std::unexpected(system_error("sync", directory));
  return {};
}

}  // namespace

UniqueFd::~UniqueFd() {
  if (fd_ >= 0) close(fd_);
}

Error system_error(const std::string& what, const std::string& path) {
  return {ErrorCode::kFailed, "cannot " + what + " \"" + path + "\": " + std::strerror(errno)};
}

Result<UniqueFd, Error> lock_data_directory(const std::string& directory) {
  if (mkdir(directory.c_str(), S_IRWXU) != 0 && errno != EEXIST) {
    return std::unexpected(system_error("make the data directory", directory));
  }
  UniqueFd fd(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat status {};
  if (!fd || fstat(fd.get(), &status) != 0) return std::unexpected(system_error("open the data directory", directory));
  TRY_VOID(check_private(status, directory, S_IFDIR, "a directory"));
  if (flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return std::unexpected(system_error("lock", directory));
    return fail(ErrorCode::kFailed, "\"" + directory + "\" is in use by another CAS; stop that one first");
  }
  return fd;
}

Result<std::optional<UniqueFd>, Error> open_private_file(const std::string& path, int flags) {
  UniqueFd fd(open(path.c_str(), flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (!fd && errno == ENOENT) return std::nullopt;
  struct stat status {};
  if (!fd || fstat(fd.get(), &status) != 0) return std::unexpected(system_error("open", path));
  TRY_VOID(check_private(status, path, S_IFREG, "a regular file"));
  return fd;
}

Result<std::optional<SecretBytes>, Error> read_private_file(const std::string& path, size_t limit) {
  const std::optional<UniqueFd> fd = TRY(open_private_file(path, O_RDONLY));
  if (!fd) return std::nullopt;
  SecretBytes bytes(limit + 1);
  size_t size = 0;
  while (size < bytes.size()) {
    const ssize_t count = read(fd->get(), bytes.data() + size, bytes.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::unexpected(system_error("read", path));
    if (count == 0) break;
    size += static_cast<size_t>(count);
  }
  if (size > limit) {
    return fail(ErrorCode::kMalformed, "\"" + path + "\": expected at most " + std::to_string(limit) + " bytes");
  }
  bytes.shrink(size);
  return bytes;
}

Result<void, Error> write_private_file(const std::string& path, ByteView contents) {
  const std::string beside = path + ".new";
  if (unlink(beside.c_str()) != 0 && errno != ENOENT) return std::unexpected(system_error("remove", beside));
  const UniqueFd fd(open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (!fd) return std::unexpected(system_error("create", beside));
  TRY_VOID(write_all(fd.get(), contents, beside));
  if (fsync(fd.get()) != 0) return std::unexpected(system_error("sync", beside));
  if (rename(beside.c_str(), path.c_str()) != 0) return std::unexpected(system_error("rename", beside));
  return sync_directory_of(path);
}

}  // namespace redoubt::cas
