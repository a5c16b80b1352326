// SPDX-License-Identifier: Apache-2.0
//
// Memory for what a vfork child does until its execve. The child shares the heap with its parent, but may go at any
// instruction without giving anything back: what it allocated stays behind when exec succeeds, and a lock of the
// allocator stays held for ever when it is killed meanwhile. So it takes its memory from mappings of its own, without
// locks, and its parent drops them when the child is gone.
//
// The state is thread-local: a child that shares memory runs on the thread pointer of the thread that waits for it.
#pragma once

#include <cstddef>

namespace redoubt::shim {

// While it lives, `operator new` of this thread takes scratch memory. What was allocated must not outlive it.
class ScratchScope {
 public:
  explicit ScratchScope(bool wanted);
  ~ScratchScope();
  ScratchScope(const ScratchScope&) = delete;
  ScratchScope& operator=(const ScratchScope&) = delete;
};

// While it lives, `operator new` of this thread takes the heap all the same: for memory that outlives the call. A child that is
// killed meanwhile may leave it behind.
class HeapScope {
 public:
  HeapScope();
  ~HeapScope();
  HeapScope(const HeapScope&) = delete;
  HeapScope& operator=(const HeapScope&) = delete;

 private:
  bool was_scratch_;
};

// For the thread that waited for a child: drops what the child left.
void release_scratch();

}  // namespace redoubt::shim

extern "C" {
// For operator new and delete (runtime_libc.cc). Null when this thread has no ScratchScope, or the host no memory.
void* scratch_allocate(size_t size, size_t alignment);
bool scratch_owns(const void* pointer);
}
