// SPDX-License-Identifier: Apache-2.0
//
// What the runtime asks of a machine, each question answered by trying it rather than by comparing versions: kernels are
// patched, containers filter system calls, and a feature that exists may be switched off.
//
// A probe looks and says what it found; the table in doctor.cc says what was needed and what follows. Probes have no
// lasting effect on this process; one that must change it (signal handlers, dispatch) does so in a forked child.
#pragma once

#include <string>

namespace redoubt::cli {

struct Finding {
  bool present;
  std::string found;  // a few words, for people
};

Finding probe_architecture();
Finding probe_kernel_version();    // at least 5.11
Finding probe_syscall_dispatch();  // a dispatched call arrives in a SIGSYS handler
Finding probe_fsgsbase();          // rdfsbase and wrfsbase in user space
Finding probe_close_range();
Finding probe_execveat();
Finding probe_proc();
Finding probe_runtime();     // redoubt-run beside this command
Finding probe_membarrier();  // PRIVATE_EXPEDITED_SYNC_CORE
Finding probe_memfd_secret();
Finding probe_descriptor_limit();  // hard RLIMIT_NOFILE
Finding probe_overcommit();

}  // namespace redoubt::cli
