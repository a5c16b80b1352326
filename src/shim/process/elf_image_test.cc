// SPDX-License-Identifier: Apache-2.0
//
// Each malformed field gives the errno that Linux 6.18 was seen to give for such a file, or passes parse_elf() and fails
// check_segments() where Linux kills the process instead.
#include "shim/process/elf_image.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <climits>
#include <cstring>
#include <random>

namespace redoubt::shim {
namespace {

constexpr uint64_t kUserTop = 0x7ffffffff000;

struct File {
  Elf64_Ehdr header{};
  std::vector<Elf64_Phdr> table;
  std::vector<uint8_t> body;  // the file from offset 0; headers are written over it

  File() {
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_type = ET_DYN;
    header.e_machine = EM_X86_64;
    header.e_entry = 0x1040;
    header.e_phoff = sizeof(header);
    header.e_phentsize = sizeof(Elf64_Phdr);
    table = {load(0, 0, 0x800, 0x800, PF_R), load(0x1000, 0x1000, 0x800, 0x800, PF_R | PF_X),
             load(0x2100, 0x3100, 0x100, 0x900, PF_R | PF_W)};
    body.assign(0x2200, 0);
  }

  static Elf64_Phdr load(uint64_t offset, uint64_t address, uint64_t file_size, uint64_t memory_size, uint32_t flags) {
    Elf64_Phdr entry{};
    entry.p_type = PT_LOAD;
    entry.p_flags = flags;
    entry.p_offset = offset;
    entry.p_vaddr = address;
    entry.p_filesz = file_size;
    entry.p_memsz = memory_size;
    entry.p_align = 0x1000;
    return entry;
  }

  void add_interpreter(std::string_view bytes, uint64_t offset = 0x700) {
    Elf64_Phdr entry{};
    entry.p_type = PT_INTERP;
    entry.p_offset = offset;
    entry.p_filesz = bytes.size();
    table.push_back(entry);
    if (offset + bytes.size() <= body.size())
      std::copy(bytes.begin(), bytes.end(), body.begin() + static_cast<long>(offset));
  }

