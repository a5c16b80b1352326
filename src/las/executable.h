// SPDX-License-Identifier: Apache-2.0
//
// The executable file of a process, through /proc/PID/exe: opened, checked to be on a file system that LAS can rely on and to
// be still the file of its name, and hashed.
#pragma once

#include <sys/stat.h>

#include <string>

#include "base/bytes.h"
#include "las/descriptor.h"
#include "las/known_hashes.h"
#include "las/refusal.h"

namespace redoubt::las {

// Longer executables are refused.
inline constexpr off_t kLargestExecutable = off_t{256} << 20;

struct Executable {
  dev_t device;
  ino_t inode;
  std::string path;  // as the process sees it; for people
  ByteArray<32> sha256;

  bool operator==(const Executable&) const = default;
};

// `process`, here and below: /proc/PID, opened as a directory. Whether it is in LAS's own user namespace.
bool same_user_namespace(const Descriptor& process);

Checked<Executable> measure_executable(const Descriptor& process, KnownHashes& hashes);

}  // namespace redoubt::las
