// SPDX-License-Identifier: Apache-2.0
//
// The keys of one volume in one process. From the volume key comes one key per use and epoch (HKDF); an epoch is 128 random bits
// that an opener draws before its first write, and a child after fork before its own. Under such a key nonces are a counter. So no
// nonce is used twice: not by copies of a volume, not after a rollback, not by processes that share one.
//
// Schedules live in memory of the caller's choice, a fixed number of them; the least used gives way. Thread-safe.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>

#include "base/bytes.h"
#include "crypto/aead.h"
#include "volume/format.h"

namespace redoubt::volume {

enum class Use : uint8_t { kData, kLog, kCheckpoint, kSuperblock };

class KeyRing {
 public:
  // `key` is copied into memory of options.secret_memory.
  KeyRing(ByteView key, std::function<std::span<uint8_t>(size_t)> secret_memory);
  bool has_memory() const { return !key_.empty(); }
  ~KeyRing();
  KeyRing(const KeyRing&) = delete;
  KeyRing& operator=(const KeyRing&) = delete;

  // While the volume is being opened, and one thread has it: others read the id without a lock from then on.
  void set_volume(const VolumeId& id) {
    id_ = id;
    has_volume_ = true;
  }
  bool has_volume() const { return has_volume_; }
  const VolumeId& volume_id() const { return id_; }

  ByteArray<16> key_check(const VolumeId& id) const;
  // The tag of a point of the history, for CAS.
  ByteArray<32> tag_mac(uint64_t sequence, const Mac& chain) const;

  // A key in use: its schedule stays where it is while this lives.
  class Lease {
   public:
    Lease(KeyRing& ring, int index) : ring_(ring), index_(index) {}
    ~Lease() { ring_.release(index_); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    const crypto::BulkAead* operator->() const { return &ring_.entries_[index_].aead; }

   private:
    KeyRing& ring_;
    int index_;
  };
  Lease use(Use use, const Epoch& epoch) { return {*this, acquire(use, epoch)}; }

  // In the child of a fork, where no other thread uses the ring. Sealed memory is shared with the parent, so the child takes memory
  // of its own before it uses a key: renew() at the start of every operation. False: there is none.
  void after_fork();
  [[nodiscard]] bool renew() { return !is_forked_ || renew_memory(); }

 private:
  static constexpr int kEntries = 24;
  struct Entry {
    crypto::BulkAead aead;
    Epoch epoch{};
    Use use{};
    bool filled = false;
    int pins = 0;
    uint64_t last = 0;
    std::span<uint8_t> memory;
  };
  int acquire(Use use, const Epoch& epoch);
  void release(int index);
  void fill(Entry& entry, Use use, const Epoch& epoch);
  bool take_memory(ByteView key);
  bool renew_memory();

  std::function<std::span<uint8_t>(size_t)> secret_memory_;
  std::span<uint8_t> key_;
  std::atomic<bool> is_forked_ = false;
  VolumeId id_{};
  bool has_volume_ = false;
  std::mutex mutex_;
  std::condition_variable freed_;
  Entry entries_[kEntries];
  uint64_t clock_ = 0;
};

using Nonce = ByteArray<crypto::kAeadNonceSize>;
inline Nonce nonce_of(uint64_t counter) {
  Nonce nonce{};
  for (size_t i = 0; i < 8; ++i) nonce[4 + i] = static_cast<uint8_t>(counter >> (8 * i));
  return nonce;
}

}  // namespace redoubt::volume
