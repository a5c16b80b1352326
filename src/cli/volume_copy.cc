// SPDX-License-Identifier: Apache-2.0
#include "cli/volume_copy.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

#include "cli/outside_volumes.h"
#include "cli/volume_paths.h"
#include "crypto/hex.h"

namespace redoubt::cli {
namespace {

namespace fs = std::filesystem;
using volume::InodeNumber;

constexpr size_t kChunk = size_t{1} << 20;

std::unexpected<Error> host_error(const std::string& path) {
  return fail(ExitStatus::kUsage, "\"" + path + "\": " + std::strerror(errno));
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ > STDERR_FILENO) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

class CopyIn {
 public:
  explicit CopyIn(OpenVolume& volume) : volume_(volume) {}

  Result<void> copy(const std::string& from, const NewPlace& to) {
    struct stat status;
    if (lstat(from.c_str(), &status) != 0) return host_error(from);
    if (S_ISDIR(status.st_mode)) return directory(from, to, status);
    if (S_ISLNK(status.st_mode)) return link(from, to, status);
    if (S_ISREG(status.st_mode)) return file(from, to, status);
    ++copied.skipped;
    return {};
  }
  Copied copied;

 private:
  Result<InodeNumber> make(const std::string& from, const NewPlace& to, const struct stat& status,
                           std::string_view target = {}) {
    const auto made = volume_->create(to.directory, to.name, status.st_mode, status.st_uid, status.st_gid, 0, target);
    if (!made) return volume_error(volume_, from, made.error());
    return *made;
  }
  Result<void> finish(const std::string& from, InodeNumber inode, const struct stat& status) {
    volume::AttributeChange change;
    change.permissions = status.st_mode & 07777;
    change.modified = {status.st_mtim.tv_sec, static_cast<uint32_t>(status.st_mtim.tv_nsec)};
    change.accessed = {status.st_atim.tv_sec, static_cast<uint32_t>(status.st_atim.tv_nsec)};
    const auto changed = volume_->change(inode, change);
    if (!changed) return volume_error(volume_, from, changed.error());
    return {};
  }
  Result<void> directory(const std::string& from, const NewPlace& to, const struct stat& status) {
    const auto made = make(from, to, status);
    if (!made) return std::unexpected(made.error());
    ++copied.directories;
    std::error_code error;
    for (const fs::directory_entry& entry : fs::directory_iterator(from, error)) {
      const auto done = copy(entry.path().string(), {*made, entry.path().filename().string()});
      if (!done) return done;
    }
    if (error) return fail(ExitStatus::kUsage, "\"" + from + "\": " + error.message());
    return finish(from, *made, status);
  }
  Result<void> link(const std::string& from, const NewPlace& to, const struct stat& status) {
    std::error_code error;
    const std::string target = fs::read_symlink(from, error).string();
    if (error) return fail(ExitStatus::kUsage, "\"" + from + "\": " + error.message());
    const auto made = make(from, to, status, target);
    if (!made) return std::unexpected(made.error());
    ++copied.links;
    return {};
  }
  Result<void> file(const std::string& from, const NewPlace& to, const struct stat& status) {
    const Descriptor source(::open(from.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
    if (source.get() < 0) return host_error(from);
    struct stat opened;
    if (fstat(source.get(), &opened) != 0 || !S_ISREG(opened.st_mode)) {
      return fail(ExitStatus::kUsage,
                  "\"" + from + "\": expected a regular file, found that it was replaced meanwhile");
    }
    const auto made = make(from, to, status);
    if (!made) return std::unexpected(made.error());
    const InodeNumber inode = *made;
    std::vector<uint8_t> buffer(kChunk);
    for (uint64_t offset = 0;;) {
      const ssize_t got = ::read(source.get(), buffer.data(), buffer.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return host_error(from);
      if (got == 0) break;
      const auto written = volume_->write(inode, offset, {buffer.data(), static_cast<size_t>(got)});
      if (!written) return volume_error(volume_, from, written.error());
      offset += static_cast<uint64_t>(got);
      copied.bytes += static_cast<uint64_t>(got);
    }
    ++copied.files;
    if (status.st_nlink > 1) ++copied.hard_links;
    return finish(from, inode, status);
  }

  OpenVolume& volume_;
};

class CopyOut {
 public:
  explicit CopyOut(OpenVolume& volume) : volume_(volume) {}

  Result<void> copy(InodeNumber inode, const std::string& to) {
    const auto attributes = volume_->attributes(inode);
    if (!attributes) return volume_error(volume_, to, attributes.error());
    switch (attributes->mode & S_IFMT) {
      case S_IFDIR: return directory(*attributes, to);
      case S_IFLNK: return link(*attributes, to);
      case S_IFREG: return file(*attributes, to);
      default: ++copied.skipped; return {};
    }
  }
  Result<void> content(const volume::Attributes& attributes, int fd, const std::string& to) {
    std::vector<uint8_t> buffer(kChunk);
    for (uint64_t offset = 0; offset < attributes.size;) {
      const auto got = volume_->read(attributes.inode, offset, buffer);
      if (!got) return volume_error(volume_, to, got.error());
      if (*got == 0) break;
      for (size_t done = 0; done < *got;) {
        const ssize_t put = ::write(fd, buffer.data() + done, *got - done);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return host_error(to);
        done += static_cast<size_t>(put);
      }
      offset += *got;
      copied.bytes += *got;
    }
    ++copied.files;
    return {};
  }
  Copied copied;

 private:
  void finish(const volume::Attributes& attributes, const std::string& to) {
    const auto time = [](const volume::Time& from) {
      return timespec{from.seconds, static_cast<long>(from.nanoseconds)};
    };
    const timespec times[] = {time(attributes.accessed), time(attributes.modified)};
    if (geteuid() == 0) (void)!lchown(to.c_str(), attributes.uid, attributes.gid);
    if (!S_ISLNK(attributes.mode)) (void)chmod(to.c_str(), attributes.mode & 07777);
    (void)utimensat(AT_FDCWD, to.c_str(), times, AT_SYMLINK_NOFOLLOW);
  }
  Result<void> directory(const volume::Attributes& attributes, const std::string& to) {
    if (mkdir(to.c_str(), 0700) != 0) return host_error(to);
    ++copied.directories;
    constexpr size_t kAtOnce = 256;
    for (uint64_t cookie = 0;;) {
      const auto entries = volume_->list(attributes.inode, cookie, kAtOnce);
      if (!entries) return volume_error(volume_, to, entries.error());
      if (entries->empty()) break;
      for (const volume::DirectoryEntry& entry : *entries) {
        const auto done = copy(entry.inode, to + "/" + entry.name);
        if (!done) return done;
        cookie = entry.cookie;
      }
    }
    finish(attributes, to);
    return {};
  }
  Result<void> link(const volume::Attributes& attributes, const std::string& to) {
    const auto target = volume_->read_link(attributes.inode);
    if (!target) return volume_error(volume_, to, target.error());
    if (symlink(target->c_str(), to.c_str()) != 0) return host_error(to);
    ++copied.links;
    finish(attributes, to);
    return {};
  }
  // Never through a link of the host that somebody put there; a file of the same name is replaced.
  Result<void> file(const volume::Attributes& attributes, const std::string& to) {
    struct stat there;
    if (lstat(to.c_str(), &there) == 0 && !S_ISREG(there.st_mode)) {
      return fail(ExitStatus::kUsage,
                  "expected no file or a regular one at \"" + to + "\", found something else\nName another place");
    }
    std::string unfinished = to + ".XXXXXX";
    const Descriptor target(mkostemp(unfinished.data(), O_CLOEXEC));
    if (target.get() < 0) return host_error(to);
    auto written = content(attributes, target.get(), to);
    if (written) finish(attributes, unfinished);
    if (written && ::rename(unfinished.c_str(), to.c_str()) != 0) written = host_error(to);
    if (!written) (void)::unlink(unfinished.c_str());
    return written;
  }

  OpenVolume& volume_;
};

// What can be copied, before anything is. A link goes in as a link, but not one that stands for something else: /dev/stdin.
Result<void> check_source(const std::string& from) {
  struct stat status, behind;
  if (lstat(from.c_str(), &status) != 0) return host_error(from);
  const auto can_be_copied = [](mode_t mode) { return S_ISREG(mode) || S_ISDIR(mode); };
  const bool is_link = S_ISLNK(status.st_mode);
  if (can_be_copied(status.st_mode)) return {};
  if (is_link && (stat(from.c_str(), &behind) != 0 || can_be_copied(behind.st_mode))) return {};
  return fail(ExitStatus::kUsage, "expected a file, directory or link, found \"" + from +
                                      "\", a pipe, socket or device\nWrite what it gives to a file, and put that");
}

// Whether `place` may be filled: there is nothing, or a file where a file comes.
Result<void> check_place(OpenVolume& volume, const NewPlace& place, const std::string& from, const std::string& to) {
  const auto there = volume->lookup(place.directory, place.name);
  if (!there) {
    if (there.error() == as_errno(ENOENT)) return {};
    return volume_error(volume, to, there.error());
  }
  const auto attributes = volume->attributes(*there);
  if (!attributes) return volume_error(volume, to, attributes.error());
  struct stat status;
  if (lstat(from.c_str(), &status) != 0) return host_error(from);
  if (!S_ISDIR(attributes->mode) && !S_ISDIR(status.st_mode)) return {};
  return fail(ExitStatus::kUsage,
              "expected nothing at \"" + to + "\" in the volume, found a " +
                  (S_ISDIR(attributes->mode) ? "directory" : "file") + ": File exists\nChoose another path, such as " +
                  (S_ISDIR(attributes->mode) ? to + "/" + fs::path(from).filename().string() : to + ".new"));
}

// A name that a copy has until it is complete.
std::string unfinished_name() {
  std::array<uint8_t, 8> random{};
  if (getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size())) return ".redoubt-put";
  return ".redoubt-put." + crypto::to_hex(random);
}

// Removes `place` and what is below it, as far as it goes.
redoubt::Result<void> remove_tree(volume::Volume& volume, const NewPlace& place) {
  const InodeNumber inode = TRY(volume.lookup(place.directory, place.name));
  const bool is_directory = S_ISDIR(TRY(volume.attributes(inode)).mode);
  constexpr size_t kAtOnce = 256;
  while (is_directory) {
    const auto entries = TRY(volume.list(inode, 0, kAtOnce));
    if (entries.empty()) break;
    for (const volume::DirectoryEntry& entry : entries) TRY_VOID(remove_tree(volume, {inode, entry.name}));
  }
  return volume.unlink(place.directory, place.name, is_directory);
}

}  // namespace

Result<Copied> copy_into_volume(OpenVolume& volume, const std::string& from, const std::string& to) {
  TRY_VOID(check_source(from));
  const auto place = place_in_volume(*volume, to);
  if (!place && place.error() == as_errno(EINVAL)) {
    return fail(ExitStatus::kUsage, "expected the path that \"" + from + "\" shall have in the volume, found \"" + to +
                                        "\"\nName it, such as /" + fs::path(from).filename().string());
  }
  if (!place) return volume_error(volume, to, place.error());
  TRY_VOID(check_place(volume, *place, from, to));
  const NewPlace unfinished = {place->directory, unfinished_name()};
  CopyIn copy(volume);
  auto done = copy.copy(from, unfinished);
  // Content first: a name must not come to stand for what is not durable.
  if (done) {
    auto settled = volume->barrier();
    if (settled) settled = volume->rename(unfinished.directory, unfinished.name, place->directory, place->name, 0);
    if (!settled) done = volume_error(volume, to, settled.error());
  }
  if (!done) {
    const auto removed = remove_tree(*volume, unfinished);
    if (!removed && removed.error() != as_errno(ENOENT)) {
      done.error().message += "\nThe incomplete copy stays in the volume as \"" + unfinished.name +
                              "\": it cannot be removed (" + std::strerror(number_of(removed.error())) + ")";
    }
    (void)volume->barrier();
    return std::unexpected(done.error());
  }
  const auto settled = volume->barrier();
  if (!settled) return volume_error(volume, "making it durable", settled.error());
  return copy.copied;
}

Result<Copied> copy_out_of_volume(OpenVolume& volume, const std::string& from, const std::string& to) {
  if (to != "-") TRY_VOID(check_outside_volumes(to));
  const auto inode = find_in_volume(*volume, from);
  if (!inode) return volume_error(volume, from, inode.error());
  CopyOut copy(volume);
  if (to != "-") {
    const auto done = copy.copy(*inode, to);
    if (!done) return std::unexpected(done.error());
    return copy.copied;
  }
  const auto attributes = volume->attributes(*inode);
  if (!attributes) return volume_error(volume, from, attributes.error());
  if (!S_ISREG(attributes->mode))
    return fail(ExitStatus::kUsage, "expected a file to show, found \"" + from +
                                        "\", which is none\nredoubt volume ls -l shows what it is");
  const auto done = copy.content(*attributes, STDOUT_FILENO, "standard output");
  if (!done) return std::unexpected(done.error());
  return copy.copied;
}

}  // namespace redoubt::cli
