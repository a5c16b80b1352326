// SPDX-License-Identifier: Apache-2.0
//
// What the processes of one app share about one volume. Each process has an index of its own in memory and follows the log; the
// head, how far the log goes and which history that is, lies in memory they inherit and not in a host file, which could freeze one
// process's view or show it another branch.
// Single processes (the command, tests) use SoleOwner.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>

#include "base/bytes.h"

namespace redoubt::volume {

using InodeNumber = uint64_t;

// How far the log goes, and which. `sequence` grows by one a record and never goes back, over checkpoints too. The place alone would
// not do: the host may have another record for it, authentic as well, of a run that was killed or of a write that failed.
struct Head {
  uint64_t generation = 0;  // of the log: one more at every checkpoint
  uint64_t offset = 0;      // in the log file of that generation, where the next record goes
  uint64_t sequence = 0;    // of the last record
  ByteArray<16> chain{};    // its tag (Mac in format.h), which authenticates all that came before
  bool operator==(const Head&) const = default;
};

class Coordination {
 public:
  virtual ~Coordination() = default;

  // Excludes other threads and other processes from changing the volume. Survives the death of a holder: whoever locks next
  // finds the last published head, and writes over whatever the dead one left behind it.
  virtual void lock() = 0;
  virtual void unlock() = 0;
  // A second lock, for barriers, so that writers go on while the host syncs. Taken before lock(), never inside it.
  virtual void lock_barrier() = 0;
  virtual void unlock_barrier() = 0;

  // Without a lock, never torn: some head that was published.
  virtual Head head() const = 0;
  // Under lock().
  virtual void publish(const Head& head) = 0;

  // The last sequence that is durable and, where the volume wants it, acknowledged. Grows only.
  virtual uint64_t settled() const = 0;
  virtual void settle(uint64_t sequence) = 0;

  // Somebody saw that the host refused to make something durable, or the keeper a tag: nobody changes anything any more. What the
  // host has then dropped nobody knows, and it may tell one process only. For good: the next run reads what is there.
  virtual bool is_stopped() const = 0;
  virtual void stop() = 0;

  // Whether any process still has the inode open: an unlinked one keeps its blocks as long. May say yes when it does not know.
  virtual bool is_open(InodeNumber inode) const = 0;
};

// One process; several threads, and several openers of the same volume.
class SoleOwner final : public Coordination {
 public:
  void lock() override { mutex_.lock(); }
  void unlock() override { mutex_.unlock(); }
  void lock_barrier() override { barrier_.lock(); }
  void unlock_barrier() override { barrier_.unlock(); }
  Head head() const override {
    const std::scoped_lock lock(head_mutex_);
    return head_;
  }
  void publish(const Head& head) override {
    const std::scoped_lock lock(head_mutex_);
    head_ = head;
  }
  uint64_t settled() const override { return settled_; }
  void settle(uint64_t sequence) override { settled_ = sequence; }
  bool is_stopped() const override { return is_stopped_; }
  void stop() override { is_stopped_ = true; }
  bool is_open(InodeNumber) const override { return false; }

 private:
  std::mutex mutex_, barrier_;
  mutable std::mutex head_mutex_;
  Head head_;  // guarded by head_mutex_
  std::atomic<uint64_t> settled_ = 0;
  std::atomic<bool> is_stopped_ = false;
};

}  // namespace redoubt::volume
