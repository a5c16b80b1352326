// SPDX-License-Identifier: Apache-2.0
//
// setfsuid(-1) changes nothing and returns the present one: the only call that tells the fsuid of a thread.
#include "shim/files/credentials.h"

#include <linux/capability.h>
#include <sys/syscall.h>

#include <algorithm>
#include <vector>

#include "base/result.h"
#include "shim/gate/gate.h"
#include "shim/process/thread.h"

namespace redoubt::shim {
namespace {

struct Copy {
  bool valid = false;
  Credentials of_thread;
};
constinit thread_local Copy copy;

struct Sets {
  uint64_t effective, permitted;
};
Sets capability_sets() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};
  if (is_error(gate::call(SYS_capget, gate::address_of(&header), gate::address_of(data)))) return {};
  return {data[0].effective | uint64_t{data[1].effective} << 32, data[0].permitted | uint64_t{data[1].permitted} << 32};
}

void read_groups(Credentials& who) {
  const int64_t count = gate::call(SYS_getgroups, Credentials::kKnownGroups, gate::address_of(who.groups));
  who.group_count = count == -EINVAL ? Credentials::kKnownGroups + 1 : is_error(count) ? 0 : static_cast<int>(count);
}

Credentials read() {
  constexpr auto kNobody = static_cast<uint64_t>(-1);
  Credentials who;
  who.uid = static_cast<uint32_t>(gate::call(SYS_setfsuid, kNobody));
  who.gid = static_cast<uint32_t>(gate::call(SYS_setfsgid, kNobody));
  who.capabilities = capability_sets().effective;
  read_groups(who);
  return who;
}

bool may_copy() {
  const ThreadControl* const control = current_control_or_null();
  return control != nullptr && !static_cast<const Thread*>(control)->shares_memory;
}

}  // namespace

bool Credentials::in_group(uint32_t group) const {
  if (group == gid) return true;
  if (group_count <= kKnownGroups) return std::find(groups, groups + group_count, group) != groups + group_count;
  constexpr size_t kMost = 65536;  // NGROUPS_MAX
  std::vector<uint32_t> all(kMost);
  const int64_t count = gate::call(SYS_getgroups, kMost, gate::address_of(all.data()));
  if (is_error(count)) return false;
  const auto end = all.begin() + std::min<int64_t>(count, kMost);
  return std::find(all.begin(), end, group) != end;
}

Credentials credentials() {
  if (!may_copy()) return read();
  if (!copy.valid) copy = {.valid = true, .of_thread = read()};
  return copy.of_thread;
}

// fs/open.c, access_override_creds: root by its real identity has what it is permitted, others have nothing.
Credentials real_credentials() {
  Credentials who = credentials();
  who.uid = static_cast<uint32_t>(gate::call(SYS_getuid));
  who.gid = static_cast<uint32_t>(gate::call(SYS_getgid));
  who.capabilities = who.uid == 0 ? capability_sets().permitted : 0;
  return who;
}

void credentials_may_change(uint64_t number) {
  switch (number) {
    case SYS_setuid:
    case SYS_setgid:
    case SYS_setreuid:
    case SYS_setregid:
    case SYS_setresuid:
    case SYS_setresgid:
    case SYS_setfsuid:
    case SYS_setfsgid:
    case SYS_setgroups:
    case SYS_capset:
    case SYS_prctl:
    case SYS_unshare:
    case SYS_setns: copy.valid = false; return;
    default: return;
  }
}

}  // namespace redoubt::shim
