// SPDX-License-Identifier: Apache-2.0
//
// All rows: one family a file of this folder, with the word that --trace-filter has for it and the title of docs/syscalls.md.
#pragma once

#include "shim/syscalls/rows/descriptors.h"
#include "shim/syscalls/rows/files.h"
#include "shim/syscalls/rows/ipc.h"
#include "shim/syscalls/rows/memory.h"
#include "shim/syscalls/rows/network.h"
#include "shim/syscalls/rows/process.h"
#include "shim/syscalls/rows/signals.h"
#include "shim/syscalls/rows/system.h"
#include "shim/syscalls/rows/time.h"

namespace redoubt::shim::rows {

template <size_t kCount>
constexpr RowFamily family(const char* word, const char* title, const Row (&rows)[kCount]) {
  return {word, title, rows, kCount};
}

// clang-format off
constexpr RowFamily kFamilies[] = {
    family("%file",    "Files by path",          kFileRows),
    family("%desc",    "Descriptors",            kDescriptorRows),
    family("%memory",  "Memory",                 kMemoryRows),
    family("%process", "Processes and threads",  kProcessRows),
    family("%signal",  "Signals",                kSignalRows),
    family("%time",    "Time",                   kTimeRows),
    family("%network", "Sockets",                kNetworkRows),
    family("%ipc",     "System V and POSIX IPC", kIpcRows),
    family("%system",  "The system",             kSystemRows),
};
// clang-format on

}  // namespace redoubt::shim::rows
