// SPDX-License-Identifier: Apache-2.0
//
// Which of them is meant says the thread: that of a vfork child has its own.
#include "shim/files/working_directory.h"

#include <algorithm>

#include "shim/process/thread.h"

namespace redoubt::shim {

WorkingDirectory::WorkingDirectory(const WorkingDirectory& other) {
  std::lock_guard lock(other.mutex_);
  std::copy(std::begin(other.path_), std::end(other.path_), path_);
  volume_ = other.volume_;
  inode_ = other.inode_;
  umask_ = other.umask();
}

BaseDirectory WorkingDirectory::get() const {
  std::lock_guard lock(mutex_);
  return {path_, volume_, inode_};
}

void WorkingDirectory::set(const BaseDirectory& directory) {
  const std::string& path = directory.path;
  std::lock_guard lock(mutex_);
  const size_t size = std::min(path.size(), sizeof(path_) - 1);
  path.copy(path_, size);
  path_[size] = '\0';
  volume_ = directory.volume;
  inode_ = directory.inode;
}

WorkingDirectory& working_directory() {
  static constinit WorkingDirectory of_process;
  // At launch there is no thread of the program yet, and no control block.
  const ThreadControl* const control = current_control_or_null();
  WorkingDirectory* const own = control != nullptr ? static_cast<const Thread*>(control)->working_directory : nullptr;
  return own != nullptr ? *own : of_process;
}

}  // namespace redoubt::shim
