// SPDX-License-Identifier: Apache-2.0
//
// Copies that survive bad pointers: redoubt_copy (entry/entry.S) is the one instruction that may fault, and the nested
// signal handler knows its address.
#include "shim/memory/app_memory.h"

#include <limits.h>

#include <algorithm>
#include <cstring>

extern "C" int redoubt_copy(void* to, const void* from, size_t size);

namespace redoubt::shim {
namespace {

constexpr uint64_t kPage = 4096;
// Addresses above are the kernel's: a non-canonical one faults without an address, the rest would be refused anyway.
constexpr uint64_t kUserTop = 0x7fffffffffff;

bool in_user_half(uint64_t address, size_t size) { return address <= kUserTop && size <= kUserTop - address; }

}  // namespace

bool copy_from_app(void* to, uint64_t from, size_t size) {
  return size == 0 || (in_user_half(from, size) && redoubt_copy(to, reinterpret_cast<const void*>(from), size) == 0);
}

bool copy_to_app(uint64_t to, const void* from, size_t size) {
  return size == 0 || (in_user_half(to, size) && redoubt_copy(reinterpret_cast<void*>(to), from, size) == 0);
}

Result<std::string> read_app_string(uint64_t from, size_t limit, int too_long) {
  std::string text;
  char chunk[256];
  while (text.size() < limit) {
    // Never past a page boundary in one step: the string may end just before unmapped memory.
    const size_t to_page_end = kPage - from % kPage;
    const size_t size = std::min({sizeof(chunk), to_page_end, limit - text.size()});
    if (!copy_from_app(chunk, from, size)) return fail(EFAULT);
    if (const void* nul = std::memchr(chunk, 0, size); nul != nullptr) {
      text.append(chunk, static_cast<size_t>(static_cast<const char*>(nul) - chunk));
      return text;
    }
    text.append(chunk, size);
    from += size;
  }
  return fail(too_long);
}

Result<std::string> read_app_path(uint64_t from) { return read_app_string(from, PATH_MAX, ENAMETOOLONG); }

}  // namespace redoubt::shim
