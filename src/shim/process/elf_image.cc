// SPDX-License-Identifier: Apache-2.0
//
// ELF headers, in the order of load_elf_binary(). Arithmetic on values of the file is checked: an address that wraps or
// leaves the user half is a malformed file.
#include "shim/process/elf_image.h"

#include <sys/mman.h>

#include <algorithm>
#include <climits>
#include <cstring>

namespace redoubt::shim {
namespace {

constexpr uint64_t kPage = 4096;
constexpr uint64_t kUserTop = 0x7ffffffff000;  // TASK_SIZE_MAX with 47 bits
constexpr size_t kMaximumHeaders = 65536 / sizeof(Elf64_Phdr);

int protection_of(uint32_t flags) {
  return ((flags & PF_R) != 0 ? PROT_READ : 0) | ((flags & PF_W) != 0 ? PROT_WRITE : 0) |
         ((flags & PF_X) != 0 ? PROT_EXEC : 0);
}

bool is_loadable_type(const Elf64_Ehdr& header) { return header.e_type == ET_EXEC || header.e_type == ET_DYN; }

// As the kernel, neither class nor byte order is looked at: the machine implies them. The type of an interpreter is looked at
// later, in load_elf_interp().
bool is_elf_for_us(const Elf64_Ehdr& header, bool is_program) {
  return std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 && (is_loadable_type(header) || !is_program) &&
         header.e_machine == EM_X86_64 && header.e_phentsize == sizeof(Elf64_Phdr) && header.e_phnum != 0 &&
         header.e_phnum <= kMaximumHeaders;
}

Result<std::string> read_interpreter(const FileReader& read, const Elf64_Phdr& header, int bad) {
  if (header.p_filesz > PATH_MAX || header.p_filesz < 2) return fail(bad);
  std::string path(header.p_filesz, '\0');
  const size_t got = TRY(read(header.p_offset, {reinterpret_cast<uint8_t*>(path.data()), path.size()}));
  if (got != path.size()) return fail(EIO);
  if (path.back() != '\0') return fail(bad);
  path.resize(std::strlen(path.c_str()));
  return path;
}

bool fits(const Segment& segment) {
  if (segment.memory_size > kUserTop || segment.address > kUserTop - segment.memory_size) return false;
  if (segment.address == kUserTop) return false;  // even when it is empty
  if (segment.file_size == 0) return true;        // nothing of the file is mapped: its offset has no meaning
  return segment.file_size <= segment.memory_size && segment.offset <= INT64_MAX - segment.file_size - kPage &&
         (segment.address - segment.offset) % kPage == 0;
}

}  // namespace

uint64_t ElfImage::low() const {
  uint64_t lowest = UINT64_MAX;
  for (const Segment& segment : segments) lowest = std::min(lowest, segment.address & ~(kPage - 1));
  return lowest;
}

uint64_t ElfImage::high() const {
  uint64_t highest = 0;
  for (const Segment& segment : segments) {
    highest = std::max(highest, (segment.address + segment.memory_size + kPage - 1) & ~(kPage - 1));
  }
  return highest;
}

Result<ElfImage> parse_elf(const FileReader& read, int bad) {
  Elf64_Ehdr header{};
  const size_t got = TRY(read(0, {reinterpret_cast<uint8_t*>(&header), sizeof(header)}));
  const bool is_program = bad == ENOEXEC;
  // A program's header is looked for in a buffer padded with zeroes, an interpreter's is read from its file.
  if (got < sizeof(header)) return fail(is_program ? bad : EIO);
  if (!is_elf_for_us(header, is_program)) return fail(bad);

  std::vector<Elf64_Phdr> table(header.e_phnum);
  const size_t table_size = table.size() * sizeof(Elf64_Phdr);
  if (header.e_phoff > INT64_MAX - table_size) return fail(bad);
  if (TRY(read(header.e_phoff, {reinterpret_cast<uint8_t*>(table.data()), table_size})) != table_size) return fail(bad);

  ElfImage image;
  image.loadable = is_loadable_type(header);
  image.position_independent = header.e_type == ET_DYN;
  image.entry = header.e_entry;
  image.alignment = kPage;
  image.program_header_count = header.e_phnum;
  for (const Elf64_Phdr& entry : table) {
    switch (entry.p_type) {
      case PT_INTERP:
        // The kernel takes the first, and an interpreter needs none.
        if (is_program && !image.interpreter) image.interpreter = TRY(read_interpreter(read, entry, bad));
        break;
      case PT_GNU_STACK: image.executable_stack = (entry.p_flags & PF_X) != 0; break;
      case PT_LOAD: {
        image.segments.push_back({.address = entry.p_vaddr,
                                  .offset = entry.p_offset,
                                  .file_size = entry.p_filesz,
                                  .memory_size = entry.p_memsz,
                                  .protection = protection_of(entry.p_flags)});
        const bool power_of_two = entry.p_align != 0 && (entry.p_align & (entry.p_align - 1)) == 0;
        if (power_of_two) image.alignment = std::max(image.alignment, std::min(entry.p_align, uint64_t{1} << 30));
        if (header.e_phoff >= entry.p_offset && header.e_phoff - entry.p_offset < entry.p_filesz) {
          image.program_headers = header.e_phoff - entry.p_offset + entry.p_vaddr;
        }
        break;
      }
      default: break;
    }
  }
  return image;
}

Result<void> check_segments(const ElfImage& image) {
  if (!image.loadable || image.segments.empty() || !std::all_of(image.segments.begin(), image.segments.end(), fits))
    return fail(EINVAL);
  return {};
}

}  // namespace redoubt::shim
