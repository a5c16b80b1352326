// SPDX-License-Identifier: Apache-2.0
#include "shim/attested/hardening.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include "shim/gate/gate.h"
#include "shim/gate/host_answer.h"
#include "shim/process/program_file.h"

namespace redoubt::shim::attested {
namespace {

bool is_open(uint64_t fd) { return !is_error(gate::call(SYS_fcntl, fd, F_GETFD)); }

// The device itself: what a host calls /dev/null may be a file.
Outcome<OwnedFd> open_null() {
  const char path[] = "/dev/null";
  auto file = gate::descriptor_of(
      gate::call(SYS_openat, static_cast<uint64_t>(AT_FDCWD), gate::address_of(path), O_RDWR | O_NOCTTY));
  struct stat status {};
  if (!file || is_error(gate::call(SYS_fstat, static_cast<uint64_t>(*file), gate::address_of(&status))) ||
      !S_ISCHR(status.st_mode) || status.st_rdev != makedev(1, 3)) {
    return failed("host.devices", "/dev/null, character device 1:3", file ? "something else" : name_of(file.error()),
                  "mount /dev in the container or chroot");
  }
  return OwnedFd(*file);
}

}  // namespace

Outcome<void> leave_inherited_descriptors() {
  const int64_t closed = gate::call(SYS_close_range, 3, UINT_MAX, 0);
  if (is_error(closed)) {
    return failed("host.close_range", "close_range(2), Linux 5.9", name_of(as_errno(static_cast<int>(-closed))),
                  "see `redoubt doctor`");
  }
  for (uint64_t stream = 0; stream <= 2; ++stream) {
    if (is_open(stream)) continue;
    OwnedFd null = TRY(open_null());  // takes the lowest number, which is this one
    if (static_cast<uint64_t>(null.get()) == stream) null.release();
  }
  return {};
}

void forbid_inspection() { gate::call(SYS_prctl, PR_SET_DUMPABLE, 0); }

void forbid_core_files() {
  const rlimit none = {.rlim_cur = 0, .rlim_max = 0};
  gate::call(SYS_prlimit64, 0, RLIMIT_CORE, gate::address_of(&none), 0);
}

Outcome<void> discard_standard_streams() {
  const OwnedFd null = TRY(open_null());
  for (uint64_t stream = 0; stream <= 2; ++stream) {
    gate::call(SYS_dup3, static_cast<uint64_t>(null.get()), stream, 0);
  }
  return {};
}

}  // namespace redoubt::shim::attested
