// SPDX-License-Identifier: Apache-2.0
//
// Who asks, for permission checks in volumes: the identity that the kernel uses for the file system (fsuid, fsgid, groups, effective
// capabilities; credentials(7)) of the calling thread. The kernel keeps it; here is a copy a thread, dropped at every call that
// may change it. A vfork child runs on its parent's thread-locals, so it has no copy and asks each time.
#pragma once

#include <cstdint>

namespace redoubt::shim {

// capability.h, the ones that matter here.
enum class Capability : uint8_t {
  kChown = 0,
  kDacOverride = 1,
  kDacReadSearch = 2,
  kFowner = 3,
  kFsetid = 4,
  kMknod = 27,
  kSysAdmin = 21,
  kSetfcap = 31,
};

struct Credentials {
  static constexpr int kKnownGroups = 64;
  uint32_t uid = 0;
  uint32_t gid = 0;
  uint64_t capabilities = 0;
  int group_count = 0;  // above kKnownGroups: the kernel is asked
  uint32_t groups[kKnownGroups] = {};

  bool can(Capability capability) const { return (capabilities >> static_cast<unsigned>(capability) & 1) != 0; }
  bool in_group(uint32_t group) const;
};

// Of the calling thread.
Credentials credentials();
// With the real user and group instead: what access(2) asks about.
Credentials real_credentials();

// The call `number` is about to be made.
void credentials_may_change(uint64_t number);

}  // namespace redoubt::shim
