// SPDX-License-Identifier: Apache-2.0
#include "volume/keys.h"

#include <string.h>

#include <algorithm>
#include <new>

#include "crypto/cipher_scope.h"

namespace redoubt::volume {
namespace {

const char* label_of(Use use) {
  switch (use) {
    case Use::kData: return "redoubt volume 1 data";
    case Use::kLog: return "redoubt volume 1 log";
    case Use::kCheckpoint: return "redoubt volume 1 checkpoint";
    case Use::kSuperblock: return "redoubt volume 1 superblock";
  }
  return "";
}

}  // namespace

KeyRing::KeyRing(ByteView key, std::function<std::span<uint8_t>(size_t)> secret_memory)
    : secret_memory_(std::move(secret_memory)) {
  take_memory(key);
}

KeyRing::~KeyRing() {
  if (is_forked_ || key_.empty()) return;  // the memory is the parent's, or there is none
  explicit_bzero(key_.data(), key_.size());
  for (Entry& entry : entries_) {
    if (entry.filled) explicit_bzero(entry.memory.data(), entry.memory.size());
  }
}

bool KeyRing::take_memory(ByteView key) {
  if (!crypto::has_bulk_aead() || key.size() != crypto::kAeadKeySize) return false;
  constexpr size_t kAlignment = 64;
  const size_t schedule = (crypto::BulkAead::memory_size() + kAlignment - 1) / kAlignment * kAlignment;
  std::span<uint8_t> memory = secret_memory_(kAlignment + kEntries * schedule);
  if (memory.size() < kAlignment + kEntries * schedule) return false;
  std::copy(key.begin(), key.end(), memory.begin());
  key_ = memory.first(key.size());
  for (int i = 0; i < kEntries; ++i) {
    entries_[i] = Entry{};
    entries_[i].memory = memory.subspan(kAlignment + i * schedule, schedule);
  }
  return true;
}

bool KeyRing::renew_memory() {
  const std::scoped_lock lock(mutex_);
  if (!is_forked_) return true;
  const crypto::CipherScope scope;
  if (!take_memory(key_)) return false;
  is_forked_ = false;
  return true;
}

ByteArray<16> KeyRing::key_check(const VolumeId& id) const {
  ByteArray<16> check;
  crypto::hkdf_sha256(key_, id, "redoubt volume 1 key check", {}, check);
  return check;
}

ByteArray<32> KeyRing::tag_mac(uint64_t sequence, const Mac& chain) const {
  const crypto::CipherScope scope;
  ByteArray<32> key;
  crypto::hkdf_sha256(key_, id_, "redoubt volume 1 tag", {}, key);
  struct {
    uint8_t id[16];
    U64Le sequence;
    uint8_t chain[kMacSize];
  } point;
  static_assert(sizeof point == 40);
  std::copy(id_.begin(), id_.end(), point.id);
  point.sequence = sequence;
  std::copy(chain.begin(), chain.end(), point.chain);
  const ByteArray<32> mac = crypto::hmac_sha256(key, bytes_of(point));
  explicit_bzero(key.data(), key.size());
  return mac;
}

void KeyRing::fill(Entry& entry, Use use, const Epoch& epoch) {
  const crypto::CipherScope scope;
  ByteArray<32> key;
  crypto::hkdf_sha256(key_, id_, label_of(use), epoch, key);
  entry.aead = crypto::BulkAead(entry.memory, key);
  explicit_bzero(key.data(), key.size());
  entry.use = use;
  entry.epoch = epoch;
  entry.filled = true;
}

int KeyRing::acquire(Use use, const Epoch& epoch) {
  std::unique_lock lock(mutex_);
  for (;;) {
    Entry* oldest = nullptr;
    for (Entry& entry : entries_) {
      if (entry.filled && entry.use == use && entry.epoch == epoch) {
        ++entry.pins;
        entry.last = ++clock_;
        return static_cast<int>(&entry - entries_);
      }
      if (entry.pins == 0 && (oldest == nullptr || entry.last < oldest->last)) oldest = &entry;
    }
    if (oldest != nullptr) {
      fill(*oldest, use, epoch);
      oldest->pins = 1;
      oldest->last = ++clock_;
      return static_cast<int>(oldest - entries_);
    }
    freed_.wait(lock);
  }
}

void KeyRing::release(int index) {
  const std::scoped_lock lock(mutex_);
  if (--entries_[index].pins == 0) freed_.notify_one();
}

void KeyRing::after_fork() {
  new (&mutex_) std::mutex;
  new (&freed_) std::condition_variable;
  is_forked_ = true;
}

}  // namespace redoubt::volume
