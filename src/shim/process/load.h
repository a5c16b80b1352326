// SPDX-License-Identifier: Apache-2.0
//
// Maps a program and its interpreter into this process and builds the stack it starts with.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "shim/process/program_file.h"

namespace redoubt::shim {

struct EntryPoint {
  uint64_t rip;
  uint64_t rsp;
};

// `stack_top` is where the program's stack begins, downwards. Fills program() and address_space(). On failure the
// address space is left half built: the caller ends the process.
Result<EntryPoint> load_program(const ProgramFiles& files, const std::vector<std::string>& environment,
                                uint64_t stack_top);

}  // namespace redoubt::shim
