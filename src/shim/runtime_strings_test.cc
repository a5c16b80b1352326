// SPDX-License-Identifier: Apache-2.0
//
// Against loops that are too simple to be wrong, in every size around the places where the functions change their way, at odd
// addresses, overlapping in both directions. Texts end before a page that is not there.
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <array>
#include <cstring>
#include <string>
#include <vector>

namespace {

// The compiler may not know what is called, or it answers itself.
void* (*volatile copy)(void*, const void*, size_t) = memcpy;
void* (*volatile move)(void*, const void*, size_t) = memmove;
void* (*volatile fill)(void*, int, size_t) = memset;
int (*volatile compare)(const void*, const void*, size_t) = memcmp;
const void* (*volatile find)(const void*, int, size_t) = memchr;
size_t (*volatile length)(const char*) = strlen;
int (*volatile compare_texts)(const char*, const char*, size_t) = strncmp;
char* (*volatile copy_text)(char*, const char*, size_t) = strncpy;

using Bytes = std::vector<unsigned char>;

Bytes pattern(size_t size, unsigned seed) {
  Bytes bytes(size);
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<unsigned char>((i + seed) * 2654435761U >> 13);
  return bytes;
}

std::vector<size_t> sizes() {
  std::vector<size_t> all;
  for (size_t size = 0; size <= 150; ++size) all.push_back(size);
  for (const size_t around : {size_t{256}, size_t{1024}, size_t{4096}}) {
    for (size_t size = around - 18; size <= around + 18; ++size) all.push_back(size);
  }
  return all;
}

// Where the last byte of `size` is the last of a page, and the next page faults.
class BeforeNothing {
 public:
  BeforeNothing() {
    pages_ = static_cast<char*>(mmap(nullptr, 2 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    mprotect(pages_ + kPage, kPage, PROT_NONE);
  }
  ~BeforeNothing() { munmap(pages_, 2 * kPage); }
  BeforeNothing(const BeforeNothing&) = delete;
  BeforeNothing& operator=(const BeforeNothing&) = delete;
  char* of(size_t size) { return pages_ + kPage - size; }

 private:
  static constexpr size_t kPage = 8192;
  char* pages_;
};

TEST(RuntimeStrings, AreTheRuntimes) {
  // A test that links libc's would hold for those.
  const auto code = reinterpret_cast<uintptr_t>(copy), own = reinterpret_cast<uintptr_t>(&pattern);
  EXPECT_LT(code > own ? code - own : own - code, uintptr_t{64} << 20);
}

TEST(RuntimeStrings, CopyAndMove) {
  constexpr size_t kMargin = 40;
  for (const size_t size : sizes()) {
    const Bytes before = pattern(2 * size + 3 * kMargin, static_cast<unsigned>(size));
    for (const size_t from : {size_t{0}, size_t{1}, size_t{15}, kMargin}) {
      for (const size_t to : {size_t{0}, size_t{1}, size_t{7}, size_t{16}, size_t{17}, kMargin, size + kMargin}) {
        Bytes expected = before;
        const Bytes moved(before.begin() + static_cast<long>(from), before.begin() + static_cast<long>(from + size));
        for (size_t i = 0; i < size; ++i) expected[to + i] = moved[i];
        Bytes bytes = before;
        ASSERT_EQ(move(&bytes[to], &bytes[from], size), &bytes[to]);
        ASSERT_EQ(bytes, expected) << size << " from " << from << " to " << to;
        bytes = before;
        ASSERT_EQ(copy(&bytes[to], moved.data(), size), &bytes[to]);
        ASSERT_EQ(bytes, expected) << size << " to " << to;
      }
    }
  }
}

TEST(RuntimeStrings, Fill) {
  for (const size_t size : sizes()) {
    for (const size_t at : {size_t{0}, size_t{1}, size_t{9}}) {
      Bytes bytes = pattern(size + 40, 1);
      Bytes expected = bytes;
      for (size_t i = 0; i < size; ++i) expected[at + i] = 0xa5;
      ASSERT_EQ(fill(&bytes[at], 0x1a5, size), &bytes[at]);
      ASSERT_EQ(bytes, expected) << size;
    }
  }
}

TEST(RuntimeStrings, CompareAndFind) {
  BeforeNothing left, right;
  for (const size_t size : sizes()) {
    char *const a = left.of(size), *const b = right.of(size);
    fill(a, 'a', size);
    fill(b, 'a', size);
    ASSERT_EQ(compare(a, b, size), 0);
    ASSERT_EQ(find(a, 'x', size), nullptr);
    for (size_t i = 0; i < size; i += 1 + size / 9) {
      a[i] = static_cast<char>(0xf0);
      ASSERT_GT(compare(a, b, size), 0) << "bytes have no sign";
      ASSERT_LT(compare(b, a, size), 0);
      ASSERT_EQ(find(a, 0x1f0, size), a + i);
      a[i] = 'a';
    }
  }
}

TEST(RuntimeStrings, Texts) {
  BeforeNothing left, right;
  for (const size_t size : sizes()) {
    char *const a = left.of(size + 1), *const b = right.of(size + 1);
    fill(a, 'a', size);
    fill(b, 'a', size);
    a[size] = b[size] = '\0';
    ASSERT_EQ(length(a), size);
    ASSERT_EQ(compare_texts(a, b, SIZE_MAX), 0);
    ASSERT_EQ(strrchr(a, 'a'), size == 0 ? nullptr : a + size - 1);
    ASSERT_EQ(strchr(a, '\0'), a + size);
    ASSERT_EQ(strnlen(a, size / 2), size / 2);
    if (size == 0) continue;
    b[size - 1] = static_cast<char>(0xe0);
    ASSERT_LT(compare_texts(a, b, SIZE_MAX), 0);
    ASSERT_EQ(compare_texts(a, b, size - 1), 0);
    Bytes room(size + 9, 0xff);
    ASSERT_EQ(copy_text(reinterpret_cast<char*>(room.data()), a, size + 8), reinterpret_cast<char*>(room.data()));
    for (size_t i = 0; i < size + 9; ++i) ASSERT_EQ(room[i], i < size ? 'a' : i < size + 8 ? 0 : 0xff);
    ASSERT_EQ(strspn(a, "xa"), size);
  }
}

}  // namespace
