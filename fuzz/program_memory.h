// SPDX-License-Identifier: Apache-2.0
//
// Memory of a program, as the shim meets it: a few pages that end with nothing mapped. The input lies at their end. A word of it
// whose upper half is kTag is a pointer to somewhere near: what a mutation makes of such a word is mostly a pointer again.
#pragma once

#include <sys/mman.h>

#include <cstdlib>
#include <cstring>

#include "fuzz/target.h"

class ProgramMemory {
 public:
  static constexpr uint64_t kSize = 65536 + 8192;
  static constexpr uint64_t kHole = 65536;  // behind it, further than a pointer reaches
  static constexpr uint64_t kTag = 0xaaaa0000;

  ProgramMemory() {
    void* at = mmap(nullptr, kSize + kHole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED || mprotect(static_cast<uint8_t*>(at) + kSize, kHole, PROT_NONE) != 0) std::abort();
    begin_ = static_cast<uint8_t*>(at);
  }

  // `offset` bytes from the end, which is 0; beyond it for a negative one.
  static uint64_t pointer(int16_t offset) { return kTag << 32 | static_cast<uint16_t>(offset); }
  uint64_t resolve(uint64_t word) const {
    if (word >> 32 == kTag) return end() - static_cast<uint64_t>(int64_t{static_cast<int16_t>(word)});
    // Nothing of the fuzzer's own, a sanitizer's shadow say, is memory of the program: such addresses lead nowhere.
    constexpr uint64_t kLowest = 0x10000, kHighest = uint64_t{1} << 47, kNowhere = uint64_t{1} << 63;
    return word >= kLowest && word < kHighest ? word | kNowhere : word;
  }

  // Places the input and returns its address, a multiple of 8; what does not fill a word at its end is left out.
  uint64_t place(const uint8_t* data, size_t size) {
    size = size > 65536 ? 65536 : size & ~size_t{7};
    std::memset(begin_, 'a', kSize);
    for (size_t i = 0; i < size; i += sizeof(uint64_t)) {
      uint64_t word;
      std::memcpy(&word, data + i, sizeof(word));
      word = resolve(word);
      std::memcpy(begin_ + kSize - size + i, &word, sizeof(word));
    }
    return end() - size;
  }

  uint64_t begin() const { return reinterpret_cast<uint64_t>(begin_); }
  uint64_t end() const { return begin() + kSize; }
  bool holds(uint64_t address, uint64_t size) const {
    return address >= begin() && address <= end() && size <= end() - address;
  }

 private:
  uint8_t* begin_;
};

// For seeds: words one after the other, and text filled up to whole words.
struct Words {
  std::string bytes;
  Words& word(uint64_t value) {
    bytes.append(reinterpret_cast<const char*>(&value), sizeof(value));
    return *this;
  }
  Words& text(std::string_view value) {
    bytes.append(value);
    bytes.resize((bytes.size() + 8) & ~size_t{7});
    return *this;
  }
};
