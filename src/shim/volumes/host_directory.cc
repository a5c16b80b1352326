// SPDX-License-Identifier: Apache-2.0
//
// Opening the host directory of a volume. What the host shows is not believed, only reported: which files are there decides what
// a failure says, never what a volume holds.
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "shim/files/window.h"
#include "shim/gate/gate.h"
#include "shim/gate/host_answer.h"
#include "shim/process/program_file.h"
#include "shim/volumes/host_storage.h"
#include "volume/volume.h"

namespace redoubt::shim::volumes {
namespace {

using attested::failed;
using attested::name_of;
using attested::Outcome;
using volume::HostFile;

uint64_t number(const OwnedFd& fd) { return static_cast<uint64_t>(fd.get()); }

HostFile file_at(int index) { return static_cast<HostFile>(index); }

struct Survey {
  bool is_empty = true;                      // none of a volume's files is there
  std::optional<volume::FoundName> foreign;  // the first name that has no business there
};

// Not every file system says in a listing what is a directory.
bool is_directory(const OwnedFd& directory, const char* name, uint8_t type) {
  if (type != DT_UNKNOWN) return type == DT_DIR;
  struct stat status {};
  return gate::call(SYS_newfstatat, number(directory), gate::address_of(name), gate::address_of(&status),
                    AT_SYMLINK_NOFOLLOW) == 0 &&
         S_ISDIR(status.st_mode);
}

Result<Survey> look_into(const OwnedFd& directory) {
  Survey survey;
  constexpr size_t kNameOffset = offsetof(dirent64, d_name);
  alignas(dirent64) char buffer[4096];
  while (true) {
    const size_t size = TRY(gate::count_of(
        gate::call(SYS_getdents64, number(directory), gate::address_of(buffer), sizeof(buffer)), sizeof(buffer)));
    if (size == 0) return survey;
    for (size_t at = 0; at + kNameOffset < size;) {
      uint16_t length;
      std::memcpy(&length, buffer + at + offsetof(dirent64, d_reclen), sizeof(length));
      if (length <= kNameOffset || length > size - at) return fail(EIO);
      const char* const start = buffer + at + kNameOffset;
      const size_t name_size = strnlen(start, length - kNameOffset);
      if (name_size == length - kNameOffset) return fail(EIO);
      const auto type = static_cast<uint8_t>(buffer[at + offsetof(dirent64, d_type)]);
      volume::FoundName found{.name = std::string(start, name_size), .is_directory = false};
      at += length;
      if (found.name == "." || found.name == "..") continue;
      if (volume::is_host_file(found.name)) {
        survey.is_empty = false;
        continue;
      }
      found.is_directory = is_directory(directory, start, type);
      if (volume::may_lie_beside(found)) continue;
      survey.foreign = std::move(found);
      return survey;
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
  OwnedFd file(*opened);
  struct stat status {};
  if (is_error(gate::call(SYS_fstat, number(file), gate::address_of(&status))) || !S_ISREG(status.st_mode)) {
    return failed("volume.file.kind", path + "/" + name + ", an ordinary file", "something else",
                  "restore the host directory of the volume as a whole");
  }
  return file;
}

Outcome<void> lock_alone(const OwnedFd& superblock, const std::string& path) {
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
  const auto survey = look_into(directory);
  if (!survey) return not_opened("the host directory " + path, survey.error(), initialise);
  if (const auto& foreign = survey->foreign; foreign) {
    const auto why = volume::check_directory({*foreign});
    if (initialise || !why) {
      return failed("volume.directory.foreign", "an empty directory " + path + " for a new volume",
                    "the file " + foreign->name + ", which is none of a volume's",
                    "take it elsewhere, or give the volume a directory of its own");
    }
    return failed(why->check, why->expected, path + ": " + why->found, why->remedy);
  }
  if (survey->is_empty && !initialise) {
    return failed("volume.absent", "the files of the volume in " + path, "an empty directory",
                  "mount the disk that holds them there, or restore the newest copy, all files of it together");
  }
  for (int i = 0; i < volume::kHostFiles; ++i) {
    OwnedFd file = TRY(open_file(directory, path, volume::name_of(file_at(i)), initialise));
    if (file_at(i) == HostFile::kSuperblockA) TRY_VOID(lock_alone(file, path));
    const int slot = static_cast<int>(index_) * volume::kHostFiles + i;
    if (!window::put(window::extension_slot(slot), file.release())) {
      return failed("volume.descriptors", "descriptors for the volume's files", "none",
                    "raise the limit on open files (ulimit -Hn)");
    }
  }
  return {};
}

}  // namespace redoubt::shim::volumes
