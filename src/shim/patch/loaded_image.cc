// SPDX-License-Identifier: Apache-2.0
#include "shim/patch/loaded_image.h"

#include <elf.h>

#include <cstring>

namespace redoubt::shim::patch {

std::optional<std::vector<Segment>> segments_of(const ReadMemory& read, uint64_t header) {
  constexpr uint32_t kMostHeaders = 64;
  const auto elf = load<Elf64_Ehdr>(read, header);
  if (!elf || std::memcmp(elf->e_ident, ELFMAG, SELFMAG) != 0 || elf->e_ident[EI_CLASS] != ELFCLASS64 ||
      elf->e_machine != EM_X86_64 || elf->e_phentsize != sizeof(Elf64_Phdr) || elf->e_phnum > kMostHeaders) {
    return std::nullopt;
  }
  std::vector<Segment> segments;
  std::optional<uint64_t> bias;
  for (uint32_t i = 0; i < elf->e_phnum; ++i) {
    const auto segment = load<Elf64_Phdr>(read, header + elf->e_phoff + i * sizeof(Elf64_Phdr));
    if (!segment) return std::nullopt;
    if (segment->p_type == PT_LOAD && segment->p_offset == 0) bias = header - segment->p_vaddr;
    segments.push_back(
        {.type = segment->p_type, .flags = segment->p_flags, .begin = segment->p_vaddr, .size = segment->p_filesz});
  }
  if (!bias) return std::nullopt;
  for (Segment& segment : segments) segment.begin += *bias;
  return segments;
}

}  // namespace redoubt::shim::patch
