// SPDX-License-Identifier: Apache-2.0
//
// The global operator new and delete (C++ 17.6.3) over the sealed heap, for every program that links this and the shared libraries of
// its process: texts that grow, parsers and maps leave copies of secrets behind that no owner can wipe or keep in a better place. Memory with
// extended alignment is as before.
#include <new>

#include "cas/memory/sealed_heap.h"

void* operator new(size_t size) {
  if (void* memory = redoubt::cas::sealed_heap::allocate(size)) return memory;
  throw std::bad_alloc();
}
void* operator new[](size_t size) { return ::operator new(size); }
void operator delete(void* memory) noexcept { redoubt::cas::sealed_heap::release(memory); }
void operator delete[](void* memory) noexcept { redoubt::cas::sealed_heap::release(memory); }
void operator delete(void* memory, size_t) noexcept { redoubt::cas::sealed_heap::release(memory); }
void operator delete[](void* memory, size_t) noexcept { redoubt::cas::sealed_heap::release(memory); }