  std::vector<uint8_t> bytes() {
    if (header.e_phnum == 0) header.e_phnum = static_cast<uint16_t>(table.size());
    std::vector<uint8_t> all = body;
    auto put = [&](uint64_t at, const void* from, size_t size) {
      if (size == 0 || at > all.size() || size > all.size() - at) return;
      std::memcpy(all.data() + at, from, size);
    };
    put(0, &header, sizeof(header));
    put(header.e_phoff, table.data(), table.size() * sizeof(Elf64_Phdr));
    return all;
  }
};

Result<ElfImage> parse_bytes(std::span<const uint8_t> bytes, int bad = ENOEXEC) {
  return parse_elf(
      [bytes](uint64_t offset, std::span<uint8_t> into) -> Result<size_t> {
        if (offset >= bytes.size()) return size_t{0};
        const size_t size = std::min<size_t>(into.size(), bytes.size() - offset);
        std::memcpy(into.data(), bytes.data() + offset, size);
        return size;
      },
      bad);
}
Result<ElfImage> parse(File file, int bad = ENOEXEC) { return parse_bytes(file.bytes(), bad); }

int error_of(File file, int bad = ENOEXEC) {
  const auto image = parse(std::move(file), bad);
  return image ? 0 : number_of(image.error());
}

// 0 when the file parses and its segments can be mapped.
int segment_error_of(File file) {
  const auto image = parse(std::move(file));
  if (!image) return -1;
  const auto fits = check_segments(*image);
  return fits ? 0 : number_of(fits.error());
}

TEST(ElfImage, DescribesAWellFormedFile) {
  File file;
  file.add_interpreter(std::string_view("/lib64/ld.so\0", 13));
  Elf64_Phdr stack{};
  stack.p_type = PT_GNU_STACK;
  stack.p_flags = PF_R | PF_W | PF_X;
  file.table.push_back(stack);
  file.table[1].p_align = 0x200000;
  const auto image = parse(file);
  ASSERT_TRUE(image);
  EXPECT_TRUE(check_segments(*image));
  EXPECT_TRUE(image->position_independent);
  EXPECT_EQ(image->entry, 0x1040U);
  EXPECT_EQ(image->alignment, 0x200000U);
  EXPECT_EQ(image->program_headers, 64U);
  EXPECT_EQ(image->program_header_count, 5);
  EXPECT_EQ(image->interpreter, "/lib64/ld.so");
  EXPECT_TRUE(image->executable_stack);
  ASSERT_EQ(image->segments.size(), 3U);
  EXPECT_EQ(image->segments[1].protection, PROT_READ | PROT_EXEC);
  EXPECT_EQ(image->segments[2].address, 0x3100U);
  EXPECT_EQ(image->segments[2].offset, 0x2100U);
  EXPECT_EQ(image->segments[2].file_size, 0x100U);
  EXPECT_EQ(image->segments[2].memory_size, 0x900U);
  EXPECT_EQ(image->low(), 0U);
  EXPECT_EQ(image->high(), 0x4000U);
}

TEST(ElfImage, KnowsFixedAddresses) {
  File file;
  file.header.e_type = ET_EXEC;
  for (Elf64_Phdr& entry : file.table) entry.p_vaddr += 0x400000;
  const auto image = parse(file);
  ASSERT_TRUE(image);
  EXPECT_FALSE(image->position_independent);
  EXPECT_FALSE(image->executable_stack);
  EXPECT_FALSE(image->interpreter);
  EXPECT_EQ(image->low(), 0x400000U);
  EXPECT_EQ(image->program_headers, 0x400040U);
}

TEST(ElfImage, HeadersOutsideEverySegmentHaveNoAddress) {
  File file;
  file.header.e_phoff = 0x1f00;  // between the segments' file ranges
  file.body.assign(0x2200, 0);
  const auto image = parse(file);
  ASSERT_TRUE(image);
  EXPECT_EQ(image->program_headers, 0U);
}

TEST(ElfImage, RefusesForeignHeaders) {
  const auto with = [](auto change) {
    File file;
    change(file.header);
    return file;
  };
  const File cases[] = {
      with([](Elf64_Ehdr& h) { h.e_ident[0] = 0x7e; }),
      with([](Elf64_Ehdr& h) { h.e_ident[3] = 'f'; }),
      with([](Elf64_Ehdr& h) { h.e_machine = EM_AARCH64; }),
      with([](Elf64_Ehdr& h) { h.e_machine = EM_386; }),
      with([](Elf64_Ehdr& h) { h.e_phentsize = 0; }),
      with([](Elf64_Ehdr& h) { h.e_phentsize = 32; }),
      with([](Elf64_Ehdr& h) { h.e_phnum = 0xffff; }),
      with([](Elf64_Ehdr& h) { h.e_phnum = 65536 / sizeof(Elf64_Phdr) + 1; }),
      with([](Elf64_Ehdr& h) { h.e_phoff = 1 << 30; }),
      with([](Elf64_Ehdr& h) { h.e_phoff = 0x2200 - 8; }),
      with([](Elf64_Ehdr& h) { h.e_phoff = UINT64_MAX - 7; }),
      with([](Elf64_Ehdr& h) { h.e_phoff = INT64_MAX; }),
  };
  for (const File& file : cases) {
    EXPECT_EQ(error_of(file), ENOEXEC) << "case " << &file - cases;
    EXPECT_EQ(error_of(file, ELIBBAD), ELIBBAD) << "case " << &file - cases;
  }
  File none;
  none.table.clear();
  EXPECT_EQ(error_of(none), ENOEXEC);
}

// execve says so of a program; an interpreter of another type is found out when the caller is gone.
TEST(ElfImage, RefusesForeignTypes) {
  for (const int type : {ET_REL, ET_CORE, ET_NONE}) {
    File file;
    file.header.e_type = static_cast<Elf64_Half>(type);
    EXPECT_EQ(error_of(file), ENOEXEC);
    const auto interpreter = parse(file, ELIBBAD);
    ASSERT_TRUE(interpreter);
    EXPECT_FALSE(check_segments(*interpreter));
  }
}

TEST(ElfImage, LooksNeitherAtClassNorByteOrder) {
  File file;
  file.header.e_ident[EI_CLASS] = ELFCLASS32;
  file.header.e_ident[EI_DATA] = ELFDATA2MSB;
  EXPECT_EQ(error_of(file), 0);
}

TEST(ElfImage, EveryTruncationIsAnError) {
  File file;
  file.add_interpreter(std::string_view("/lib64/ld.so\0", 13));
  const std::vector<uint8_t> whole = file.bytes();
  const size_t table_end = sizeof(Elf64_Ehdr) + file.table.size() * sizeof(Elf64_Phdr);
  for (size_t size = 0; size < table_end; ++size) {
    const auto program = parse_bytes(std::span(whole).first(size));
    ASSERT_FALSE(program) << size;
    EXPECT_EQ(program.error(), as_errno(ENOEXEC)) << size;
    const auto interpreter = parse_bytes(std::span(whole).first(size), ELIBBAD);
    ASSERT_FALSE(interpreter) << size;
    EXPECT_EQ(interpreter.error(), as_errno(size < sizeof(Elf64_Ehdr) ? EIO : ELIBBAD)) << size;
  }
  // The interpreter's name lies beyond the end.
  const auto cut = parse_bytes(std::span(whole).first(table_end));
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error(), as_errno(EIO));
}

TEST(ElfImage, ReadErrorsReachTheCaller) {
  const auto image = parse_elf([](uint64_t, std::span<uint8_t>) -> Result<size_t> { return fail(EISDIR); }, ENOEXEC);
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error(), as_errno(EISDIR));
}

