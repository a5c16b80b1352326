// SPDX-License-Identifier: Apache-2.0
#include "shim/patch/call_way.h"

#include <sys/syscall.h>

#include <iterator>

#include "shim/files/namespace.h"
#include "shim/net/shield.h"
#include "shim/patch/patched_call.h"
#include "shim/process/options.h"
#include "shim/volumes/mounts.h"

extern "C" {
// By number: where a call goes whose site makes any (gate.S).
__attribute__((visibility("hidden"))) const char* redoubt_call_ways[512];
}

namespace redoubt::shim::patch {
namespace {

// Calls that no shield ever looks at, whatever the session says.
bool is_never_shielded(uint64_t number) {
  switch (number) {
    case SYS_getppid:
    case SYS_getpgrp:
    case SYS_getuid:
    case SYS_geteuid:
    case SYS_getgid:
    case SYS_getegid:
    case SYS_sched_yield:
    case SYS_futex:
    case SYS_clock_gettime:
    case SYS_gettimeofday:
    case SYS_nanosleep:
    case SYS_clock_nanosleep: return true;
    default: return false;
  }
}

bool is_descriptor(const Arg& arg) { return arg.kind == ArgKind::kFd || arg.kind == ArgKind::kDirFd; }

// Arguments in which a number of the shim's own cannot stand (files/own_descriptors.h): everything else takes the long way.
bool holds_no_descriptor(const Arg& arg) {
  switch (arg.kind) {
    case ArgKind::kNone:
    case ArgKind::kInt:
    case ArgKind::kUint:
    case ArgKind::kLong:
    case ArgKind::kSize:
    case ArgKind::kOffset:
    case ArgKind::kPid:
    case ArgKind::kUid:
    case ArgKind::kSignal:
    case ArgKind::kMode:
    case ArgKind::kFlags:
    case ArgKind::kEnum:
    case ArgKind::kAddress:
    case ArgKind::kBuffer:
    case ArgKind::kIovec:
    case ArgKind::kSockaddr:
    case ArgKind::kFutexWord:
    case ArgKind::kFutexTimeout: return true;
    case ArgKind::kStruct: return arg.shape != Shape::kPollfds && arg.shape != Shape::kFdset;
    default: return false;
  }
}

}  // namespace

const char* way_of(const Row& row) {
  // Both want to see every call.
  if (options().trace || options().stats) return redoubt_patched_entry;
  const bool is_shielded = net::is_active() || file_namespace::is_active() || volumes::is_active();
  // Of an open file it is fstat, which passes.
  if (row.number == SYS_newfstatat && !is_shielded) return redoubt_gate_patched_stat;
  if (row.treatment != Treatment::kPassed) return redoubt_patched_entry;
  if (row.number == SYS_getpid) return redoubt_gate_patched_pid;
  if (row.number == SYS_gettid) return redoubt_gate_patched_tid;
  if (is_shielded && !is_never_shielded(row.number)) return redoubt_patched_entry;
  unsigned descriptors = 0;  // bit i: argument i is one
  for (unsigned i = 0; i < std::size(row.args); ++i) {
    if (is_descriptor(row.args[i])) {
      descriptors |= 1U << i;
    } else if (!holds_no_descriptor(row.args[i])) {
      return redoubt_patched_entry;
    }
  }
  switch (descriptors) {
    case 0: return redoubt_gate_patched;
    case 0b1: return redoubt_gate_patched_descriptor;
    case 0b11: return redoubt_gate_patched_and_second;
    case 0b101: return redoubt_gate_patched_and_third;
    default: return redoubt_patched_entry;
  }
}

void fill_call_ways() {
  for (size_t number = 0; number < std::size(redoubt_call_ways); ++number) {
    const Row* row = find_row(number);
    redoubt_call_ways[number] = row == nullptr ? redoubt_patched_entry : way_of(*row);
  }
}

}  // namespace redoubt::shim::patch
