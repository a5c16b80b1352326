// SPDX-License-Identifier: Apache-2.0
//
// The directory that relative paths of an attested program start from: a canonical path of its namespace. The kernel's working
// directory plays no part in an attested run. One a process; a vfork child shares memory with its parent but not this, so the
// path lies in the object itself and changing it allocates nothing.
#pragma once

#include <climits>
#include <mutex>
#include <string>
#include <string_view>

namespace redoubt::shim {

class WorkingDirectory {
 public:
  WorkingDirectory() = default;
  WorkingDirectory(const WorkingDirectory& other);
  WorkingDirectory& operator=(const WorkingDirectory&) = delete;
  std::string get() const;
  void set(std::string_view path);
  std::mutex& mutex_for_fork() { return mutex_; }

 private:
  mutable std::mutex mutex_;
  char path_[PATH_MAX] = "/";  // guarded by mutex_
};

// The calling process's.
WorkingDirectory& working_directory();

}  // namespace redoubt::shim
