// SPDX-License-Identifier: Apache-2.0
//
// How the runtime was asked to behave. Set once at start, inherited by every process and image of the run.
#pragma once

#include <cstdint>
#include <string>

namespace redoubt::shim {

struct Options {
  bool trace = false;        // a line a call to the trace descriptor
  std::string trace_filter;  // which lines (syscalls/trace_filter.h); empty: all
  bool stats = false;        // a line a process image to the statistics descriptor
  // How often a call site traps before it is rewritten (patch/): rewriting costs as much as some ten traps. 0: never.
  uint8_t patch_after = kDefaultPatchAfter;
  static constexpr uint8_t kDefaultPatchAfter = 12;
  static constexpr uint8_t kLargestPatchAfter = 254;
};

namespace internal {
inline Options current_options;
}
inline const Options& options() { return internal::current_options; }
void set_options(const Options& options);

}  // namespace redoubt::shim
