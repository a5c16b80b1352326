// SPDX-License-Identifier: Apache-2.0
#include "las/known_hashes.h"

#include <fcntl.h>

#include <algorithm>

namespace redoubt::las {
namespace {

// False as soon as somebody waits to write, although he has to wait until the descriptor is closed.
bool leased(const Descriptor& file) { return fcntl(file.get(), F_GETLEASE) == F_RDLCK; }

}  // namespace

Checked<ByteArray<32>> KnownHashes::of(Descriptor file, const struct stat& status, const Hash& hash) {
  if (const auto known = find(status)) return *known;
  // The owner first: otherwise SIGIO would be for this thread, which ends.
  const bool lease = fcntl(file.get(), F_SETOWN, getpid()) == 0 && fcntl(file.get(), F_SETLEASE, F_RDLCK) == 0;
  const ByteArray<32> sha256 = TRY(hash(file));
  // Held now, so it was held while the file was read.
  if (lease && leased(file)) remember({std::move(file), status.st_dev, status.st_ino, sha256, Clock::now()});
  return sha256;
}

std::optional<ByteArray<32>> KnownHashes::find(const struct stat& status) {
  const std::scoped_lock lock(mutex_);
  const auto found = std::ranges::find_if(entries_, [&](const Entry& entry) {
    return entry.device == status.st_dev && entry.inode == status.st_ino;  // the open file keeps its number taken
  });
  if (found == entries_.end()) return std::nullopt;
  if (!leased(found->file)) {
    entries_.erase(found);
    return std::nullopt;
  }
  found->last_use = Clock::now();
  std::rotate(found, found + 1, entries_.end());
  return entries_.back().sha256;
}

void KnownHashes::remember(Entry entry) {
  const std::scoped_lock lock(mutex_);
  std::erase_if(entries_, [&](const Entry& old) { return old.device == entry.device && old.inode == entry.inode; });
  if (entries_.size() == kCapacity) entries_.erase(entries_.begin());
  entries_.push_back(std::move(entry));
}

void KnownHashes::tidy(Clock::time_point now) {
  const std::scoped_lock lock(mutex_);
  std::erase_if(entries_, [&](const Entry& entry) {
    struct stat status {};
    return now - entry.last_use > kKeep || !leased(entry.file) || fstat(entry.file.get(), &status) != 0 ||
           status.st_nlink == 0;
  });
}

size_t KnownHashes::size() const {
  const std::scoped_lock lock(mutex_);
  return entries_.size();
}

}  // namespace redoubt::las
