// SPDX-License-Identifier: Apache-2.0
//
// What an ELF file asks for, checked as fs/binfmt_elf.c checks it, with the same errno for the same fault. Pure: bytes
// in, description out. The file belongs to somebody else; nothing in it is believed before it was checked.
#pragma once

#include <elf.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace redoubt::shim {

struct Segment {
  uint64_t address;    // p_vaddr
  uint64_t offset;     // p_offset
  uint64_t file_size;
  uint64_t memory_size;
  int protection;      // PROT_*
};

struct ElfImage {
  bool position_independent = false;  // ET_DYN
  uint64_t entry = 0;                 // e_entry
  uint64_t alignment = 0;             // the largest p_align, at least a page
  uint64_t program_headers = 0;       // their address in the loaded image, before the bias; 0 if not loaded
  uint16_t program_header_count = 0;
  std::vector<Segment> segments;      // PT_LOAD, in file order
  std::string interpreter;            // PT_INTERP; empty when there is none
  bool executable_stack = false;

  uint64_t low() const;   // page of the first mapped byte
  uint64_t high() const;  // one past the last mapped byte, page aligned
};

// Reads `size` bytes at `offset` of the file; fewer at its end.
using FileReader = std::function<Result<size_t>(uint64_t offset, std::span<uint8_t> into)>;

// `bad` is the errno for a malformed file: ENOEXEC for a program, ELIBBAD for an interpreter.
Result<ElfImage> parse_elf(const FileReader& read, int bad);

}  // namespace redoubt::shim
