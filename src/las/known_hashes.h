// SPDX-License-Identifier: Apache-2.0
//
// Hashes of executables that cannot have changed. Time stamps prove nothing (they are coarser than two writes, and can be
// set), so each file is kept open under a read lease (fcntl(2), F_SETLEASE): the kernel grants one only when nobody has the
// file open or mapped for writing, and takes it away before it lets anybody open it so. While the lease is held the bytes are
// those that were hashed. Where there is no lease (another owner without CAP_LEASE, a file system without), nothing is
// remembered and every measurement reads the file.
//
// Whoever wants to write waits for the lease to go: SIGIO says so, and `tidy` lets go. It also lets go of what nobody asked for
// lately, since an open file keeps its file system from being unmounted.
#pragma once

#include <sys/stat.h>

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "las/descriptor.h"
#include "las/refusal.h"

namespace redoubt::las {

// Thread-safe. The process must block SIGIO in all threads, and call tidy when it comes.
class KnownHashes {
 public:
  static constexpr size_t kCapacity = 16;

  using Hash = std::function<Checked<ByteArray<32>>(const Descriptor& file)>;

  // The hash of `file`, which was opened for reading only and has this status; made by `hash` when it is not known.
  Checked<ByteArray<32>> of(Descriptor file, const struct stat& status, const Hash& hash);

  // Closes what somebody wants to write, what has no name any more, and what was not asked for since kKeep before `now`.
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kKeep{5};
  void tidy(Clock::time_point now);

  size_t size() const;

 private:
  struct Entry {
    Descriptor file;  // holds the lease
    dev_t device;
    ino_t inode;
    ByteArray<32> sha256;
    Clock::time_point last_use;
  };

  std::optional<ByteArray<32>> find(const struct stat& status);
  void remember(Entry entry);

  mutable std::mutex mutex_;
  std::vector<Entry> entries_;  // the longest unused first; guarded by mutex_
};

}  // namespace redoubt::las
