// SPDX-License-Identifier: Apache-2.0
//
// The kernel's side of path resolution (resolve.h): what a host directory, /proc and /sys hold. In /proc it decides what exists at
// all: the directory of this process with its own exe, cwd, root and fd links, a few numbers of other processes, and a list of
// the kernel's files.
#pragma once

#include "shim/files/resolve.h"

namespace redoubt::shim {

class KernelView final : public HostView {
 public:
  explicit KernelView(const Tree& tree) : tree_(tree) {}
  Result<HostEntry> look(const Node& mount, const std::string& path) override;
  Result<std::string> directory_of(int fd) override;

 private:
  const Tree& tree_;
};

// Whether a path in /proc is a file of this very process, which may be written as without attestation.
bool is_own_proc_file(const std::string& path);

}  // namespace redoubt::shim
