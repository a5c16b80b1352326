// SPDX-License-Identifier: Apache-2.0
//
// For containers of libraries that hold what clients send (sessions with explicit secrets): memory is wiped when it is given
// back, also when a vector grows.
#pragma once

#include <string.h>

#include <cstddef>
#include <new>

namespace redoubt::cas {

template <typename T>
struct WipingAllocator {
  using value_type = T;

  WipingAllocator() = default;
  template <typename U>
  WipingAllocator(const WipingAllocator<U>&) {}  // NOLINT: allocators convert

  T* allocate(size_t count) { return static_cast<T*>(::operator new(count * sizeof(T))); }
  void deallocate(T* memory, size_t count) {
    explicit_bzero(memory, count * sizeof(T));
    ::operator delete(memory);
  }
  template <typename U>
  bool operator==(const WipingAllocator<U>&) const {
    return true;
  }
};

}  // namespace redoubt::cas
