// SPDX-License-Identifier: Apache-2.0
//
// Tables of all known versions, and what must not be taken for one.
#include "shim/patch/go_table.h"

#include <gtest/gtest.h>

#include <functional>

#include "shim/patch/go_image_fake.h"

namespace redoubt::shim::patch {
namespace {

std::optional<GoTable> table_of(const GoImage& image) {
  return find_go_table([&](void* to, uint64_t from, size_t count) { return image.read(to, from, count); },
                       GoImage::kBase);
}

void expect_functions(const GoImage& image) {
  const auto read = [&](void* to, uint64_t from, size_t count) { return image.read(to, from, count); };
  const auto table = find_go_table(read, GoImage::kBase);
  ASSERT_TRUE(table.has_value());
  EXPECT_EQ(table->count, GoImage::kFunctions);
  for (uint64_t i = 0; i < GoImage::kFunctions; ++i) {
    const uint64_t begin = GoImage::kText + GoImage::kEntries[i], end = GoImage::kText + GoImage::kEntries[i + 1];
    for (uint64_t address = begin; address < end; ++address) {
      const auto function = find_go_function(read, *table, address);
      ASSERT_TRUE(function.has_value()) << std::hex << address;
      EXPECT_EQ(function->begin, begin);
      EXPECT_EQ(function->end, end);
    }
  }
  EXPECT_FALSE(find_go_function(read, *table, GoImage::kText - 1));
  EXPECT_FALSE(find_go_function(read, *table, GoImage::kText + GoImage::kEntries[GoImage::kFunctions]));
}

TEST(GoTable, Go116) { expect_functions(GoImage(0xfa)); }
TEST(GoTable, Go118) { expect_functions(GoImage(0xf0)); }
TEST(GoTable, Go120) { expect_functions(GoImage(0xf1)); }
TEST(GoTable, Go126) { expect_functions(GoImage(0xf1, false)); }

TEST(GoTable, WhatIsNone) {
  const auto refused = [](const char* what, const std::function<void(GoImage&)>& change) {
    for (const uint8_t version : {0xfa, 0xf0, 0xf1}) {
      GoImage image(version);
      ASSERT_TRUE(table_of(image).has_value());
      change(image);
      EXPECT_FALSE(table_of(image).has_value()) << what << ", version " << int{version};
    }
  };
  using I = GoImage;
  refused("an unknown version", [](I& image) { image.bytes[I::kTableAt] = '\xfb'; });
  refused("32-bit addresses", [](I& image) { image.bytes[I::kPointerSizeAt] = 4; });
  refused("another processor", [](I& image) { image.bytes[I::kTableAt + 6] = 4; });
  refused("no function", [](I& image) { image.put(I::kCountAt, uint64_t{0}); });
  refused("more functions than there is room for", [](I& image) { image.put(I::kCountAt, uint64_t{0x40}); });
  refused("a number of functions that wraps", [](I& image) { image.put(I::kCountAt, ~uint64_t{0} >> 2); });
  refused("functions elsewhere", [](I& image) {
    for (const uint64_t word : {7, 8}) image.put(I::kTableAt + 8 * word, uint64_t{0x1000});
  });
  refused("functions before the table", [](I& image) {
    for (const uint64_t word : {7, 8}) image.put(I::kTableAt + 8 * word, static_cast<uint64_t>(-0x40));
  });
  refused("functions at an odd place", [](I& image) {
    for (const uint64_t word : {7, 8}) image.put(I::kTableAt + 8 * word, uint64_t{0x62});
  });
  refused("a table at an odd place", [](I& image) {
    image.bytes.insert(I::kTableAt, 8, '\0');
    image.bytes.erase(I::kMarkAt - 8, 8);
  });
  refused("functions outside of the code", [](I& image) {
    image.put(I::kTextAt, uint64_t{I::kBase + 0x3ff});
    image.put(I::kEntriesAt, uint64_t{I::kBase + 0x1000});
  });
  refused("no mark", [](I& image) { image.bytes[I::kMarkAt] = 'G'; });
  refused("no program", [](I& image) { image.bytes[0] = 'e'; });
}

TEST(GoTable, ARecordThatContradictsTheTable) {
  for (const uint64_t word : {0, 16, 17, 20, 21, 22}) {
    GoImage image(0xf1, false);
    image.bytes[GoImage::kModuleAt + 8 * word] ^= 0x10;
    EXPECT_FALSE(table_of(image).has_value()) << word;
  }
}

// What is only looked like a table does not hide the one behind it.
TEST(GoTable, IsFoundBehindAnImpostor) {
  GoImage image(0xf1);
  image.put(GoImage::kTableAt - 0x40, 0x08010000'fffffff1);
  EXPECT_TRUE(table_of(image).has_value());
}

// Whatever cannot be read, wherever the reading stops: no answer, and no end of the test.
TEST(GoTable, StopsWhereMemoryDoes) {
  const GoImage image(0xf1, false);
  int allowed = 0;
  for (;; ++allowed) {
    int left = allowed;
    const auto read = [&](void* to, uint64_t from, size_t count) { return left-- > 0 && image.read(to, from, count); };
    const auto table = find_go_table(read, GoImage::kBase);
    if (table && find_go_function(read, *table, GoImage::kText)) break;
    ASSERT_LT(allowed, 1000);
  }
  EXPECT_GT(allowed, 10);
}

// A search ends, whatever the headers say of the size.
TEST(GoTable, SearchesNoEndlessSegment) {
  GoImage image(0xf1);
  image.bytes[GoImage::kTableAt] = 0;
  image.put(sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr) + offsetof(Elf64_Phdr, p_filesz), ~uint64_t{0} >> 1);
  uint64_t reads = 0;
  const auto read = [&](void* to, uint64_t from, size_t count) {
    ++reads;
    return image.read(to, from, count);
  };
  EXPECT_FALSE(find_go_table(read, GoImage::kBase));
  EXPECT_LT(reads, 30000U);
}

}  // namespace
}  // namespace redoubt::shim::patch
