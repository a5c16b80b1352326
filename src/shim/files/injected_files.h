// SPDX-License-Identifier: Apache-2.0
//
// The contents of injected files: in sealed shared memory and nowhere else, so that root on the host cannot read them through
// /proc/PID/fd, /proc/PID/mem or a core dump. Forked children share them; an exec starts with a copy (namespace.h, save). What a
// program writes is kept as long as its process family lives and goes nowhere.
//
// A file may grow by 64 KiB over its first size; beyond that writes end with ENOSPC. Concurrent writers see each other's bytes in
// no particular order, as they would without locks in a real file.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "base/result.h"

namespace redoubt::shim {

class InjectedFile {
 public:
  static Result<InjectedFile> create(uint16_t permission, ByteView content);

  uint16_t permission() const { return permission_; }
  uint64_t size() const { return header().size.load(std::memory_order_acquire); }
  int64_t changed_seconds() const { return header().changed.load(std::memory_order_relaxed); }
  ByteView content() const { return {bytes(), size()}; }

  // Bytes that are there at `offset`, copied to the program's memory. EFAULT.
  Result<size_t> read_to_app(uint64_t offset, uint64_t to, size_t count) const;
  // ENOSPC when nothing fits, EFAULT.
  Result<size_t> write_from_app(uint64_t offset, uint64_t from, size_t count);
  // ENOSPC.
  Result<void> truncate(uint64_t size);

 private:
  // At the beginning of the shared memory; the content follows.
  struct Header {
    std::atomic<uint64_t> size;
    std::atomic<int64_t> changed;
  };
  static constexpr size_t kContentOffset = 64;

  Header& header() const { return *reinterpret_cast<Header*>(memory_.data()); }
  uint8_t* bytes() const { return memory_.data() + kContentOffset; }
  uint64_t capacity() const { return memory_.size() - kContentOffset; }
  void touch();

  uint16_t permission_ = 0;
  std::span<uint8_t> memory_;
};

}  // namespace redoubt::shim
