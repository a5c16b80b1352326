// SPDX-License-Identifier: Apache-2.0
//
// A path for the kernel to something of the host that was resolved here: through an O_PATH descriptor, opened without following
// any link, so that a link put on the way meanwhile leads nowhere. The descriptor lives as long as the object.
#pragma once

#include <string>

#include "base/result.h"
#include "shim/files/resolve.h"
#include "shim/process/program_file.h"

namespace redoubt::shim {

class HostPath {
 public:
  // Of the thing itself, which must exist. A call that follows links finds it.
  static Result<HostPath> to(const Place& place);
  // Of the name in its directory: for calls that create, remove or rename it, or that look at a link. It may be missing.
  static Result<HostPath> name(const Place& place);

  const char* c_str() const { return text_.c_str(); }
  int fd() const { return fd_.get(); }

 private:
  OwnedFd fd_;
  std::string text_;
};

// openat2 with RESOLVE_NO_SYMLINKS from the root.
int64_t open_without_links(const std::string& path, int flags, uint64_t mode);

// The kernel's path of an open descriptor of this thread, to be followed.
std::string path_through_descriptor(int fd);

}  // namespace redoubt::shim
