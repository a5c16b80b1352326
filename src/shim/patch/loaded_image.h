// SPDX-License-Identifier: Apache-2.0
//
// The program headers of a loaded ELF image, read from the program's memory. Pure: memory is read through a function.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace redoubt::shim::patch {

// Copies `size` bytes of the program from `address`; false when they are not there.
using ReadMemory = std::function<bool(void* to, uint64_t address, size_t size)>;

template <typename T>
std::optional<T> load(const ReadMemory& read, uint64_t address) {
  T value;
  if (!read(&value, address, sizeof(value))) return std::nullopt;
  return value;
}

struct Function {
  uint64_t begin;
  uint64_t end;
};

struct Segment {
  uint32_t type, flags;
  uint64_t begin;  // where it lies in memory
  uint64_t size;   // of what comes from the file

  bool holds(uint64_t address, uint64_t bytes) const {
    return address >= begin && address - begin <= size && bytes <= size - (address - begin);
  }
};

// Nothing when there is no ELF header of a program for x86-64 at `header`, or not the whole of it can be read.
std::optional<std::vector<Segment>> segments_of(const ReadMemory& read, uint64_t header);

}  // namespace redoubt::shim::patch
