// SPDX-License-Identifier: Apache-2.0
//
// What decides which further files an ELF file brings in: its interpreter, the libraries it names and where it says they are.
// The file is whatever somebody put there, so nothing in it is believed: every offset, size and count is checked against the
// file and against a limit, strings are read one at a time, and no part of the file is ever in memory as a whole.
// Specification: System V gABI (chapters 4 and 5), x86-64 psABI.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace redoubt::measure {

struct ElfFacts {
  bool fits = false;                  // 64-bit, little-endian, x86-64: all the others stay empty when not
  std::string interpreter;            // PT_INTERP; empty: none (static, or a library)
  std::vector<std::string> needed;    // DT_NEEDED, in order
  std::string soname;                 // DT_SONAME
  std::string rpath;                  // DT_RPATH: not looked at where there is a DT_RUNPATH
  std::string runpath;                // DT_RUNPATH
  bool no_default_libraries = false;  // DF_1_NODEFLIB
};

// Fills `out` completely from the file at `offset`; false when the file ends before.
using ReadAt = std::function<bool(uint64_t offset, std::span<uint8_t> out)>;

// Nullopt: no ELF file at all. kMalformed: one that contradicts itself or goes over a limit.
Result<std::optional<ElfFacts>, Error> read_elf(const ReadAt& read);

}  // namespace redoubt::measure
