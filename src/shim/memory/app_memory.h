// SPDX-License-Identifier: Apache-2.0
//
// Fault-safe copies between the shim and the program's memory. The program's pointers are hostile by default: they may
// be unmapped, read-only, or unmapped by another thread in the middle of the copy. A fault inside the two copy loops is
// caught by the signal entry (entry/trap.cc) and becomes EFAULT; nothing else in the shim touches program memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/result.h"

namespace redoubt::shim {

// False means EFAULT; some bytes may have been copied.
[[nodiscard]] bool copy_from_app(void* to, uint64_t from, size_t size);
[[nodiscard]] bool copy_to_app(uint64_t to, const void* from, size_t size);

template <typename T>
[[nodiscard]] bool read_app(T& value, uint64_t from) {
  return copy_from_app(&value, from, sizeof(T));
}
template <typename T>
[[nodiscard]] bool write_app(uint64_t to, const T& value) {
  return copy_to_app(to, &value, sizeof(T));
}

// Reads a NUL-terminated string of at most `limit` bytes, the NUL included. EFAULT, or `too_long` when there is no NUL.
Result<std::string> read_app_string(uint64_t from, size_t limit, int too_long);

// A path argument: at most PATH_MAX bytes, ENAMETOOLONG beyond. An empty path is not an error here.
Result<std::string> read_app_path(uint64_t from);

}  // namespace redoubt::shim
