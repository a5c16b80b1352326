// SPDX-License-Identifier: Apache-2.0
//
// What is left of keys on the stack below whoever had them derived and expanded. On a thread's stack, which is mapped as a whole.
#include "crypto/wipe_stack.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "crypto/aead.h"

namespace redoubt::crypto {
namespace {

constexpr size_t kSearched = 64 << 10;

// A copy of the stack below this frame, which the caller's earlier calls have used.
[[gnu::noinline, gnu::no_sanitize_address]] void copy_stack_below(std::vector<uint8_t>& copy) {
  const volatile uint8_t* top = static_cast<uint8_t*>(__builtin_frame_address(0));
  for (size_t i = 0; i < kSearched; ++i) copy[i] = top[static_cast<ptrdiff_t>(i) - static_cast<ptrdiff_t>(kSearched)];
}

// How many pieces of 8 bytes of `secret` are in `bytes`, as they are or in the byte order of SHA-256's words.
size_t pieces_found(const std::vector<uint8_t>& bytes, ByteView secret) {
  size_t found = 0;
  for (size_t at = 0; at + 8 <= secret.size(); at += 8) {
    std::array<uint8_t, 8> piece{}, swapped{};
    for (size_t i = 0; i < 8; ++i) {
      piece[i] = secret[at + i];
      swapped[i] = secret[at + (i / 4) * 4 + 3 - i % 4];
    }
    for (const auto& wanted : {piece, swapped}) {
      found += memmem(bytes.data(), bytes.size(), wanted.data(), wanted.size()) != nullptr ? 1 : 0;
    }
  }
  return found;
}

std::vector<uint8_t> stack_after(const std::function<void()>& work) {
  std::vector<uint8_t> copy(kSearched);
  std::thread([&] {
    work();
    copy_stack_below(copy);
  }).join();
  return copy;
}

std::vector<uint8_t> some_key() {
  std::vector<uint8_t> key(32);
  for (size_t i = 0; i < key.size(); ++i) key[i] = static_cast<uint8_t>(i * 37 + 11);
  return key;
}

TEST(WipeStack, TheSearchFindsWhatIsThere) {
  const auto key = some_key();
  const auto stack = stack_after([&] {
    [&]() __attribute__((noinline)) {
      [[maybe_unused]] volatile uint8_t copy[32];
      for (size_t i = 0; i < 32; ++i) copy[i] = key[i];
    }
    ();
  });
  EXPECT_GT(pieces_found(stack, key), 0U);
}

TEST(WipeStack, NothingIsLeftOfADerivedKey) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "ThreadSanitizer's calls in the code under test save registers on the same stack";
#endif
  const auto key = some_key();
  std::vector<uint8_t> derived(32), longer(80);
  const std::string label(20, 'l'), context(16, 'c');
  const auto stack = stack_after([&] {
    hkdf_sha256(key, as_bytes(context), label, as_bytes(context), derived);
    hkdf_sha256(key, as_bytes(context), label, as_bytes(context), longer);
  });
  EXPECT_EQ(pieces_found(stack, key), 0U);
  EXPECT_EQ(pieces_found(stack, derived), 0U);
  EXPECT_EQ(pieces_found(stack, longer), 0U);
}

TEST(WipeStack, NothingIsLeftOfRoundKeys) {
  const auto key = some_key();
  void* const memory = std::aligned_alloc(64, BulkAead::memory_size());
  const std::span<uint8_t> schedule(static_cast<uint8_t*>(memory), BulkAead::memory_size());
  std::memset(memory, 0, BulkAead::memory_size());
  const auto stack = stack_after([&] { const BulkAead aead(schedule, std::span<const uint8_t, 32>(key)); });
  constexpr size_t kRoundKeys = 15 * 16;
  EXPECT_EQ(pieces_found(stack, schedule.first(kRoundKeys)), 0U);
  const BulkAead aead(schedule, std::span<const uint8_t, 32>(key));
  std::vector<uint8_t> text(5000);
  const auto later = stack_after([&] {
    std::array<uint8_t, kAeadNonceSize> nonce{};
    std::array<uint8_t, kAeadTagSize> tag{};
    aead.seal(nonce, {}, text, text.data(), tag);
    EXPECT_TRUE(aead.open(nonce, {}, text, text.data(), tag));
  });
  EXPECT_EQ(pieces_found(later, schedule.first(kRoundKeys)), 0U);
  std::free(memory);
}

}  // namespace
}  // namespace redoubt::crypto
