// SPDX-License-Identifier: Apache-2.0
#include "measure/library_cache.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string_view>

#include "base/little_endian.h"

namespace redoubt::measure {
namespace {

constexpr std::string_view kMagic = "glibc-ld.so.cache1.1";
constexpr std::string_view kOldMagic = "ld.so-1.7.0";

struct Header {
  char magic[20];
  LittleEndian<uint32_t> count;
  LittleEndian<uint32_t> strings_size;
  uint8_t flags;
  uint8_t unused[3];
  LittleEndian<uint32_t> extension;
  LittleEndian<uint32_t> reserved[3];
};
static_assert(sizeof(Header) == 48);

struct Entry {
  LittleEndian<uint32_t> flags;
  LittleEndian<uint32_t> name;
  LittleEndian<uint32_t> path;
  LittleEndian<uint32_t> os_version;
  LittleEndian<uint64_t> hardware;
};
static_assert(sizeof(Entry) == 24);

constexpr uint32_t kLibrary64 = 0x0303;  // for glibc, x86-64

std::optional<std::string> text_at(ByteView bytes, size_t offset) {
  if (offset >= bytes.size()) return std::nullopt;
  const std::string_view rest = as_text(bytes.subspan(offset));
  const size_t end = rest.find('\0');
  if (end == std::string_view::npos) return std::nullopt;
  return std::string(rest.substr(0, end));
}

}  // namespace

LibraryCache read_library_cache(ByteView bytes) {
  LibraryCache cache;
  if (as_text(bytes).starts_with(kOldMagic)) {
    const size_t start = as_text(bytes).find(kMagic);
    if (start == std::string_view::npos) return cache;
    bytes = bytes.subspan(start);
  }
  if (!as_text(bytes).starts_with(kMagic) || bytes.size() < sizeof(Header)) return cache;
  Header header;
  std::memcpy(&header, bytes.data(), sizeof(header));
  const size_t room = (bytes.size() - sizeof(Header)) / sizeof(Entry);
  const size_t count = std::min<size_t>(static_cast<uint32_t>(header.count), room);
  for (size_t index = 0; index < count; ++index) {
    Entry entry;
    std::memcpy(&entry, bytes.data() + sizeof(Header) + index * sizeof(Entry), sizeof(entry));
    const auto name = text_at(bytes, static_cast<uint32_t>(entry.name));
    const auto path = text_at(bytes, static_cast<uint32_t>(entry.path));
    if ((static_cast<uint32_t>(entry.flags) & 0xffff) != kLibrary64 || !name || !path || !path->starts_with('/')) {
      continue;
    }
    cache[*name].push_back(*path);
  }
  return cache;
}

}  // namespace redoubt::measure