TEST(ElfImage, ChecksTheInterpretersName) {
  const auto error_with = [](std::string_view name, uint64_t offset = 0x700) {
    File file;
    file.add_interpreter(name, offset);
    return error_of(file);
  };
  EXPECT_EQ(error_with(std::string_view("\0", 1)), ENOEXEC);
  EXPECT_EQ(error_with(""), ENOEXEC);
  EXPECT_EQ(error_with("no terminator"), ENOEXEC);
  EXPECT_EQ(error_with(std::string(PATH_MAX, 'x') + '\0'), ENOEXEC);
  EXPECT_EQ(error_with(std::string_view("/beyond\0", 8), 0x10000), EIO);
  EXPECT_EQ(error_with(std::string_view("/half\0", 6), 0x2200 - 3), EIO);
  EXPECT_EQ(error_with(std::string(PATH_MAX - 1, 'x') + '\0'), 0);
}

TEST(ElfImage, InterpretersNameEndsAtItsFirstNul) {
  File file;
  file.add_interpreter(std::string_view("/a\0/b\0", 6));
  EXPECT_EQ(parse(file)->interpreter, "/a");
  File empty;
  empty.add_interpreter(std::string_view("\0\0", 2));
  EXPECT_EQ(parse(empty)->interpreter, "");
}

TEST(ElfImage, TheFirstInterpreterCounts) {
  File file;
  file.add_interpreter(std::string_view("/first\0", 7));
  file.add_interpreter("broken", 0x740);
  EXPECT_EQ(parse(file)->interpreter, "/first");
}

TEST(ElfImage, AnInterpretersInterpreterIsNotLookedAt) {
  File file;
  file.add_interpreter("broken");
  EXPECT_EQ(error_of(file, ELIBBAD), 0);
  EXPECT_FALSE(parse(file, ELIBBAD)->interpreter);
}

