// SPDX-License-Identifier: Apache-2.0
//
// What the running program is, for /proc/self and friends: set when it is loaded, constant after.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace redoubt::shim {

struct Program {
  std::string executable;  // path of the file, as the kernel knows it
  uint64_t code_start = 0, code_end = 0;
  uint64_t data_start = 0, data_end = 0;
  uint64_t stack_start = 0;                         // the initial %rsp
  uint64_t arguments_start = 0, arguments_end = 0;  // strings on the stack, as the kernel's mm->arg_start ...
  uint64_t environment_start = 0, environment_end = 0;
  uint64_t stack_top = 0;      // one past the program's part of the stack mapping
  std::vector<uint64_t> auxv;  // pairs, AT_NULL included
};

Program& program();

}  // namespace redoubt::shim
