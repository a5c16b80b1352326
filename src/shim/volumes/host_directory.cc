// SPDX-License-Identifier: Apache-2.0
//
// Opening the host directory of a volume. What the host shows is not believed, only reported: which files are there decides what
// a failure says, never what a volume holds.
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cstring>

#include "shim/files/window.h"
#include "shim/gate/gate.h"
#include "shim/gate/host_answer.h"
#include "shim/process/program_file.h"
#include "shim/volumes/host_storage.h"

namespace redoubt::shim::volumes {
namespace {

using attested::failed;
using attested::name_of;
using attested::Outcome;
using volume::HostFile;

uint64_t number(const OwnedFd& fd) { return static_cast<uint64_t>(fd.get()); }

HostFile file_at(int index) { return static_cast<HostFile>(index); }

bool is_of_a_volume(std::string_view name) {
  for (int i = 0; i < volume::kHostFiles; ++i) {
    if (name == volume::name_of(file_at(i))) return true;
  }
  return false;
}

// The first name of the directory that is none of a volume's files; empty when there is none.
Result<std::string> find_foreign(const OwnedFd& directory) {
  constexpr size_t kNameOffset = offsetof(dirent64, d_name);
  alignas(dirent64) char buffer[4096];
  while (true) {
    const size_t size = TRY(gate::count_of(
        gate::call(SYS_getdents64, number(directory), gate::address_of(buffer), sizeof(buffer)), sizeof(buffer)));
    if (size == 0) return std::string();
    for (size_t at = 0; at + kNameOffset < size;) {
      uint16_t length;
      std::memcpy(&length, buffer + at + offsetof(dirent64, d_reclen), sizeof(length));
      if (length <= kNameOffset || length > size - at) return fail(EIO);
      const char* const start = buffer + at + kNameOffset;
      const std::string_view name(start, strnlen(start, length - kNameOffset));
      if (name != "." && name != ".." && !is_of_a_volume(name)) return std::string(name);
      at += length;
    }
  }
}

std::unexpected<attested::Failure> not_opened(const std::string& what, Errno error, bool initialise) {
  switch (number_of(error)) {
    case EROFS:
      return failed("volume.directory", what + " on a file system that can be written", name_of(error),
                    "mount it read-write, or mount the volume from a directory that is");
    case EACCES:
    case EPERM:
      return failed("volume.directory", what + ", which the user of the run may read and write", name_of(error),
                    "change its owner or permissions");
    case ENOENT:
      return failed("volume.file.missing", what, "no such file",
                    initialise ? "see why it cannot be made"
                               : "restore the host directory of the volume as a whole: it was removed, or the wrong "
                                 "directory is mounted");
    default: return failed("volume.directory", what, name_of(error), "see what is wrong with the host directory");
  }
}

Outcome<OwnedFd> open_directory(const std::string& path) {
  const auto opened = gate::descriptor_of(gate::call(
      SYS_openat, static_cast<uint64_t>(AT_FDCWD), gate::address_of(path.c_str()), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened) return OwnedFd(*opened);
  if (opened.error() == as_errno(ENOENT) || opened.error() == as_errno(ENOTDIR)) {
    return failed("volume.directory", "the directory " + path + " on the host, for the volume's ciphertext",
                  name_of(opened.error()), "make it (mkdir -p), writable for the user of the run");
  }
  return not_opened("the host directory " + path, opened.error(), false);
}

Outcome<OwnedFd> open_file(const OwnedFd& directory, const std::string& path, const char* name, bool initialise) {
  // No link, no device, no pipe that waits: whoever owns the directory chooses what lies in it.
  const int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | (initialise ? O_CREAT : 0);
  const auto opened = gate::descriptor_of(
      gate::call(SYS_openat, number(directory), gate::address_of(name), static_cast<uint64_t>(flags), 0600));
  if (!opened) return not_opened(path + "/" + name, opened.error(), initialise);
  return OwnedFd(*opened);
}

Outcome<void> lock(const OwnedFd& superblock, const std::string& path) {
  const int64_t raw = gate::call(SYS_flock, number(superblock), LOCK_EX | LOCK_NB);
  if (raw == 0) return {};
  if (raw == -EWOULDBLOCK) {
    return failed("volume.in-use", "nobody else using the volume in " + path, "another process has it open",
                  "end the run (or `redoubt volume` command) that uses it, then start again");
  }
  return failed("volume.directory", "a host file system with locks (flock) for " + path,
                name_of(as_errno(static_cast<int>(-raw))), "use a local file system");
}

}  // namespace

Outcome<void> HostStorage::open(const std::string& path, bool initialise) {
  const OwnedFd directory = TRY(open_directory(path));
  const auto foreign = find_foreign(directory);
  if (!foreign) return not_opened("the host directory " + path, foreign.error(), initialise);
  if (!foreign->empty()) {
    const std::string found = "the file " + *foreign + ", which is none of a volume's";
    if (initialise) {
      return failed("volume.directory.foreign", "an empty directory " + path + " for a new volume", found,
                    "take it elsewhere, or give the volume a directory of its own");
    }
    return failed("volume.file.extra", "the files of a volume and nothing else in " + path, found, "take it elsewhere");
  }
  for (int i = 0; i < volume::kHostFiles; ++i) {
    OwnedFd file = TRY(open_file(directory, path, volume::name_of(file_at(i)), initialise));
    if (file_at(i) == HostFile::kSuperblockA) TRY_VOID(lock(file, path));
    const int slot = static_cast<int>(index_) * volume::kHostFiles + i;
    if (!window::put(window::extension_slot(slot), file.release())) {
      return failed("volume.descriptors", "descriptors for the volume's files", "none",
                    "raise the limit on open files (ulimit -Hn)");
    }
  }
  return {};
}

}  // namespace redoubt::shim::volumes
