// SPDX-License-Identifier: Apache-2.0
#include "cas/memory/sealed_heap.h"

#include <openssl/crypto.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <mutex>

namespace redoubt::cas::sealed_heap {
namespace {

constexpr unsigned kSmallest = 6;  // 64 bytes, header included
constexpr unsigned kLargest = 40;
constexpr size_t kSlabSize = size_t{1} << 20;

struct Header {
  uint64_t power;
  uint64_t size;  // asked for
};
static_assert(sizeof(Header) == 16);

struct Free {
  Free* next;
};

// Static initialisation of other files allocates, so nothing here may need any.
struct List {
  std::mutex mutex;
  Free* first = nullptr;           // guarded by mutex
  uint8_t* slab = nullptr;         // guarded by mutex: what is left of one
  uint8_t* end_of_slab = nullptr;  // guarded by mutex
};
constinit std::array<List, kLargest + 1> lists;
constinit std::atomic<bool> partly_unsealed = false;

// Once. Without memory: the log would take some.
void say_unsealed() {
  if (partly_unsealed.exchange(true)) return;
  static constexpr char kLine[] =
      "redoubt-cas: warning: root of this machine can read the memory of CAS: the kernel gives no sealed memory "
      "(memfd_secret: Linux 6.5, or 5.14 with secretmem.enable=1), or RLIMIT_MEMLOCK is reached\n";
  (void)!write(STDERR_FILENO, kLine, sizeof kLine - 1);
}

void* map_sealed(size_t size) {
  const int fd = static_cast<int>(syscall(SYS_memfd_secret, 0x80000));  // O_CLOEXEC
  if (fd < 0) return MAP_FAILED;
  void* memory = MAP_FAILED;
  if (ftruncate(fd, static_cast<off_t>(size)) == 0) {
    memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  }
  close(fd);  // an open descriptor of it could be taken and read by root
  return memory;
}

uint8_t* map(size_t size) {
  void* memory = map_sealed(size);
  if (memory == MAP_FAILED) {
    say_unsealed();
    memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return nullptr;
    madvise(memory, size, MADV_DONTDUMP);
  }
  return static_cast<uint8_t*>(memory);
}

uint8_t* take(unsigned power) {
  List& list = lists[power];
  const size_t size = size_t{1} << power;
  const std::scoped_lock lock(list.mutex);
  if (list.first != nullptr) {
    Free* const taken = list.first;
    list.first = taken->next;
    return reinterpret_cast<uint8_t*>(taken);
  }
  if (size >= kSlabSize) return map(size);
  if (list.slab == list.end_of_slab) {
    list.slab = map(kSlabSize);
    list.end_of_slab = list.slab == nullptr ? nullptr : list.slab + kSlabSize;
    if (list.slab == nullptr) return nullptr;
  }
  list.slab += size;
  return list.slab - size;
}

Header* header_of(const void* block) { return reinterpret_cast<Header*>(const_cast<void*>(block)) - 1; }

}  // namespace

void* allocate(size_t size) noexcept {
  if (size > (size_t{1} << kLargest) - sizeof(Header)) return nullptr;
  const auto power = std::max<unsigned>(kSmallest, static_cast<unsigned>(std::bit_width(size + sizeof(Header) - 1)));
  uint8_t* const memory = take(power);
  if (memory == nullptr) return nullptr;
  auto* const header = reinterpret_cast<Header*>(memory);
  *header = {power, size};
  return header + 1;
}

void release(void* block) noexcept {
  if (block == nullptr) return;
  Header* const header = header_of(block);
  List& list = lists[header->power];
  explicit_bzero(header, sizeof(Header) + header->size);
  auto* const freed = reinterpret_cast<Free*>(header);
  const std::scoped_lock lock(list.mutex);
  freed->next = list.first;
  list.first = freed;
}

size_t size_of(const void* block) noexcept { return block == nullptr ? 0 : header_of(block)->size; }

void* resize(void* block, size_t size) noexcept {
  if (block == nullptr) return allocate(size);
  Header* const header = header_of(block);
  if (size <= (size_t{1} << header->power) - sizeof(Header)) {
    if (size < header->size) explicit_bzero(static_cast<uint8_t*>(block) + size, header->size - size);
    header->size = size;
    return block;
  }
  void* const larger = allocate(size);
  if (larger == nullptr) return nullptr;
  memcpy(larger, block, header->size);
  release(block);
  return larger;
}

void take_over_libraries() {
  CRYPTO_set_mem_functions([](size_t size, const char*, int) { return size == 0 ? nullptr : allocate(size); },
                           [](void* block, size_t size, const char*, int) { return resize(block, size); },
                           [](void* block, const char*, int) { release(block); });
  static const sqlite3_mem_methods methods = {
      .xMalloc = [](int size) { return allocate(static_cast<size_t>(size)); },
      .xFree = [](void* block) { release(block); },
      .xRealloc = [](void* block, int size) { return resize(block, static_cast<size_t>(size)); },
      .xSize = [](void* block) { return static_cast<int>(size_of(block)); },
      .xRoundup = [](int size) { return (size + 7) & ~7; },
      .xInit = [](void*) { return SQLITE_OK; },
      .xShutdown = [](void*) {},
      .pAppData = nullptr,
  };
  sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
}

bool is_partly_unsealed() noexcept { return partly_unsealed; }

}  // namespace redoubt::cas::sealed_heap
