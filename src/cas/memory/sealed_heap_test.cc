// SPDX-License-Identifier: Apache-2.0
//
// What was freed is wiped; what is resized keeps its bytes; threads can free one another's blocks; what root reads shows nothing.
#include "cas/memory/sealed_heap.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <new>
#include <thread>
#include <vector>

namespace redoubt::cas {
namespace {

TEST(SealedHeap, WipesWhatIsFreed) {
  constexpr size_t kSize = 512;
  auto* first = static_cast<char*>(::operator new(kSize));
  memset(first, 'x', kSize);
  ::operator delete(first);
  auto* second = static_cast<char*>(::operator new(kSize));
  asm volatile("" : : "r"(second) : "memory");
  ASSERT_EQ(second, first) << "the block that was freed last is given out first";
  EXPECT_EQ(std::count(second, second + kSize, 'x'), 0);
  ::operator delete(second);
}

TEST(SealedHeap, ResizesAndAligns) {
  auto* block = static_cast<uint8_t*>(sealed_heap::allocate(1));
  block[0] = 1;
  for (size_t size = 2; size < size_t{5} << 20; size = size * 3 / 2 + 1) {
    block = static_cast<uint8_t*>(sealed_heap::resize(block, size));
    ASSERT_NE(block, nullptr);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(block) % 16, 0U);
    EXPECT_EQ(sealed_heap::size_of(block), size);
    EXPECT_EQ(block[0], 1);
    block[size - 1] = 1;
  }
  block = static_cast<uint8_t*>(sealed_heap::resize(block, 3));
  EXPECT_EQ(block[0], 1);
  sealed_heap::release(block);
  sealed_heap::release(nullptr);
  EXPECT_EQ(sealed_heap::allocate(SIZE_MAX), nullptr);
}

TEST(SealedHeap, IsSharedByThreads) {
  constexpr int kThreads = 4;
  std::vector<std::unique_ptr<std::vector<int>>> made(kThreads * 1000);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&made, thread] {
      for (size_t i = thread; i < made.size(); i += kThreads)
        made[i] = std::make_unique<std::vector<int>>(i % 200, thread);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (size_t i = 0; i < made.size(); ++i) {
    EXPECT_TRUE(std::ranges::all_of(*made[i], [&](int value) { return value == static_cast<int>(i % kThreads); }));
  }
}

TEST(SealedHeap, IsNotInProcMem) {
  if (sealed_heap::is_partly_unsealed()) GTEST_SKIP() << "no memfd_secret, or RLIMIT_MEMLOCK is too low";
  const auto secret = std::make_unique<std::string>(100, 's');
  const int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
  if (memory < 0) GTEST_SKIP() << "/proc/self/mem: " << strerror(errno);
  char found[100];
  EXPECT_EQ(pread(memory, found, sizeof found, static_cast<off_t>(reinterpret_cast<uintptr_t>(secret->data()))), -1);
  const char open_text[] = "not sealed";
  EXPECT_EQ(pread(memory, found, sizeof open_text, static_cast<off_t>(reinterpret_cast<uintptr_t>(open_text))),
            static_cast<ssize_t>(sizeof open_text));
  close(memory);
}

}  // namespace
}  // namespace redoubt::cas
