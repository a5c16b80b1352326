// SPDX-License-Identifier: Apache-2.0
//
// A small program of Go as it lies in memory, for tests: headers, code, the table of functions, data.
#pragma once

#include <elf.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

namespace redoubt::shim::patch {

struct GoImage {
  static constexpr uint64_t kBase = 0x400000;
  static constexpr uint64_t kText = kBase + 0x200;
  // Where the functions begin, and where the last ends, from kText on.
  static constexpr uint64_t kEntries[] = {0, 0x40, 0x60, 0xa0};
  static constexpr uint64_t kFunctions = 3;
  static constexpr uint64_t kTableAt = 0x440, kEntriesAt = kTableAt + 0x60;
  static constexpr uint64_t kMarkAt = 0x610, kModuleAt = 0x640, kSize = 0x700;
  static constexpr uint64_t kPointerSizeAt = kTableAt + 7, kCountAt = kTableAt + 8, kTextAt = kTableAt + 24;

  std::string bytes;  // from kBase on

  // `version` is the first byte of the table. With `has_text` false, where entries count from stands in the module's record only.
  explicit GoImage(uint8_t version, bool has_text = true) : bytes(kSize, '\0') {
    Elf64_Ehdr elf{};
    std::memcpy(elf.e_ident, ELFMAG, SELFMAG);
    elf.e_ident[EI_CLASS] = ELFCLASS64;
    elf.e_machine = EM_X86_64;
    elf.e_phoff = sizeof(elf);
    elf.e_phentsize = sizeof(Elf64_Phdr);
    elf.e_phnum = 3;
    put(0, elf);
    segment(0, PF_R | PF_X, 0, 0x400);
    segment(1, PF_R, 0x400, 0x200);
    segment(2, PF_R | PF_W, 0x600, kSize - 0x600);

    const bool is_old = version == 0xfa;
    put(kTableAt, 0x08010000'ffffff00 | version);
    put(kCountAt, kFunctions);
    if (!is_old) put(kTextAt, has_text ? kText : uint64_t{0});
    const uint64_t place = is_old ? 7 : 8;
    put(kTableAt + 8 * place, kEntriesAt - kTableAt);
    for (uint64_t i = 0; i <= kFunctions; ++i) {
      if (is_old) {
        put(kEntriesAt + 16 * i, kText + kEntries[i]);
      } else {
        put(kEntriesAt + 8 * i, static_cast<uint32_t>(kEntries[i]));
      }
    }

    static constexpr char kMark[] = "\xff Go buildinf:";
    std::memcpy(&bytes[kMarkAt], kMark, sizeof(kMark) - 1);
    const uint64_t module[] = {kBase + kTableAt,
                               0,
                               0,
                               0,
                               0,
                               0,
                               0,
                               0,
                               0,
                               0,
                               0,
                               0,
                               0,
                               0,
                               0,
                               0,
                               kBase + kEntriesAt,
                               kFunctions + 1,
                               kFunctions + 1,
                               0,
                               kText,
                               kText + kEntries[kFunctions],
                               kText};
    put(kModuleAt, module);
  }

  template <typename T>
  void put(uint64_t at, const T& value) {
    std::memcpy(&bytes[at], &value, sizeof(value));
  }

  bool read(void* to, uint64_t from, size_t count) const {
    if (from < kBase || from - kBase > bytes.size() || count > bytes.size() - (from - kBase)) return false;
    std::memcpy(to, &bytes[from - kBase], count);
    return true;
  }

 private:
  void segment(uint64_t index, uint32_t flags, uint64_t offset, uint64_t size) {
    put(sizeof(Elf64_Ehdr) + index * sizeof(Elf64_Phdr), Elf64_Phdr{.p_type = PT_LOAD,
                                                                    .p_flags = flags,
                                                                    .p_offset = offset,
                                                                    .p_vaddr = kBase + offset,
                                                                    .p_paddr = 0,
                                                                    .p_filesz = size,
                                                                    .p_memsz = size,
                                                                    .p_align = 0x1000});
  }
};

}  // namespace redoubt::shim::patch
