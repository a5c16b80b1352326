// SPDX-License-Identifier: Apache-2.0
//
// From the ELF header to the table of functions.
#include "shim/patch/go_table.h"

#include <elf.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <vector>

namespace redoubt::shim::patch {
namespace {

constexpr uint64_t kWord = 8;
constexpr uint64_t kChunk = 4096;
constexpr uint64_t kMostSearched = uint64_t{64} << 20;  // the table of a large program lies 10 MiB into its constants
constexpr uint64_t kMostData = uint64_t{16} << 20;  // for the mark; for the module's record, all tables taken together
constexpr uint64_t kMostFunctions = uint64_t{1} << 24;
constexpr uint64_t kTableAlignment = 32;

// The first word: the magic, two zeros, the size of an instruction's unit, that of an address.
constexpr uint64_t kBeginning = 0x08010000'ffffff00;
constexpr uint64_t kVersion = 0xff;
constexpr uint64_t kGo116 = 0xfa, kGo118 = 0xf0, kGo120 = 0xf1;

bool is_beginning(uint64_t word) {
  const uint64_t version = word & kVersion;
  return (word & ~kVersion) == kBeginning && (version == kGo116 || version == kGo118 || version == kGo120);
}

using Chunk = std::array<uint8_t, kChunk>;

// Calls visit(address, bytes) for each piece of `segment` that lies in one page, until that returns true. `budget` is how many bytes
// may still be looked at.
template <typename Visit>
bool search(const ReadMemory& read, const Segment& segment, uint64_t& budget, Visit visit) {
  Chunk chunk;
  const uint64_t size = std::min(segment.size, budget);
  for (uint64_t done = 0; done < size;) {
    const uint64_t at = segment.begin + done;
    const uint64_t piece = std::min(kChunk - at % kChunk, size - done);
    done += piece;
    budget -= piece;
    if (read(chunk.data(), at, piece) && visit(at, std::span<const uint8_t>(chunk).first(piece))) return true;
  }
  return false;
}

uint64_t word_in(std::span<const uint8_t> bytes, uint64_t offset) {
  uint64_t word;
  std::memcpy(&word, &bytes[offset], sizeof(word));
  return word;
}

// The first aligned place in one page at which a word satisfies `is_wanted`, as search() visits pages.
template <typename Wanted>
bool any_word(uint64_t at, std::span<const uint8_t> bytes, uint64_t alignment, Wanted is_wanted) {
  for (uint64_t offset = (alignment - at % alignment) % alignment; offset + kWord <= bytes.size();
       offset += alignment) {
    if (is_wanted(at + offset, word_in(bytes, offset))) return true;
  }
  return false;
}

bool is_loaded(const Segment& segment) { return segment.type == PT_LOAD; }
bool is_data(const Segment& segment) { return is_loaded(segment) && (segment.flags & PF_X) == 0; }

// What the linker puts into the data of every program of Go, for `go version`.
bool is_go(const ReadMemory& read, const std::vector<Segment>& segments) {
  static constexpr char kMark[] = "\xff Go buildinf:";
  static_assert(sizeof(kMark) == 2 * kWord - 1);
  uint64_t budget = kMostData;
  for (const Segment& segment : segments) {
    if (!is_data(segment) || (segment.flags & PF_W) == 0) continue;
    const bool found = search(read, segment, budget, [&](uint64_t at, std::span<const uint8_t> bytes) {
      return any_word(at, bytes, 2 * kWord, [&](uint64_t place, uint64_t) {
        const uint64_t offset = place - at;
        return bytes.size() - offset >= sizeof(kMark) - 1 && std::memcmp(&bytes[offset], kMark, sizeof(kMark) - 1) == 0;
      });
    });
    if (found) return true;
  }
  return false;
}

std::optional<uint64_t> entry_of(const ReadMemory& read, const GoTable& table, uint64_t index) {
  const uint64_t at = table.entries + index * 2 * table.entry_size;
  if (table.entry_size == kWord) return load<uint64_t>(read, at);
  const auto entry = load<uint32_t>(read, at);
  return entry ? std::optional(table.text + *entry) : std::nullopt;
}

// Where all functions lie.
std::optional<Function> extent_of(const ReadMemory& read, const GoTable& table) {
  const auto begin = entry_of(read, table, 0);
  const auto end = entry_of(read, table, table.count);
  if (!begin || !end || *begin >= *end) return std::nullopt;
  return Function{.begin = *begin, .end = *end};
}

// moduledata of Go 1.18 and later, as far as it tells about the table.
struct Module {
  uint64_t header;
  uint64_t slices[15];
  uint64_t functions, function_count, function_capacity;
  uint64_t buckets;
  uint64_t lowest, end;
  uint64_t text;
};

// Where entries count from, if the table does not say: from the module's record, which begins with the table's address. All that it
// says twice must agree.
std::optional<uint64_t> text_of(const ReadMemory& read, const std::vector<Segment>& segments, uint64_t at,
                                GoTable table, uint64_t& budget) {
  std::optional<uint64_t> text;
  for (const Segment& segment : segments) {
    if (!is_data(segment) || (segment.flags & PF_W) == 0) continue;
    const bool found = search(read, segment, budget, [&](uint64_t begin, std::span<const uint8_t> bytes) {
      return any_word(begin, bytes, kWord, [&](uint64_t place, uint64_t word) {
        if (word != at) return false;
        const auto module = load<Module>(read, place);
        if (!module || module->functions != table.entries || module->function_count != table.count + 1) return false;
        table.text = module->text;
        const auto extent = extent_of(read, table);
        if (!extent || extent->begin != module->lowest || extent->end != module->end) return false;
        text = module->text;
        return true;
      });
    });
    if (found) break;
  }
  return text;
}

// The table at `at` in `segment`, if it is one.
std::optional<GoTable> table_at(const ReadMemory& read, const std::vector<Segment>& segments, const Segment& segment,
                                uint64_t at, uint64_t& record_budget) {
  struct Header {
    uint64_t beginning, functions, files, words[6];
  };
  const auto header = load<Header>(read, at);
  if (!header || !is_beginning(header->beginning)) return std::nullopt;
  const bool is_old = (header->beginning & kVersion) == kGo116;
  const uint64_t offset = header->words[is_old ? 4 : 5];
  GoTable table{.text = is_old ? 0 : header->words[0],
                .entries = at + offset,
                .count = header->functions,
                .entry_size = is_old ? kWord : kWord / 2};
  if (table.count == 0 || table.count > kMostFunctions || offset > segment.size || offset % table.entry_size != 0 ||
      !segment.holds(table.entries, (2 * table.count + 1) * table.entry_size)) {
    return std::nullopt;
  }
  if (!is_old && table.text == 0) {
    const auto text = text_of(read, segments, at, table, record_budget);
    if (!text) return std::nullopt;
    table.text = *text;
  }
  const auto extent = extent_of(read, table);
  const auto holds_all = [&](const Segment& code) {
    return is_loaded(code) && (code.flags & PF_X) != 0 && code.holds(extent->begin, extent->end - extent->begin);
  };
  if (!extent || std::none_of(segments.begin(), segments.end(), holds_all)) return std::nullopt;
  return table;
}

}  // namespace

std::optional<GoTable> find_go_table(const ReadMemory& read, uint64_t header) {
  const auto segments = segments_of(read, header);
  if (!segments || !is_go(read, *segments)) return std::nullopt;
  uint64_t budget = kMostSearched, record_budget = kMostData;
  std::optional<GoTable> table;
  for (const Segment& segment : *segments) {
    if (!is_data(segment)) continue;
    const bool found = search(read, segment, budget, [&](uint64_t at, std::span<const uint8_t> bytes) {
      return any_word(at, bytes, kTableAlignment, [&](uint64_t place, uint64_t word) {
        if (is_beginning(word)) table = table_at(read, *segments, segment, place, record_budget);
        return table.has_value();
      });
    });
    if (found) break;
  }
  return table;
}

std::optional<Function> find_go_function(const ReadMemory& read, const GoTable& table, uint64_t address) {
  const auto extent = extent_of(read, table);
  if (!extent || address < extent->begin || address >= extent->end) return std::nullopt;
  uint64_t low = 0, high = table.count;
  while (high - low > 1) {
    const uint64_t middle = low + (high - low) / 2;
    const auto entry = entry_of(read, table, middle);
    if (!entry) return std::nullopt;
    (*entry <= address ? low : high) = middle;
  }
  const auto begin = entry_of(read, table, low);
  const auto end = entry_of(read, table, low + 1);
  if (!begin || !end || address < *begin || address >= *end) return std::nullopt;
  return Function{.begin = *begin, .end = *end};
}

}  // namespace redoubt::shim::patch
