// SPDX-License-Identifier: Apache-2.0
//
// The function table of a loaded program of Go: two bytes that say which address is asked for, then the image.
#include "shim/patch/go_table.h"

#include <cstring>

#include "fuzz/target.h"
#include "shim/patch/go_image_fake.h"

using namespace redoubt::shim::patch;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t kHead = 2;
  if (size < kHead) return 0;
  const uint64_t address = GoImage::kBase + (data[0] | uint64_t{data[1]} << 8);
  data += kHead;
  size -= kHead;
  size_t reads = 0;
  const auto read = [&](void* to, uint64_t from, size_t count) {
    FUZZ_CHECK(++reads < 40000);
    if (from < GoImage::kBase || from - GoImage::kBase > size || count > size - (from - GoImage::kBase)) return false;
    std::memcpy(to, data + (from - GoImage::kBase), count);
    return true;
  };
  const auto table = find_go_table(read, GoImage::kBase);
  if (!table) return 0;
  FUZZ_CHECK(table->count > 0 && (table->entry_size == 4 || table->entry_size == 8));
  const auto function = find_go_function(read, *table, address);
  FUZZ_CHECK(!function || (function->begin <= address && address < function->end));
  return 0;
}

std::vector<std::string> fuzz_seeds() {
  std::vector<std::string> seeds;
  for (const GoImage& image : {GoImage(0xfa), GoImage(0xf0), GoImage(0xf1), GoImage(0xf1, false)}) {
    const auto read = [&](void* to, uint64_t from, size_t count) { return image.read(to, from, count); };
    const auto table = find_go_table(read, GoImage::kBase);
    // Or mutations start from nothing.
    FUZZ_CHECK(table && find_go_function(read, *table, GoImage::kText + 0x45));
    const uint64_t asked = GoImage::kText + 0x45 - GoImage::kBase;
    std::string seed{static_cast<char>(asked & 0xff), static_cast<char>(asked >> 8)};
    seeds.push_back(seed + image.bytes);
  }
  return seeds;
}
