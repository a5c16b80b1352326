// SPDX-License-Identifier: Apache-2.0
//
// Unwind tables of a loaded image: two bytes that say which address is asked for, then the image.
#include <elf.h>

#include <cstring>

#include "fuzz/target.h"
#include "shim/patch/unwind_table.h"

using namespace redoubt::shim::patch;

namespace {

constexpr uint64_t kBase = 0x7f0000000000;

// A whole image: headers, a table of one row, one common information entry, one frame description entry, code.
struct Image {
  Elf64_Ehdr header{};
  Elf64_Phdr segments[2]{};
  struct {
    uint8_t version = 1, frame_encoding = 0x1b, count_encoding = 0x03, table_encoding = 0x3b;
    int32_t frame = 0;
    uint32_t count = 1;
    int32_t begin = 0, entry = 0;
  } table;
  struct {
    uint32_t length = 20, id = 0;
    uint8_t version = 1;
    char augmentation[3] = {'z', 'R', 0};
    uint8_t code_alignment = 1, data_alignment = 0x78, return_register = 16, size = 1, encoding = 0x1b;
    uint8_t program[7]{};
  } common;
  struct {
    uint32_t length = 16;
    int32_t common = 0, begin = 0;
    uint32_t size = 16;
    uint8_t rest[4]{};
  } entry;
  uint8_t code[16]{};
};
static_assert(sizeof(Image::common) == 24 && sizeof(Image::entry) == 20);

Image image() {
  Image image;
  std::memcpy(image.header.e_ident, ELFMAG, SELFMAG);
  image.header.e_ident[EI_CLASS] = ELFCLASS64;
  image.header.e_machine = EM_X86_64;
  image.header.e_phoff = offsetof(Image, segments);
  image.header.e_phentsize = sizeof(Elf64_Phdr);
  image.header.e_phnum = 2;
  image.segments[0] = {PT_LOAD, PF_R | PF_X, 0, 0, 0, sizeof(Image), sizeof(Image), 0x1000};
  image.segments[1] = {PT_GNU_EH_FRAME, PF_R, offsetof(Image, table), offsetof(Image, table), 0, 20, 20, 4};
  image.table.begin = static_cast<int32_t>(offsetof(Image, code) - offsetof(Image, table));
  image.table.entry = static_cast<int32_t>(offsetof(Image, entry) - offsetof(Image, table));
  image.entry.common = static_cast<int32_t>(offsetof(Image, entry) + 4 - offsetof(Image, common));
  image.entry.begin = static_cast<int32_t>(offsetof(Image, code) - (offsetof(Image, entry) + 8));
  return image;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const uint64_t address = kBase + (data[0] | uint64_t{data[1]} << 8);
  data += 2;
  size -= 2;
  size_t reads = 0;
  const auto read = [&](void* to, uint64_t from, size_t count) {
    FUZZ_CHECK(++reads < 10000);
    if (from < kBase || from - kBase > size || count > size - (from - kBase)) return false;
    std::memcpy(to, data + (from - kBase), count);
    return true;
  };
  const auto function = find_function(read, kBase, address);
  FUZZ_CHECK(!function || (function->begin <= address && address < function->end));
  return 0;
}

std::vector<std::string> fuzz_seeds() {
  const Image whole = image();
  std::string seed(2, '\0');
  seed[0] = static_cast<char>(offsetof(Image, code) & 0xff);
  seed[1] = static_cast<char>(offsetof(Image, code) >> 8);
  seed.append(reinterpret_cast<const char*>(&whole), sizeof(whole));
  const auto read = [&](void* to, uint64_t from, size_t count) {
    if (from < kBase || from - kBase > sizeof(whole) || count > sizeof(whole) - (from - kBase)) return false;
    std::memcpy(to, reinterpret_cast<const uint8_t*>(&whole) + (from - kBase), count);
    return true;
  };
  FUZZ_CHECK(find_function(read, kBase, kBase + offsetof(Image, code)).has_value());  // or mutations start from nothing
  return {seed};
}
