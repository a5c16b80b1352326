// SPDX-License-Identifier: Apache-2.0
//
// What open, openat, openat2 and creat ask for, in one form.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cstdint>

namespace redoubt::shim::file_namespace {

struct OpenRequest {
  int flags = 0;
  uint64_t mode = 0;
  bool only_path() const { return (flags & O_PATH) != 0; }
  bool writes() const { return !only_path() && ((flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC) != 0); }
  bool creates() const { return !only_path() && (flags & O_CREAT) != 0; }
  bool excludes() const { return creates() && (flags & O_EXCL) != 0; }
  bool is_nameless() const { return !only_path() && (flags & O_TMPFILE) == O_TMPFILE; }
  int wanted() const {
    if (only_path()) return 0;
    const int access = flags & O_ACCMODE;
    return access == O_RDONLY ? R_OK : access == O_WRONLY ? W_OK : R_OK | W_OK;
  }
};

}  // namespace redoubt::shim::file_namespace
