// SPDX-License-Identifier: Apache-2.0
//
// Storage for tests: host files in memory, with what tests do to them.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <vector>

#include "volume/storage.h"

namespace redoubt::volume {

using HostFiles = std::array<std::optional<std::vector<uint8_t>>, kHostFiles>;

class MemoryStorage : public Storage {
 public:
  MemoryStorage() {
    for (auto& file : files) file.emplace();
  }
  explicit MemoryStorage(HostFiles contents) : files(std::move(contents)) {}

  Result<size_t> read(HostFile file, uint64_t offset, std::span<uint8_t> to) override {
    ++reads;
    auto& bytes = at(file);
    if (!bytes) return fail(ENOENT);
    if (offset >= bytes->size()) return 0;
    const size_t size = std::min<uint64_t>(to.size(), bytes->size() - offset);
    std::copy_n(bytes->data() + offset, size, to.data());
    return size;
  }
  Result<void> write(HostFile file, uint64_t offset, ByteView data) override {
    ++writes;
    auto& bytes = at(file);
    if (!bytes) return fail(ENOENT);
    if (is_read_only) return fail(EROFS);
    if (total_size() + (offset + data.size() > bytes->size() ? offset + data.size() - bytes->size() : 0) > capacity) {
      return fail(ENOSPC);
    }
    if (offset + data.size() > bytes->size()) bytes->resize(offset + data.size());
    std::copy(data.begin(), data.end(), bytes->begin() + static_cast<ptrdiff_t>(offset));
    return {};
  }
  Result<void> sync(HostFile) override {
    ++syncs;
    if (sync_error != 0) return fail(sync_error);
    return {};
  }
  Result<uint64_t> size(HostFile file) override {
    const auto& bytes = at(file);
    if (!bytes) return fail(ENOENT);
    return bytes->size();
  }
  Result<void> truncate(HostFile file, uint64_t size) override {
    auto& bytes = at(file);
    if (!bytes) return fail(ENOENT);
    if (is_read_only) return fail(EROFS);
    bytes->resize(size);
    return {};
  }
  void discard(HostFile file, uint64_t offset, uint64_t size) override {
    auto& bytes = at(file);
    if (!bytes || offset >= bytes->size()) return;
    given_back += size;
    std::fill_n(bytes->begin() + static_cast<ptrdiff_t>(offset), std::min<uint64_t>(size, bytes->size() - offset), 0);
  }

  std::optional<std::vector<uint8_t>>& at(HostFile file) { return files[static_cast<size_t>(file)]; }
  uint64_t total_size() const {
    uint64_t sum = 0;
    for (const auto& file : files) sum += file ? file->size() : 0;
    return sum - std::min(sum, given_back);
  }

  HostFiles files;
  uint64_t given_back = 0;  // a disk with holes, roughly: what is written into one counts as nothing
  uint64_t capacity = ~uint64_t{0};
  bool is_read_only = false;
  int sync_error = 0;
  uint64_t reads = 0, writes = 0, syncs = 0;
};

}  // namespace redoubt::volume
