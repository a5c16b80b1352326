// SPDX-License-Identifier: Apache-2.0
#include "las/executable.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/vfs.h>

#include <cstring>
#include <vector>

#include "crypto/hash_stream.h"
#include "las/file_systems.h"

namespace redoubt::las {
namespace {

constexpr const char* kStartAgain = "start the program again from the file as it is installed";

std::unexpected<Finding> unreadable(const char* what) {
  return refuse("executable.readable", "a process whose " + std::string(what) + " LAS may read", std::strerror(errno),
                "run LAS as root or with CAP_SYS_PTRACE; the process must be alive");
}

// The number of the mount that a descriptor is on.
std::string mount_id(const Descriptor& file) {
  const Descriptor info(open(("/proc/self/fdinfo/" + std::to_string(file.get())).c_str(), O_RDONLY | O_CLOEXEC));
  const std::string text = read_from_start(info, 4096).value_or("");
  const size_t start = text.find("mnt_id:");
  if (start == std::string::npos) return "";
  const size_t digits = text.find_first_of("0123456789", start);
  return digits == std::string::npos ? "" : text.substr(digits, text.find('\n', digits) - digits);
}

Checked<const FileSystem*> check_file_system(const Descriptor& process, const Descriptor& place) {
  const Descriptor mounts(openat(process.get(), "mountinfo", O_RDONLY | O_CLOEXEC));
  const auto text = read_from_start(mounts, 4 << 20);
  if (!text) return unreadable("mounts");
  const FileSystem* row = TRY(find_file_system(*text, mount_id(place)));
  struct statfs status {};
  if (fstatfs(place.get(), &status) != 0) return unreadable("file system");
  if (static_cast<unsigned long>(status.f_type) != row->magic) {
    return refuse("executable.file-system", std::string(row->name), "another type behind that name",
                  "install the runtime on a local disk");
  }
  if (row->layered && !same_user_namespace(process)) {
    return refuse(
        "executable.file-system", std::string(row->name) + " mounted in LAS's user namespace",
        "a process of another user namespace, where anybody may mount one over anything",
        "put the runtime on another file system of the container, or run the container without one of its own");
  }
  return row;
}

// Still there under its name, seen from the process's own root.
Checked<std::string> check_name(const Descriptor& process, const struct stat& status) {
  char buffer[PATH_MAX + 1];
  const ssize_t size = readlinkat(process.get(), "exe", buffer, PATH_MAX);
  if (size <= 0) return unreadable("executable's name");
  std::string path(buffer, static_cast<size_t>(size));
  if (status.st_nlink == 0) {
    return refuse("executable.deleted", "an executable that is still in a directory", "a deleted file, " + path,
                  kStartAgain);
  }
  struct stat now {};
  if (path.front() != '/' || fstatat(process.get(), ("root" + path).c_str(), &now, AT_SYMLINK_NOFOLLOW) != 0 ||
      now.st_dev != status.st_dev || now.st_ino != status.st_ino) {
    return refuse("executable.replaced", "the file that was started at " + path, "another file, or none, of that name",
                  kStartAgain);
  }
  return path;
}

Checked<ByteArray<32>> hash(const Descriptor& file, off_t size) {
  crypto::Sha256Stream stream;
  std::vector<uint8_t> buffer(256 << 10);
  off_t offset = 0;
  for (;;) {
    const ssize_t count = pread(file.get(), buffer.data(), buffer.size(), offset);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return unreadable("executable");
    if (count == 0) break;
    offset += count;
    if (offset > size) break;
    stream.update(ByteView(buffer.data(), static_cast<size_t>(count)));
  }
  if (offset == size) return stream.finish();
  return refuse("executable.changed", std::to_string(size) + " bytes", "a file whose size changes", kStartAgain);
}

bool unchanged(const struct stat& before, const struct stat& after) {
  return before.st_size == after.st_size && before.st_mtim.tv_sec == after.st_mtim.tv_sec &&
         before.st_mtim.tv_nsec == after.st_mtim.tv_nsec && before.st_ctim.tv_sec == after.st_ctim.tv_sec &&
         before.st_ctim.tv_nsec == after.st_ctim.tv_nsec;
}

}  // namespace

bool same_user_namespace(const Descriptor& process) {
  struct stat own {
  }, theirs{};
  return stat("/proc/self/ns/user", &own) == 0 && fstatat(process.get(), "ns/user", &theirs, 0) == 0 &&
         own.st_dev == theirs.st_dev && own.st_ino == theirs.st_ino;
}

Checked<Executable> measure_executable(const Descriptor& process, KnownHashes& hashes) {
  const Descriptor place(openat(process.get(), "exe", O_PATH | O_CLOEXEC));
  if (!place) return unreadable("executable");
  const FileSystem* file_system = TRY(check_file_system(process, place));
  Descriptor file(open(("/proc/self/fd/" + std::to_string(place.get())).c_str(), O_RDONLY | O_CLOEXEC));
  struct stat before {
  }, after{};
  if (!file || fstat(file.get(), &before) != 0) return unreadable("executable");
  if (!S_ISREG(before.st_mode) || before.st_size > kLargestExecutable) {
    return refuse("executable.size", "a file of at most 256 MiB", std::to_string(before.st_size) + " bytes",
                  "only the runtime of Redoubt gets evidence");
  }
  std::string path = TRY(check_name(process, before));
  const auto hash_it = [&](const Descriptor& opened) { return hash(opened, before.st_size); };
  const ByteArray<32> sha256 = TRY(file_system->layered ? hash_it(file) : hashes.of(std::move(file), before, hash_it));
  if (fstat(place.get(), &after) != 0 || !unchanged(before, after)) {
    return refuse("executable.changed", "a file that nobody changes", "one that changed while it was read",
                  kStartAgain);
  }
  return Executable{before.st_dev, before.st_ino, std::move(path), sha256};
}

}  // namespace redoubt::las
