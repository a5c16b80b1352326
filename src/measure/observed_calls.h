// SPDX-License-Identifier: Apache-2.0
//
// The system calls that name a file, as a table: which argument is the path, which the directory it is relative to, and what the
// call means to the file. The seccomp filter of observe.cc is made from it.
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <vector>

namespace redoubt::measure {

inline constexpr int kNoArgument = -1;

enum class Meaning : uint8_t {
  kLook,     // stat, access, readlink
  kOpen,     // flags in an argument decide whether it reads or writes
  kExecute,  // execve: nothing returns to the image that called
  kWrite,    // creates or replaces the file
};

struct ObservedCall {
  uint64_t number;
  Meaning meaning;
  int directory;  // argument of the directory's descriptor; kNoArgument: the working directory
  int path;       // argument of the path
  int flags;      // kOpen: argument of the flags, or of open_how for openat2; kNoArgument: none
};

// Nullptr: a call that is not observed.
const ObservedCall* find_observed_call(uint64_t number);

// Stops at the calls of the table, answers ENOSYS to io_uring_setup, allows all else.
std::vector<sock_filter> observed_calls_filter();

}  // namespace redoubt::measure
