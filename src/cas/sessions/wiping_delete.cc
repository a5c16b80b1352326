// SPDX-License-Identifier: Apache-2.0
//
// Memory is wiped when it is freed, in every program that links this: texts that grow, parsers and maps leave copies of secrets
// behind that no owner can wipe. Replaces the global operator new and delete (C++ 17.6.3) over malloc, also for the shared
// libraries of the process. Costs writing every freed byte once. Memory with extended alignment, and what C code takes from malloc,
// is as before: OpenSSL wipes its own.
#include <malloc.h>
#include <string.h>

#include <cstdlib>
#include <new>

namespace {

void wipe_and_free(void* memory) noexcept {
  if (memory == nullptr) return;
  explicit_bzero(memory, malloc_usable_size(memory));
  std::free(memory);
}

}  // namespace

void* operator new(size_t size) {
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void* operator new[](size_t size) { return ::operator new(size); }
void operator delete(void* memory) noexcept { wipe_and_free(memory); }
void operator delete[](void* memory) noexcept { wipe_and_free(memory); }
void operator delete(void* memory, size_t) noexcept { wipe_and_free(memory); }
void operator delete[](void* memory, size_t) noexcept { wipe_and_free(memory); }
