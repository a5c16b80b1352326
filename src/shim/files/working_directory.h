// SPDX-License-Identifier: Apache-2.0
//
// What the kernel keeps of a process for its paths (fs_struct), for an attested program: the directory that relative paths start
// from, in its namespace, and the mask for the permissions of new files. The kernel's working directory plays no part in an
// attested run; its mask is the same as the one here and serves host directories. One a process; a vfork child shares memory with
// its parent but not this, so the path lies in the object itself and changing it allocates nothing.
#pragma once

#include <atomic>
#include <climits>
#include <mutex>
#include <string>

#include "shim/files/resolve.h"

namespace redoubt::shim {

class WorkingDirectory {
 public:
  WorkingDirectory() = default;
  WorkingDirectory(const WorkingDirectory& other);
  WorkingDirectory& operator=(const WorkingDirectory&) = delete;
  BaseDirectory get() const;
  void set(const BaseDirectory& directory);
  std::mutex& mutex_for_fork() { return mutex_; }

  uint32_t umask() const { return umask_.load(std::memory_order_relaxed); }
  void set_umask(uint32_t mask) { umask_.store(mask & 0777, std::memory_order_relaxed); }

 private:
  char path_[PATH_MAX] = "/";  // guarded by mutex_, as are the next two
  uint32_t volume_ = 0;
  volume::InodeNumber inode_ = 0;
  std::atomic<uint32_t> umask_ = 022;
  mutable std::mutex mutex_;  // behind the path: on the page of what fork writes (runtime.ld)
};

// The calling process's.
WorkingDirectory& working_directory();

}  // namespace redoubt::shim
