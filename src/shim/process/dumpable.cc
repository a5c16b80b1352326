// SPDX-License-Identifier: Apache-2.0
//
// PR_SET_DUMPABLE. In an attested run the process stays closed to core files and to other processes of its user, whatever the
// program says; the value that it set is only remembered, as daemons set it after a change of user and check the answer. It
// goes on through fork and ends with exec, as Linux's does.
#include <atomic>

#include "shim/attested/hardening.h"
#include "shim/attested/state.h"
#include "shim/syscalls/call.h"
#include "shim/syscalls/handlers.h"

namespace redoubt::shim {
namespace {

std::atomic<int64_t> programs_value = 1;  // SUID_DUMP_USER, include/linux/sched/coredump.h

}  // namespace

int64_t sys_set_dumpable(Call& call) {
  if (attested::state() == nullptr) return pass(call);
  if (call.args[1] > 1) return -EINVAL;
  programs_value = static_cast<int64_t>(call.args[1]);
  return 0;
}

// The kernel sets the value anew when a process changes its credentials, to fs.suid_dumpable: with 2, as systemd-coredump has it,
// core files get written again.
int64_t sys_change_credentials(Call& call) {
  const int64_t result = pass(call);
  if (attested::state() != nullptr) attested::forbid_inspection();
  return result;
}

int64_t sys_get_dumpable(Call& call) { return attested::state() == nullptr ? pass(call) : programs_value.load(); }

}  // namespace redoubt::shim
