// SPDX-License-Identifier: Apache-2.0
//
// From the ELF header to the frame description entry.
#include "shim/patch/unwind_table.h"

#include <elf.h>

#include <cstring>

namespace redoubt::shim::patch {
namespace {

// Encodings of pointers (DW_EH_PE_*): the only ones that linkers and compilers use for x86-64.
constexpr uint8_t kRelativeWord = 0x1b;   // pcrel, sdata4
constexpr uint8_t kTableWord = 0x3b;      // datarel, sdata4
constexpr uint8_t kUnsignedWord = 0x03;   // udata4
constexpr uint32_t kLargestEntry = 4096;  // bytes of a common information entry

// The address of .eh_frame_hdr.
std::optional<uint64_t> find_table(const ReadMemory& read, uint64_t header, uint64_t address) {
  const auto segments = segments_of(read, header);
  if (!segments) return std::nullopt;
  std::optional<uint64_t> table;
  bool covered = false;
  for (const Segment& segment : *segments) {
    if (segment.type == PT_GNU_EH_FRAME) table = segment.begin;
    if (segment.type == PT_LOAD && (segment.flags & PF_X) != 0 && segment.holds(address, 1)) covered = true;
  }
  return covered ? table : std::nullopt;
}

// The last entry whose function begins at or before `address`, by the sorted table: the address of its FDE.
std::optional<uint64_t> find_entry(const ReadMemory& read, uint64_t table, uint64_t address) {
  struct Head {
    uint8_t version, frame_encoding, count_encoding, table_encoding;
    int32_t frame;
    uint32_t count;
  };
  struct Row {
    int32_t begin;
    int32_t entry;
  };
  const auto head = load<Head>(read, table);
  if (!head || head->version != 1 || head->frame_encoding != kRelativeWord || head->count_encoding != kUnsignedWord ||
      head->table_encoding != kTableWord || head->count == 0) {
    return std::nullopt;
  }
  const uint64_t rows = table + sizeof(Head);
  uint64_t low = 0, high = head->count;
  while (high - low > 1) {
    const uint64_t middle = low + (high - low) / 2;
    const auto row = load<Row>(read, rows + middle * sizeof(Row));
    if (!row) return std::nullopt;
    (table + static_cast<uint64_t>(int64_t{row->begin}) <= address ? low : high) = middle;
  }
  const auto row = load<Row>(read, rows + low * sizeof(Row));
  if (!row) return std::nullopt;
  return table + static_cast<uint64_t>(int64_t{row->entry});
}

// Whether the entries of this common information entry give a function's beginning relative to themselves in 32 bits.
bool has_relative_words(const ReadMemory& read, uint64_t entry) {
  const auto length = load<uint32_t>(read, entry);
  const auto id = load<uint32_t>(read, entry + 4);
  if (!length || !id || *id != 0 || *length < 9 || *length > kLargestEntry) return false;
  const uint64_t end = entry + 4 + *length;
  uint64_t at = entry + 8;
  auto take = [&]() -> std::optional<uint8_t> {
    if (at >= end) return std::nullopt;
    return load<uint8_t>(read, at++);
  };
  auto skip_leb128 = [&] {
    while (const auto byte = take()) {
      if ((*byte & 0x80) == 0) return true;
    }
    return false;
  };
  const auto version = take();
  if (!version || (*version != 1 && *version != 3)) return false;
  char augmentation[8] = {};
  size_t count = 0;
  while (true) {
    const auto letter = take();
    if (!letter || count == sizeof(augmentation)) return false;
    if (*letter == 0) break;
    augmentation[count++] = static_cast<char>(*letter);
  }
  if (count == 0 || augmentation[0] != 'z') return false;
  // A signal trampoline's entry begins before its first instruction.
  if (std::memchr(augmentation, 'S', count) != nullptr) return false;
  if (!skip_leb128()) return false;                            // code alignment
  if (!skip_leb128()) return false;                            // data alignment
  if (*version == 1 ? !take() : !skip_leb128()) return false;  // return address register
  if (!skip_leb128()) return false;                            // size of what follows
  for (size_t i = 1; i < count; ++i) {
    switch (augmentation[i]) {
      case 'L': {
        if (!take()) return false;
        break;
      }
      case 'P': {
        const auto encoding = take();
        if (!encoding) return false;
        switch (*encoding & 0x0f) {
          case 0x03:
          case 0x0b: at += 4; break;
          case 0x04:
          case 0x0c: at += 8; break;
          default: return false;
        }
        break;
      }
      case 'R': return take() == kRelativeWord;
      default: return false;
    }
  }
  return false;
}

}  // namespace

std::optional<Function> find_function(const ReadMemory& read, uint64_t header, uint64_t address) {
  const auto table = find_table(read, header, address);
  if (!table) return std::nullopt;
  const auto entry = find_entry(read, *table, address);
  if (!entry) return std::nullopt;
  const auto length = load<uint32_t>(read, *entry);
  const auto common = load<int32_t>(read, *entry + 4);
  const auto begin = load<int32_t>(read, *entry + 8);
  const auto size = load<uint32_t>(read, *entry + 12);
  if (!length || !common || !begin || !size || *length < 12 || *length == UINT32_MAX || *common <= 0) {
    return std::nullopt;
  }
  if (!has_relative_words(read, *entry + 4 - static_cast<uint64_t>(*common))) return std::nullopt;
  const uint64_t start = *entry + 8 + static_cast<uint64_t>(int64_t{*begin});
  if (address < start || address - start >= *size) return std::nullopt;
  return Function{.begin = start, .end = start + *size};
}

}  // namespace redoubt::shim::patch
