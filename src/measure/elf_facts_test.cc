// SPDX-License-Identifier: Apache-2.0
#include "measure/elf_facts.h"

#include <gtest/gtest.h>

#include "measure/elf_builder.h"

namespace redoubt::measure {
namespace {

auto read(const Bytes& file) {
  return read_elf([&](uint64_t offset, std::span<uint8_t> out) {
    if (offset > file.size() || out.size() > file.size() - offset) return false;
    std::memcpy(out.data(), file.data() + offset, out.size());
    return true;
  });
}

const ElfPlan kPlan = {"/lib64/ld.so", {"liba.so.1", "libb.so"}, "libself.so", "/r:$ORIGIN", "/run"};

TEST(ElfFacts, ReadsWhatDecides) {
  const auto facts = read(build_elf(kPlan));
  ASSERT_TRUE(facts && *facts);
  EXPECT_TRUE((*facts)->fits);
  EXPECT_EQ((*facts)->interpreter, "/lib64/ld.so");
  EXPECT_EQ((*facts)->needed, (std::vector<std::string>{"liba.so.1", "libb.so"}));
  EXPECT_EQ((*facts)->soname, "libself.so");
  EXPECT_EQ((*facts)->rpath, "/r:$ORIGIN");
  EXPECT_EQ((*facts)->runpath, "/run");
}

TEST(ElfFacts, TellsOtherFiles) {
  for (const std::string_view text : {"", "#!/bin/sh", "\177EL"}) {
    const auto facts = read(Bytes(as_bytes(text).begin(), as_bytes(text).end()));
    ASSERT_TRUE(facts);
    EXPECT_FALSE(*facts);
  }
  Bytes other = build_elf(kPlan);
  other[EI_CLASS] = ELFCLASS32;
  EXPECT_FALSE((**read(other)).fits);
  other = build_elf(kPlan);
  other[offsetof(Elf64_Ehdr, e_machine)] = EM_AARCH64;
  EXPECT_FALSE((**read(other)).fits);
}

// Cut off anywhere, and with every byte of the headers set to values that lie: an error or some answer, never a crash, and
// no read beyond the file (the reader of this test refuses those, sanitizers tell about the rest).
TEST(ElfFacts, SurvivesDamage) {
  const Bytes whole = build_elf(kPlan);
  size_t errors = 0;
  for (size_t size = 0; size < whole.size(); ++size) {
    const auto facts = read(Bytes(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size)));
    errors += facts.has_value() ? 0 : 1;
  }
  EXPECT_GT(errors, whole.size() / 2);
  for (size_t at = 4; at < whole.size(); ++at) {
    for (const uint8_t value : {0x00, 0x7f, 0x80, 0xff}) {
      Bytes damaged = whole;
      damaged[at] = value;
      const auto facts = read(damaged);
      EXPECT_TRUE(facts || !facts.error().message.empty());
    }
  }
}

TEST(ElfFacts, BoundsWhatTheFileClaims) {
  Bytes many = build_elf(kPlan);
  auto* header = reinterpret_cast<Elf64_Ehdr*>(many.data());
  header->e_phnum = 0xffff;
  EXPECT_FALSE(read(many));
  Bytes far = build_elf(kPlan);
  header = reinterpret_cast<Elf64_Ehdr*>(far.data());
  header->e_phoff = UINT64_MAX - 8;
  EXPECT_FALSE(read(far));
  Bytes huge = build_elf(kPlan);
  auto* segments = reinterpret_cast<Elf64_Phdr*>(huge.data() + sizeof(Elf64_Ehdr));
  segments[1].p_filesz = UINT64_MAX;
  EXPECT_FALSE(read(huge));
}

}  // namespace
}  // namespace redoubt::measure
