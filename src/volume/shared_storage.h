// SPDX-License-Identifier: Apache-2.0
//
// Storage for tests of several processes: host files in memory that children of fork share. As a kernel it copies while others copy: a
// read may see half of a write.
#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>

#include "volume/storage.h"

namespace redoubt::volume {

inline void* shared_memory(size_t size) {
  return mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

// As the kernel copies for pread and pwrite: bytes may change meanwhile, which ThreadSanitizer need not report.
inline void copy_as_the_host(uint8_t* to, const uint8_t* from, size_t size) {
  asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
}

class SharedStorage : public Storage {
 public:
  static constexpr size_t kRoom = size_t{64} << 20;
  SharedStorage() : sizes_(static_cast<std::atomic<uint64_t>*>(shared_memory(4096))) {
    for (auto& file : files_) file = static_cast<uint8_t*>(shared_memory(kRoom));
  }
  ~SharedStorage() override {
    for (auto* file : files_) munmap(file, kRoom);
    munmap(sizes_, 4096);
  }
  Result<size_t> read(HostFile file, uint64_t offset, std::span<uint8_t> to) override {
    const uint64_t size = sizes_[index(file)];
    if (offset >= size) return 0;
    const size_t count = std::min<uint64_t>(to.size(), size - offset);
    copy_as_the_host(to.data(), files_[index(file)] + offset, count);
    return count;
  }
  Result<void> write(HostFile file, uint64_t offset, ByteView bytes) override {
    if (offset + bytes.size() > kRoom) return fail(ENOSPC);
    copy_as_the_host(files_[index(file)] + offset, bytes.data(), bytes.size());
    if (sizes_[index(file)] < offset + bytes.size()) sizes_[index(file)] = offset + bytes.size();
    return {};
  }
  Result<void> sync(HostFile) override { return {}; }
  Result<uint64_t> size(HostFile file) override { return sizes_[index(file)].load(); }
  Result<void> truncate(HostFile file, uint64_t size) override {
    if (size < sizes_[index(file)]) std::memset(files_[index(file)] + size, 0, sizes_[index(file)] - size);
    sizes_[index(file)] = size;
    return {};
  }
  void discard(HostFile, uint64_t, uint64_t) override {}
  ByteView bytes(HostFile file) const { return {files_[index(file)], sizes_[index(file)]}; }

 private:
  static size_t index(HostFile file) { return static_cast<size_t>(file); }
  std::array<uint8_t*, kHostFiles> files_{};
  std::atomic<uint64_t>* sizes_;
};

}  // namespace redoubt::volume
