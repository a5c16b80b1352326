// SPDX-License-Identifier: Apache-2.0
//
// Counts for --stats: calls by number, one JSON line a process image when it ends (exit, exec, or a crash of the shim;
// not when a signal's default action kills it, since nothing of ours runs then). Counted only then: threads that share a
// counter would wait for one another at every call.
#pragma once

#include <atomic>
#include <cstdint>

#include "shim/syscalls/row.h"

namespace redoubt::shim::statistics {

// Calls by number; the last element counts unknown numbers. One a process: a vfork child, which shares its parent's
// memory, has its own.
struct Counters {
  std::atomic<uint64_t> by_number[kTableSize + 1] = {};
  std::atomic<uint64_t> traps = 0;
  std::atomic<uint64_t> nanoseconds = 0;  // in the shim (shim_time.h)
};

// The counters of the process's first image in this address space.
Counters& process_counters();
// Nothing without --stats.
void count(Counters& counters, uint64_t number);
void count_trap(Counters& counters);
// What a call took that came at `begin` (shim_time.h).
void count_time(Counters& counters, uint64_t begin, uint64_t in_host);
// After fork: the child starts from zero.
void reset(Counters& counters);
// Appends the line to the statistics descriptor when --stats was given. `how` is what ended the image. Safe to call from
// any thread.
void write_line(const Counters& counters, const char* how);

}  // namespace redoubt::shim::statistics
