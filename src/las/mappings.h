// SPDX-License-Identifier: Apache-2.0
//
// Which code a process can run: its executable mappings, from /proc/PID/smaps. The name of the executable file is not
// enough. The same runtime hosts any program in an unattested run, and /proc/PID/exe then names the runtime although the
// program's code makes the calls; prctl(PR_SET_MM_MAP) lets a process in a user namespace of its own choose what exe names.
// So evidence is only for a process that has nothing to execute but the measured file, as the file has it, and the vDSO.
//
// Pages that were changed (mprotect, write, mprotect back; a breakpoint through /proc/PID/mem) are anonymous then, or in
// swap, and smaps counts both.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace redoubt::las {

struct ExecutableMapping {
  uint64_t start, end;
  bool writable;
  unsigned device_major, device_minor;
  uint64_t inode;    // 0: no file
  std::string name;  // path, "[vdso]", or empty
  uint64_t changed;  // KiB of pages that are not the file's any more
};

// kMalformed when the text is not what Linux writes.
Result<std::vector<ExecutableMapping>, Error> executable_mappings(std::string_view smaps);

// Code of the kernel's own that every process has.
bool is_kernels(const ExecutableMapping& mapping);

}  // namespace redoubt::las
