// SPDX-License-Identifier: Apache-2.0
//
// The kernel's side of path resolution (resolve.h): what a host directory, /proc and /sys hold. In /proc it decides what exists at
// all: the directory of this process with its own exe, cwd, root and fd links, a few numbers of other processes, and a list of
// the kernel's files.
#pragma once

#include "shim/files/credentials.h"
#include "shim/files/resolve.h"

namespace redoubt::shim {

class KernelView final : public HostView {
 public:
  // `who` walks; nobody named: the calling thread.
  explicit KernelView(const Tree& tree, const Credentials* who = nullptr) : tree_(tree), who_(who) {}
  Result<HostEntry> look(const Node& mount, const std::string& path) override;
  Result<BaseDirectory> directory_of(int fd) override;
  VolumeInUse volume(uint32_t index) override;
  Result<void> may_search(const volume::Attributes& directory) override;

 private:
  const Tree& tree_;
  const Credentials* who_;
};

// Whether a path in /proc is a file of this very process, which may be written as without attestation.
bool is_own_proc_file(const std::string& path);

}  // namespace redoubt::shim
