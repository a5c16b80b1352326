// SPDX-License-Identifier: Apache-2.0
//
// ELF headers. The file is read through a reader that is as stingy as read_at may be: it ends where the input does.
#include <algorithm>
#include <cstring>

#include "fuzz/target.h"
#include "shim/process/elf_image.h"

using namespace redoubt::shim;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const FileReader read = [=](uint64_t offset, std::span<uint8_t> into) -> redoubt::Result<size_t> {
    if (offset >= size) return size_t{0};
    const size_t count = std::min<uint64_t>(into.size(), size - offset);
    std::memcpy(into.data(), data + offset, count);
    return count;
  };
  for (const int bad : {ENOEXEC, ELIBBAD}) {
    const auto image = parse_elf(read, bad);
    if (!image || !check_segments(*image)) continue;
    constexpr uint64_t kUserTop = 0x7ffffffff000;
    FUZZ_CHECK(image->low() <= image->high() && image->high() <= kUserTop);
    FUZZ_CHECK(image->alignment >= 4096 && (image->alignment & (image->alignment - 1)) == 0);
    for (const Segment& segment : image->segments) {
      FUZZ_CHECK(segment.file_size <= segment.memory_size);
      FUZZ_CHECK(segment.address + segment.memory_size <= kUserTop);
    }
  }
  return 0;
}

std::vector<std::string> fuzz_seeds() {
  struct {
    Elf64_Ehdr header{};
    Elf64_Phdr table[4]{};
    char interpreter[16] = "/lib/ld.so";
    char rest[64]{};
  } file;
  std::memcpy(file.header.e_ident, ELFMAG, SELFMAG);
  file.header.e_ident[EI_CLASS] = ELFCLASS64;
  file.header.e_type = ET_DYN;
  file.header.e_machine = EM_X86_64;
  file.header.e_phoff = sizeof(Elf64_Ehdr);
  file.header.e_phentsize = sizeof(Elf64_Phdr);
  file.header.e_phnum = 4;
  file.table[0] = {PT_INTERP, PF_R, sizeof(Elf64_Ehdr) + sizeof(file.table), 0, 0, 11, 11, 1};
  file.table[1] = {PT_LOAD, PF_R | PF_X, 0, 0, 0, sizeof(file), sizeof(file), 0x1000};
  file.table[2] = {PT_LOAD, PF_R | PF_W, 0x100, 0x2100, 0x2100, 0x10, 0x2000, 0x1000};
  file.table[3] = {PT_GNU_STACK, PF_R | PF_W, 0, 0, 0, 0, 0, 16};
  std::vector<std::string> seeds;
  seeds.emplace_back(reinterpret_cast<const char*>(&file), sizeof(file));
  file.header.e_type = ET_EXEC;
  for (Elf64_Phdr& entry : file.table) entry.p_vaddr += 0x400000;
  seeds.emplace_back(reinterpret_cast<const char*>(&file), sizeof(file));
  return seeds;
}