TEST(ElfImage, ChecksSegments) {
  struct Case {
    const char* what;
    Elf64_Phdr segment;
    int expected;
  };
  constexpr uint64_t kBig = uint64_t{1} << 63;
  const Case cases[] = {
      {"plain", File::load(0x1000, 0x1000, 0x10, 0x10, PF_R), 0},
      {"no bytes anywhere", File::load(0x1001, 0x5123, 0, 0, PF_R), 0},
      {"no bytes, of the kernel", File::load(0, kBig, 0, 0, PF_R), EINVAL},
      {"no bytes, at the top", File::load(0, kUserTop, 0, 0, PF_R), EINVAL},
      {"no bytes in memory", File::load(0, 0x1000, 0x10, 0, PF_R), EINVAL},
      {"only .bss, unaligned", File::load(0x1007, 0x5123, 0, 0x10, PF_R), 0},
      {"up to the top", File::load(0, kUserTop - 0x1000, 0x10, 0x1000, PF_R), 0},
      {"file larger than memory", File::load(0, 0x1000, 0x11, 0x10, PF_R), EINVAL},
      {"offset and address disagree", File::load(0x1008, 0x1000, 0x10, 0x10, PF_R), EINVAL},
      {"over the top", File::load(0, kUserTop - 0x1000, 0x10, 0x1001, PF_R), EINVAL},
      {"address of the kernel", File::load(0, kBig, 0x10, 0x10, PF_R), EINVAL},
      {"address wraps", File::load(0, UINT64_MAX - 0xfff, 0x10, 0x2000, PF_R), EINVAL},
      {"memory size wraps", File::load(0, 0x1000, 0x10, UINT64_MAX, PF_R), EINVAL},
      {"memory size wraps to zero", File::load(0, 0x1000, 0x10, UINT64_MAX - 0xfff, PF_R), EINVAL},
      {"sizes wrap", File::load(0, 0x1000, UINT64_MAX, UINT64_MAX, PF_R), EINVAL},
      {"offset is negative", File::load(kBig, 0x1000, 0x10, 0x10, PF_R), EINVAL},
      {"offset wraps", File::load(UINT64_MAX - 0xfff, 0x1000, 0x2000, 0x2000, PF_R), EINVAL},
      {"offset ends beyond", File::load(INT64_MAX - 0xfff, 0x1000, 0x2000, 0x2000, PF_R), EINVAL},
  };
  for (const Case& one : cases) {
    File file;
    file.table = {File::load(0, 0, 0x800, 0x800, PF_R), one.segment};
    EXPECT_EQ(segment_error_of(file), one.expected) << one.what;
  }
}

TEST(ElfImage, ASegmentIsNeeded) {
  File file;
  for (Elf64_Phdr& entry : file.table) entry.p_type = PT_NOTE;
  EXPECT_EQ(segment_error_of(file), EINVAL);
}

TEST(ElfImage, OddAlignmentsAreIgnoredAndLargeOnesBounded) {
  File file;
  file.table[0].p_align = 3;
  file.table[1].p_align = 0;
  EXPECT_EQ(parse(file)->alignment, 0x1000U);
  file.table[2].p_align = uint64_t{1} << 63;
  EXPECT_EQ(parse(file)->alignment, uint64_t{1} << 30);
}

// Whatever the bytes: an error or a description whose arithmetic is safe to go on with.
TEST(ElfImage, SurvivesRandomChanges) {
  File file;
  file.add_interpreter(std::string_view("/lib64/ld.so\0", 13));
  const std::vector<uint8_t> good = file.bytes();
  const size_t headers = sizeof(Elf64_Ehdr) + file.table.size() * sizeof(Elf64_Phdr);
  std::mt19937_64 random(1);
  int accepted = 0;
  for (int round = 0; round < 20000; ++round) {
    std::vector<uint8_t> bytes = good;
    const auto changes = 1 + random() % 3;
    for (size_t i = 0; i < changes; ++i) bytes[random() % headers] = static_cast<uint8_t>(random());
    const auto image = parse_bytes(bytes);
    if (!image || !check_segments(*image)) continue;
    ++accepted;
    ASSERT_LE(image->low(), image->high());
    ASSERT_LE(image->high(), kUserTop);
    for (const Segment& segment : image->segments) ASSERT_LE(segment.file_size, segment.memory_size);
  }
  EXPECT_GT(accepted, 1000);
}

}  // namespace
}  // namespace redoubt::shim
