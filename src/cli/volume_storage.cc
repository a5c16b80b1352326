// SPDX-License-Identifier: Apache-2.0
#include "cli/volume_storage.h"

#include <fcntl.h>
#include <linux/falloc.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "cli/outside_volumes.h"

namespace redoubt::cli {
namespace {

namespace fs = std::filesystem;

std::string path_of(const std::string& directory, int file) {
  return directory + "/" + volume::name_of(static_cast<volume::HostFile>(file));
}

std::unexpected<Error> unusable(const std::string& path, int error, const char* advice) {
  return fail(status_of(error), "cannot use \"" + path + "\" as a part of a volume: " + std::strerror(error) + advice);
}

// One of a volume's files is not there: the directory is not a volume's, or the volume is damaged.
std::unexpected<Error> missing(const std::string& directory, const std::string& path) {
  for (int file = 0; file < volume::kHostFiles; ++file) {
    struct stat status;
    if (lstat(path_of(directory, file).c_str(), &status) != 0) continue;
    return fail(ExitStatus::kNotIntact,
                "cannot open the volume \"" + directory + "\" (volume.file.missing)\n  expected: " + path +
                    "\n  found:    No such file or directory, beside other files of a volume" +
                    "\n  to do:    restore the volume's directory from a copy, all files of it together");
  }
  return unusable(path, ENOENT, "\nIs it the directory on the host, with all files of the volume?");
}

Result<std::vector<volume::FoundName>> names_in(const std::string& directory) {
  std::vector<volume::FoundName> names;
  std::error_code error;
  fs::directory_iterator at(directory, error);
  for (; !error && at != fs::directory_iterator(); at.increment(error)) {
    std::error_code unknown;
    names.push_back({at->path().filename().string(), at->symlink_status(unknown).type() == fs::file_type::directory});
  }
  if (!error) return names;
  return fail(ExitStatus::kUsage, "expected a directory, found \"" + directory + "\": " + error.message());
}

// As the runtime does: what else lies in the directory may be taken for a part of the volume, by whoever copies or restores it.
Result<void> check_names(const std::string& directory) {
  const auto names = names_in(directory);
  if (!names) return std::unexpected(names.error());
  const auto failure = volume::check_directory(*names);
  if (!failure) return {};
  return not_opened(directory, *failure);
}

// A new volume needs an empty directory, so that nothing of somebody else's is mistaken for it later. Whether one was made.
Result<bool> make_directory(const std::string& directory) {
  // A volume in the directory itself is found below, as what makes it not empty.
  if (!superblock_in(directory)) TRY_VOID(check_outside_volumes(directory));
  if (mkdir(directory.c_str(), 0700) == 0) return true;
  if (errno != EEXIST) {
    return fail(status_of(errno), "cannot make the directory \"" + directory + "\": " + std::strerror(errno));
  }
  const auto names = names_in(directory);
  if (!names) return std::unexpected(names.error());
  for (const volume::FoundName& found : *names) {
    if (volume::may_lie_beside(found)) continue;
    return fail(ExitStatus::kUsage, "expected an empty directory for a new volume, found \"" + found.name + "\" in \"" +
                                        directory + "\"\nTry another directory");
  }
  return false;
}

template <typename Call>
auto repeated(Call call) {
  decltype(call()) result;
  do {
    result = call();
  } while (result < 0 && errno == EINTR);
  return result;
}

}  // namespace

ExitStatus status_of(int error) {
  switch (error) {
    case EIO: return ExitStatus::kNotIntact;
    case ENOSPC:
    case EDQUOT:
    case ENOMEM: return ExitStatus::kRedoubtFailed;
    default: return ExitStatus::kUsage;
  }
}

std::unexpected<Error> not_opened(const std::string& directory, const volume::OpenFailure& failure) {
  return fail(status_of(failure.error), "cannot open the volume \"" + directory + "\" (" + failure.check +
                                            ")\n  expected: " + failure.expected + "\n  found:    " + failure.found +
                                            "\n  to do:    " + failure.remedy);
}

Result<std::unique_ptr<FileStorage>> FileStorage::open(const std::string& directory, VolumeAccess access) {
  std::unique_ptr<FileStorage> storage(new FileStorage());
  storage->directory_ = directory;
  if (access == VolumeAccess::kCreate) {
    const auto made = make_directory(directory);
    if (!made) return std::unexpected(made.error());
    storage->made_directory_ = *made;
  } else {
    const auto checked = check_names(directory);
    if (!checked) return std::unexpected(checked.error());
  }
  const auto opened = storage->open_files(directory, access);
  if (!opened) return std::unexpected(opened.error());
  const auto locked = storage->lock(directory, access);
  if (!locked) return std::unexpected(locked.error());
  return storage;
}

FileStorage::~FileStorage() {
  for (const int fd : descriptors_) {
    if (fd >= 0) ::close(fd);
  }
  for (int file = 0; file < made_files_; ++file) (void)::unlink(path_of(directory_, file).c_str());
  if (made_directory_) (void)::rmdir(directory_.c_str());
}

void FileStorage::keep() {
  made_files_ = 0;
  made_directory_ = false;
}

Result<void> FileStorage::open_files(const std::string& directory, VolumeAccess access) {
  // O_NONBLOCK: a named pipe in the place of a file is refused, and not waited for.
  const int flags = O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK |
                    (access == VolumeAccess::kRead ? O_RDONLY : O_RDWR) |
                    (access == VolumeAccess::kCreate ? O_CREAT | O_EXCL : 0);
  for (int file = 0; file < volume::kHostFiles; ++file) {
    const std::string path = path_of(directory, file);
    const int fd = ::open(path.c_str(), flags, 0600);
    descriptors_[static_cast<size_t>(file)] = fd;
    struct stat status;
    if (fd < 0) return errno == ENOENT ? missing(directory, path) : unusable(path, errno, "");
    if (access == VolumeAccess::kCreate) made_files_ = file + 1;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
      return fail(ExitStatus::kNotIntact,
                  "expected a regular file as a part of a volume, found something else at \"" + path +
                      "\"\nRestore the volume's directory from a copy, all files of it together");
    }
  }
  return {};
}

