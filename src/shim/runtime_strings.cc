// SPDX-License-Identifier: Apache-2.0
//
// libc's functions of memory and strings, in SSE and in general registers only. libc chooses among its own by what the processor has, and
// takes the widest registers. A patched call would have to save those for the program; with these, sixteen registers are all that it
// saves where no cipher runs (entry/patched.S). tools/check-runtime-binary proves that nothing else of libc's is left.
//
// Compiled without the compiler's knowledge of these functions, which would make their loops calls of themselves.
#include <emmintrin.h>

#include <cstddef>
#include <cstdint>

namespace {

// From here on the processor's own copying is faster (ERMS), or no slower.
constexpr size_t kLong = 1024;

using Byte = unsigned char;

__m128i load(const Byte* at) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at)); }
void store(Byte* at, __m128i value) { _mm_storeu_si128(reinterpret_cast<__m128i*>(at), value); }

template <typename Word>
void copy_ends(Byte* to, const Byte* from, size_t size) {
  Word first, last;
  __builtin_memcpy(&first, from, sizeof(Word));
  __builtin_memcpy(&last, from + size - sizeof(Word), sizeof(Word));
  __builtin_memcpy(to, &first, sizeof(Word));
  __builtin_memcpy(to + size - sizeof(Word), &last, sizeof(Word));
}

// At most 32 bytes; both ends are read before anything is written.
void copy_short(Byte* to, const Byte* from, size_t size) {
  if (size >= 16) {
    const __m128i first = load(from), last = load(from + size - 16);
    store(to, first);
    return store(to + size - 16, last);
  }
  if (size >= 8) return copy_ends<uint64_t>(to, from, size);
  if (size >= 4) return copy_ends<uint32_t>(to, from, size);
  if (size >= 2) return copy_ends<uint16_t>(to, from, size);
  if (size == 1) *to = *from;
}

// Right also where `to` lies in front of `from` and they overlap.
void copy_forwards(Byte* to, const Byte* from, size_t size) {
  if (size >= kLong) {
    asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
    return;
  }
  const __m128i last = load(from + size - 16);
  Byte* const end = to + size - 16;
  for (; to < end; to += 16, from += 16) store(to, load(from));
  store(end, last);
}

void copy_backwards(Byte* to, const Byte* from, size_t size) {
  const __m128i first = load(from);
  for (; size > 16; size -= 16) store(to + size - 16, load(from + size - 16));
  store(to, first);
}

const Byte* bytes(const void* at) { return static_cast<const Byte*>(at); }

}  // namespace

extern "C" {

void* memcpy(void* to, const void* from, size_t size) noexcept {
  if (size <= 32) {
    copy_short(static_cast<Byte*>(to), bytes(from), size);
  } else {
    copy_forwards(static_cast<Byte*>(to), bytes(from), size);
  }
  return to;
}

void* memmove(void* to, const void* from, size_t size) noexcept {
  Byte* const target = static_cast<Byte*>(to);
  const Byte* const source = bytes(from);
  if (size <= 32) {
    copy_short(target, source, size);
  } else if (reinterpret_cast<uintptr_t>(target) - reinterpret_cast<uintptr_t>(source) >= size) {
    copy_forwards(target, source, size);
  } else {
    copy_backwards(target, source, size);
  }
  return to;
}

void* mempcpy(void* to, const void* from, size_t size) noexcept {
  return static_cast<Byte*>(memcpy(to, from, size)) + size;
}
void* __mempcpy(void* to, const void* from, size_t size) noexcept { return mempcpy(to, from, size); }

void* memset(void* to, int value, size_t size) noexcept {
  Byte* at = static_cast<Byte*>(to);
  if (size < 16) {
    for (size_t i = 0; i < size; ++i) at[i] = static_cast<Byte>(value);
  } else if (size >= kLong) {
    asm volatile("rep stosb" : "+D"(at), "+c"(size) : "a"(value) : "memory");
  } else {
    const __m128i pattern = _mm_set1_epi8(static_cast<char>(value));
    Byte* const end = at + size - 16;
    for (; at < end; at += 16) store(at, pattern);
    store(end, pattern);
  }
  return to;
}

int memcmp(const void* left, const void* right, size_t size) noexcept {
  const Byte *a = bytes(left), *b = bytes(right);
  for (; size >= 16; a += 16, b += 16, size -= 16) {
    if (_mm_movemask_epi8(_mm_cmpeq_epi8(load(a), load(b))) != 0xffff) break;
  }
  for (; size > 0; ++a, ++b, --size) {
    if (*a != *b) return *a - *b;
  }
  return 0;
}
int bcmp(const void* left, const void* right, size_t size) noexcept { return memcmp(left, right, size); }

void* memchr(const void* in, int wanted, size_t size) noexcept {
  const Byte* at = bytes(in);
  const __m128i pattern = _mm_set1_epi8(static_cast<char>(wanted));
  for (; size >= 16; at += 16, size -= 16) {
    const int found = _mm_movemask_epi8(_mm_cmpeq_epi8(load(at), pattern));
    if (found != 0) return const_cast<Byte*>(at) + __builtin_ctz(static_cast<unsigned>(found));
  }
  for (; size > 0; ++at, --size) {
    if (*at == static_cast<Byte>(wanted)) return const_cast<Byte*>(at);
  }
  return nullptr;
}
void* __memchr(const void* in, int wanted, size_t size) noexcept { return memchr(in, wanted, size); }

size_t strlen(const char* text) noexcept {
  const char* at = text;
  while (*at != '\0') ++at;
  return static_cast<size_t>(at - text);
}

size_t strnlen(const char* text, size_t limit) noexcept {
  size_t size = 0;
  while (size < limit && text[size] != '\0') ++size;
  return size;
}
size_t __strnlen(const char* text, size_t limit) noexcept { return strnlen(text, limit); }

char* strchr(const char* text, int wanted) noexcept {
  for (;; ++text) {
    if (*text == static_cast<char>(wanted)) return const_cast<char*>(text);
    if (*text == '\0') return nullptr;
  }
}
char* index(const char* text, int wanted) noexcept { return strchr(text, wanted); }

char* strrchr(const char* text, int wanted) noexcept {
  const char* found = nullptr;
  for (;; ++text) {
    if (*text == static_cast<char>(wanted)) found = text;
    if (*text == '\0') return const_cast<char*>(found);
  }
}
char* rindex(const char* text, int wanted) noexcept { return strrchr(text, wanted); }

int strncmp(const char* left, const char* right, size_t limit) noexcept {
  for (; limit > 0; ++left, ++right, --limit) {
    if (*left != *right || *left == '\0') return static_cast<Byte>(*left) - static_cast<Byte>(*right);
  }
  return 0;
}
int strcmp(const char* left, const char* right) noexcept { return strncmp(left, right, SIZE_MAX); }

char* stpcpy(char* to, const char* from) noexcept {
  while ((*to = *from++) != '\0') ++to;
  return to;
}
char* __stpcpy(char* to, const char* from) noexcept { return stpcpy(to, from); }
char* strcpy(char* to, const char* from) noexcept {
  stpcpy(to, from);
  return to;
}

char* strncpy(char* to, const char* from, size_t limit) noexcept {
  const size_t size = strnlen(from, limit);
  memcpy(to, from, size);
  memset(to + size, 0, limit - size);
  return to;
}

size_t strspn(const char* text, const char* accepted) noexcept {
  size_t size = 0;
  while (text[size] != '\0' && strchr(accepted, text[size]) != nullptr) ++size;
  return size;
}

}  // extern "C"
