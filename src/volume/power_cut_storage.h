// SPDX-License-Identifier: Apache-2.0
//
// A disk with a volatile cache: what was not synced is lost at a power cut in any part, sector by sector, in any order; truncations
// too. And a process that dies at a given call of its host.
#pragma once

#include <random>

#include "volume/memory_storage.h"

namespace redoubt::volume {

class PowerCutStorage : public MemoryStorage {
 public:
  static constexpr uint64_t kSector = 512;

  Result<size_t> read(HostFile file, uint64_t offset, std::span<uint8_t> to) override {
    if (is_dead) return fail(EIO);
    return MemoryStorage::read(file, offset, to);
  }
  Result<void> write(HostFile file, uint64_t offset, ByteView data) override {
    if (is_dead) return fail(EIO);
    TRY_VOID(MemoryStorage::write(file, offset, data));
    pending(file).push_back({offset, Bytes(data.begin(), data.end()), false});
    return count();
  }
  Result<void> truncate(HostFile file, uint64_t size) override {
    if (is_dead) return fail(EIO);
    TRY_VOID(MemoryStorage::truncate(file, size));
    pending(file).push_back({size, {}, true});
    return count();
  }
  Result<void> sync(HostFile file) override {
    if (is_dead) return fail(EIO);
    TRY_VOID(count());
    std::mt19937_64 unused;
    for (const Pending& write : pending(file)) apply(durable_[static_cast<size_t>(file)], write, 100, unused);
    pending(file).clear();
    return {};
  }
  void discard(HostFile file, uint64_t offset, uint64_t size) override {
    if (is_dead) return;
    MemoryStorage::discard(file, offset, size);
    pending(file).push_back({offset, Bytes(size), false});
  }

  // After so many calls that change something the process is dead; the last of them still reached the cache.
  void die_after(uint64_t calls) {
    is_dead = false;
    calls_left_ = calls;
  }

  // What was synced, and any of the rest.
  void cut_power(std::mt19937_64& random) {
    constexpr unsigned kChances[] = {0, 10, 50, 90, 100};
    for (int i = 0; i < kHostFiles; ++i) {
      const unsigned chance = kChances[random() % 5];
      Bytes image = durable_[i];
      for (const Pending& write : pending_[i]) apply(image, write, chance, random);
      files[i] = image;
      durable_[i] = image;
      pending_[i].clear();
    }
    is_dead = false;
    calls_left_ = ~uint64_t{0};
  }
  // Only the process died: the kernel has everything.
  void restart() {
    is_dead = false;
    calls_left_ = ~uint64_t{0};
  }

  bool is_dead = false;

 private:
  struct Pending {
    uint64_t offset;
    Bytes data;
    bool is_truncation;
  };
  static void apply(Bytes& image, const Pending& write, unsigned chance, std::mt19937_64& random) {
    if (chance == 0) return;
    const auto happens = [&] { return chance == 100 || random() % 100 < chance; };
    if (write.is_truncation) {
      if (happens()) image.resize(write.offset);
      return;
    }
    const uint64_t end = write.offset + write.data.size();
    for (uint64_t at = write.offset; at < end;) {
      const uint64_t next = std::min(end, (at / kSector + 1) * kSector);
      if (happens()) {
        if (image.size() < next) image.resize(next);
        std::copy_n(write.data.begin() + static_cast<ptrdiff_t>(at - write.offset), next - at,
                    image.begin() + static_cast<ptrdiff_t>(at));
      }
      at = next;
    }
  }
  Result<void> count() {
    if (calls_left_ == ~uint64_t{0}) return {};
    if (calls_left_ > 0) --calls_left_;
    if (calls_left_ > 0) return {};
    is_dead = true;
    return fail(EIO);
  }
  std::vector<Pending>& pending(HostFile file) { return pending_[static_cast<size_t>(file)]; }

  std::array<Bytes, kHostFiles> durable_;
  std::array<std::vector<Pending>, kHostFiles> pending_;
  uint64_t calls_left_ = ~uint64_t{0};
};

}  // namespace redoubt::volume