Result<void> FileStorage::lock(const std::string& directory, VolumeAccess access) {
  const int how = (access == VolumeAccess::kRead ? LOCK_SH : LOCK_EX) | LOCK_NB;
  if (flock(of(volume::HostFile::kSuperblockA), how) == 0) return {};
  return fail(ExitStatus::kUsage, errno == EWOULDBLOCK
                                      ? "the volume \"" + directory +
                                            "\" is in use by a running program or another "
                                            "redoubt volume\nEnd that first"
                                      : "cannot lock the volume \"" + directory + "\": " + std::strerror(errno));
}

redoubt::Result<size_t> FileStorage::read(volume::HostFile file, uint64_t offset, std::span<uint8_t> to) {
  size_t done = 0;
  while (done < to.size()) {
    const ssize_t got = repeated(
        [&] { return ::pread(of(file), to.data() + done, to.size() - done, static_cast<off_t>(offset + done)); });
    if (got < 0) return redoubt::fail(errno);
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  return done;
}

redoubt::Result<void> FileStorage::write(volume::HostFile file, uint64_t offset, ByteView bytes) {
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t put = repeated([&] {
      return ::pwrite(of(file), bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
    });
    if (put < 0) return redoubt::fail(errno);
    if (put == 0) return redoubt::fail(ENOSPC);
    done += static_cast<size_t>(put);
  }
  return {};
}

redoubt::Result<void> FileStorage::sync(volume::HostFile file) {
  if (fdatasync(of(file)) != 0) return redoubt::fail(errno);
  return {};
}

redoubt::Result<uint64_t> FileStorage::size(volume::HostFile file) {
  struct stat status;
  if (fstat(of(file), &status) != 0) return redoubt::fail(errno);
  return static_cast<uint64_t>(status.st_size);
}

redoubt::Result<void> FileStorage::truncate(volume::HostFile file, uint64_t size) {
  if (ftruncate(of(file), static_cast<off_t>(size)) != 0) return redoubt::fail(errno);
  return {};
}

void FileStorage::discard(volume::HostFile file, uint64_t offset, uint64_t size) {
  (void)fallocate(of(file), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(offset),
                  static_cast<off_t>(size));
}

}  // namespace redoubt::cli
