// SPDX-License-Identifier: Apache-2.0
//
// /etc/ld.so.cache: where ldconfig last found each library. The format of glibc 2.2 and later ("glibc-ld.so.cache1.1"), which
// may stand behind the older one in the same file:
//
//   header    magic and version (20 bytes), u32 count, u32 size of strings, u8 flags, 3 unused, u32 extension, 12 unused
//   entries   i32 flags, u32 offset of the name, u32 offset of the path, u32 unused, u64 hardware capabilities
//   strings   NUL-terminated; offsets count from the header
//
// All numbers little-endian. What does not fit is left out: a library that is then missing is reported by whoever needs it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace redoubt::measure {

// Name (libc.so.6) to the paths of its 64-bit x86 variants, in the order of the file.
using LibraryCache = std::map<std::string, std::vector<std::string>>;

LibraryCache read_library_cache(ByteView bytes);

}  // namespace redoubt::measure
