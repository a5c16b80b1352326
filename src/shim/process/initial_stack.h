// SPDX-License-Identifier: Apache-2.0
//
// The stack a program starts with: System V ABI, x86-64 supplement, 3.4.1, laid out as fs/binfmt_elf.c does.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace redoubt::shim {

struct StackRequest {
  uint64_t top;  // highest address to use, exclusive
  const std::string& exec_name;
  const std::vector<std::string>& arguments;
  const std::vector<std::string>& environment;
  uint64_t program_headers;
  uint16_t program_header_count;
  uint64_t interpreter_base;
  uint64_t entry;
};

// Writes the block and returns the initial %rsp. Records addresses and the auxiliary vector in program(). The memory
// below `top` must be writable and large enough; exec has checked the sizes against the stack limit.
uint64_t build_initial_stack(const StackRequest& request);

}  // namespace redoubt::shim
