// SPDX-License-Identifier: Apache-2.0
//
// Where the kernel reads what /proc/PID/cmdline and /proc/PID/environ show to other processes.
#pragma once

namespace redoubt::shim {

// In an unattested run, tells the kernel where the program's arguments and environment lie (Linux's prctl(2), PR_SET_MM_MAP), so
// that ps, pgrep and other programs see them, and the titles that servers write over them. Called once in an image, before the
// program runs, when there is one thread. A kernel that cannot do it (no CONFIG_CHECKPOINT_RESTORE) shows those of the runtime.
void show_program_memory();

}  // namespace redoubt::shim
