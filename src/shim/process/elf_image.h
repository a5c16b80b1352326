// SPDX-License-Identifier: Apache-2.0
//
// What an ELF file asks for, checked as fs/binfmt_elf.c checks it, with the same errno for the same fault. Pure: bytes
// in, description out. The file belongs to somebody else; nothing in it is believed before it was checked.
//
// Linux checks in two steps, and so does this file: parse_elf() is what execve reports to its caller; check_segments()
// is what the kernel finds only after the old program is gone, when the process can but die.
#pragma once

#include <elf.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace redoubt::shim {

struct Segment {
  uint64_t address;  // p_vaddr
  uint64_t offset;   // p_offset
  uint64_t file_size;
  uint64_t memory_size;
  int protection;  // PROT_*
};

struct ElfImage {
  bool loadable = true;               // ET_EXEC or ET_DYN; a program always is
  bool position_independent = false;  // ET_DYN
  uint64_t entry = 0;                 // e_entry
  uint64_t alignment = 0;             // the largest p_align, at least a page
  uint64_t program_headers = 0;       // their address in the loaded image, before the bias; 0 if not loaded
  uint16_t program_header_count = 0;
  std::vector<Segment> segments;           // PT_LOAD, in file order
  std::optional<std::string> interpreter;  // PT_INTERP of a program; the name may be empty
  bool executable_stack = false;

  // Of segments that passed check_segments().
  uint64_t low() const;   // page of the first mapped byte
  uint64_t high() const;  // one past the last mapped byte, page aligned
};

// Reads `size` bytes at `offset` of the file; fewer at its end.
using FileReader = std::function<Result<size_t>(uint64_t offset, std::span<uint8_t> into)>;

// `bad` is the errno for a malformed file: ENOEXEC for a program, ELIBBAD for an interpreter. The segments of the result
// are the file's word.
Result<ElfImage> parse_elf(const FileReader& read, int bad);

// EINVAL when the file is no image, or its segments cannot be mapped: there are none, or one wraps, leaves the user half, has more bytes in the
// file than in memory, or does not lie in the file as it lies in memory.
Result<void> check_segments(const ElfImage& image);

}  // namespace redoubt::shim
