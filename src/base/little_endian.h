// SPDX-License-Identifier: Apache-2.0
//
// Little-endian integers as they lie in a file or a message: no padding, alignment 1, so a struct of them is the format.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>

namespace redoubt {

template <std::unsigned_integral Integer>
class LittleEndian {
 public:
  LittleEndian() = default;
  LittleEndian(Integer value) {  // NOLINT: reads and writes as the integer it is
    for (size_t index = 0; index < sizeof(Integer); ++index) bytes_[index] = static_cast<uint8_t>(value >> (8 * index));
  }
  operator Integer() const {  // NOLINT
    Integer value = 0;
    for (size_t index = 0; index < sizeof(Integer); ++index) {
      value = static_cast<Integer>(value | static_cast<Integer>(static_cast<Integer>(bytes_[index]) << (8 * index)));
    }
    return value;
  }

 private:
  uint8_t bytes_[sizeof(Integer)] = {};
};

using U16Le = LittleEndian<uint16_t>;
using U32Le = LittleEndian<uint32_t>;
using U64Le = LittleEndian<uint64_t>;
static_assert(sizeof(U16Le) == 2 && sizeof(U32Le) == 4 && sizeof(U64Le) == 8 && alignof(U64Le) == 1);

}  // namespace redoubt
