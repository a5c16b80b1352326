// SPDX-License-Identifier: Apache-2.0
//
// The engine behind Volume: an index in memory (view.h) over the log and the slots of the host files.
//
// Locks, in this order: Coordination's barrier lock; `writer_` (threads of this process that change, or follow the log); Coordination's
// lock (processes); `index_` (short: readers copy what they need and decrypt outside); `cache_`. The view changes under writer_,
// Coordination's lock and index_; so whoever holds the first two reads it without the third. fork holds writer_, index_ and cache_:
// no thread of the process is then inside Coordination's lock.
//
// A change: check the rules, seal and write the data to fresh slots, write the record, apply it, publish the head. What fails before
// the head is published has not happened.
#pragma once

#include <array>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <mutex>

#include "volume/block_cache.h"
#include "volume/superblock.h"
#include "volume/view.h"
#include "volume/volume.h"

namespace redoubt::volume {

class Engine {
 public:
  Engine(Storage& storage, Coordination& coordination, OpenOptions options);

  // engine_open.cc
  Result<void, OpenFailure> open();
  Result<void, OpenFailure> join();
  // engine_names.cc
  Result<InodeNumber> lookup(InodeNumber directory, std::string_view name);
  Result<InodeNumber> parent(InodeNumber directory);
  Result<InodeNumber> create(InodeNumber directory, std::string_view name, uint32_t mode, uint32_t uid, uint32_t gid,
                             uint32_t device, std::string_view target);
  Result<InodeNumber> create_nameless(uint32_t mode, uint32_t uid, uint32_t gid);
  Result<void> link(InodeNumber inode, InodeNumber directory, std::string_view name);
  Result<void> unlink(InodeNumber directory, std::string_view name, bool is_directory);
  Result<void> rename(InodeNumber from, std::string_view from_name, InodeNumber to, std::string_view to_name,
                      unsigned flags);
  Result<std::string> read_link(InodeNumber inode);
  Result<std::vector<DirectoryEntry>> list(InodeNumber directory, uint64_t cookie, size_t limit);
  void release_if_unlinked(InodeNumber inode);
  // engine_attributes.cc
  Result<Attributes> attributes(InodeNumber inode);
  Result<void> change(InodeNumber inode, const AttributeChange& change);
  Result<std::vector<uint8_t>> extended(InodeNumber inode, std::string_view name);
  Result<void> set_extended(InodeNumber inode, std::string_view name, ByteView value, int flags);
  Result<void> remove_extended(InodeNumber inode, std::string_view name);
  Result<std::vector<std::string>> list_extended(InodeNumber inode);
  // engine_read.cc
  Result<size_t> read(InodeNumber inode, uint64_t offset, std::span<uint8_t> to);
  Result<uint64_t> seek_data(InodeNumber inode, uint64_t offset);
  Result<uint64_t> seek_hole(InodeNumber inode, uint64_t offset);
  std::vector<std::string> verify(const std::function<void(uint64_t, uint64_t)>& progress);
  // engine_write.cc
  Result<void> write(InodeNumber inode, uint64_t offset, ByteView bytes);
  Result<uint64_t> append(InodeNumber inode, ByteView bytes);
  Result<void> truncate(InodeNumber inode, uint64_t size);
  Result<void> punch(InodeNumber inode, uint64_t offset, uint64_t size);
  // engine_barrier.cc
  enum class Barrier { kWhenNeeded, kAlways };
  Result<void> barrier(Barrier when = Barrier::kWhenNeeded);
  void leave_keeper() { options_.keeper = nullptr; }
  bool is_dirty();
  Tag tag();
  Volume::Space space();
  Result<void> checkpoint();
  // After ENOSPC: whether a barrier has freed something, so that the operation is worth another try.
  bool make_room();
  void lock_for_fork();
  void unlock_after_fork(bool is_child);

 private:
  // Holds off the other threads and processes.
  class Exclusive {
   public:
    explicit Exclusive(Engine& engine) : engine_(engine) {
      engine_.writer_.lock();
      engine_.coordination_.lock();
    }
    ~Exclusive() {
      engine_.coordination_.unlock();
      engine_.writer_.unlock();
    }
    Exclusive(const Exclusive&) = delete;
    Exclusive& operator=(const Exclusive&) = delete;

   private:
    Engine& engine_;
  };
  using IndexLock = std::unique_lock<std::mutex>;
  struct Recovery;

  // engine.cc
  // The view is up to date and stays while the lock is held.
  Result<IndexLock> reading();
  // Under Exclusive: the view is up to date, and a record may follow.
  Result<void> begin();
  Result<void> follow();
  Result<void> reload(const Head& head);
  Result<void> reload(const Head& head, const Superblock& superblock);
  // The end of what was read is the head. Otherwise the host has shown another history than the one that was written.
  Result<void> check_head(const Head& head, const LogPosition& at);
  // Writes, applies and publishes; under Exclusive, after begin(). `blocks`: what follows the record, ciphertext.
  Result<void> append_record(Operation& operation, ByteView blocks = {});
  // What of the log's reserve an operation may use up when the disk is full.
  enum class Need { kGrows, kFrees, kBarrier };
  Result<void> ensure_log_space(size_t size, Need need);
  // Whether so many blocks of one operation go into the log behind its record.
  bool goes_into_log(size_t blocks);
  Result<Inode*> inode_of(InodeNumber number);
  Result<Inode*> file_of(InodeNumber number);
  Result<Inode*> directory_of(InodeNumber number);
  Time now() const { return options_.clock ? options_.clock() : Time{}; }
  void report(HostFile file, uint64_t offset, std::string_view what);
  void draw_epoch();

  // engine_open.cc, engine_initialise.cc
  Result<void, OpenFailure> check_unused();
  // Whether somebody has used the volume that lies here, as far as the key can tell.
  bool holds_something();
  // Whether more happened than initialisation does, seen from a superblock beside which another one is missing or foreign.
  bool was_used(const FoundSuperblock& superblock);
  Result<void, OpenFailure> initialise();
  Result<Superblock, OpenFailure> choose_superblock();
  Result<void, OpenFailure> load(const Superblock& superblock, Recovery& recovery);
  Result<void, OpenFailure> recover(const Superblock& superblock);
  Result<void, OpenFailure> check_expected(const Superblock& superblock, const Recovery& recovery);
  Result<void, OpenFailure> check_sizes(const Superblock& superblock);
  Result<void, OpenFailure> check_logs(uint64_t generation);
  uint64_t first_unreadable(const Recovery& recovery);
  Result<void> free_orphans();

  // engine_read.cc
  Result<size_t> read_batch(InodeNumber number, uint64_t offset, std::span<uint8_t> to, bool is_exclusive, bool& stale);
  bool open_block(InodeNumber number, uint64_t block, const BlockRef& ref, const Epoch& epoch, const uint8_t* from,
                  uint8_t* to);
  // Reads a block and opens it. False: not what was written, and `to` is zeros.
  bool fetch_block(InodeNumber number, uint64_t block, const BlockRef& ref, const Place& place, const Epoch& epoch,
                   uint8_t* to);
  // One block of a file under Exclusive; EIO and a line when it is not what was written.
  Result<void> load_block(InodeNumber number, uint64_t block, const BlockRef& ref, uint8_t* to);

  // engine_write.cc
  struct Piece {
    uint64_t block = 0;
    const uint8_t* plain = nullptr;
  };
  Result<void> write_some(InodeNumber number, uint64_t offset, ByteView bytes);
  Result<void> write_all(InodeNumber number, uint64_t offset, ByteView bytes);
  // Makes an edge piece: the block with `size` bytes at `at` replaced by `bytes`, or by zeros.
  Result<void> add_edge(InodeNumber number, const Inode& inode, uint64_t block, size_t at, size_t size,
                        const uint8_t* bytes);
  // Seals pieces_, into the log or fresh slots, and writes the record that names them.
  Result<void> commit(Operation& operation);
  Result<void> choose_slots(Operation& operation);
  void give_back_slots(const Operation& operation);
  void seal_pieces(const Operation& operation);
  Result<void> write_slots(const Operation& operation);

  // engine_barrier.cc
  bool is_tagged() const {
    return options_.keeper != nullptr && !options_.forget_changes && options_.keeper->wants_more();
  }
  bool is_settled() const;  // under index_, or Exclusive
  Result<void> rotate();
  // Begins the next generation from the index as it is.
  Result<void> write_generation();
  // A block that lies in the log, and the slot that it is copied to.
  struct Moved {
    InodeNumber inode;
    uint64_t block, from, to;
  };
  // Copies what lies in the log to free slots. The index stays as it is.
  Result<void> copy_out(std::vector<Moved>& moved);
  Result<bool> adopt_rotation();
  void enter_generation(const Superblock& superblock);
  Result<void> shorten_log(uint64_t generation, uint64_t limit);
  // The space of free slots, to the host: once they are a good part of the file, or `always`.
  void give_back_space(bool always);

  Storage& storage_;
  Coordination& coordination_;
  OpenOptions options_;
  struct Free {
    void operator()(uint8_t* memory) const { std::free(memory); }
  };
  std::vector<std::unique_ptr<uint8_t, Free>> heap_;  // for keys, when the caller has no memory for them
  KeyRing keys_;

  std::mutex writer_, index_;
  View view_;
  LogReader log_;
  BlockCache cache_;
  bool is_lost_ = false;  // the index is of no use; under index_

  // Of this writer, under Exclusive.
  Epoch epoch_{};
  bool has_epoch_ = false;
  uint64_t data_counter_ = 0, log_counter_ = 0, checkpoint_counter_ = 0, superblock_counter_ = 0;
  uint64_t reserved_ =
      0;  // of the log file: written with zeros ahead, so that a full disk does not stop what frees space
  std::atomic<uint64_t> given_back_ = 0;  // slots that were free when a full disk was last helped
  Operation operation_;
  std::vector<uint8_t> record_, sealed_, tags_;
  std::vector<Piece> pieces_;
  std::array<std::array<uint8_t, kBlockSize>, 2> edges_;
  size_t edge_count_ = 0;
};

// Zeros that a log begins with, and is kept ahead by; the last kLogSlack of them are for operations that free space.
inline constexpr uint64_t kLogReserve = uint64_t{1} << 18;
inline constexpr uint64_t kBarrierSlack = uint64_t{1} << 12;
inline constexpr uint64_t kLogSlack = uint64_t{1} << 16;

// A write of more blocks goes to the data file at once.
inline constexpr size_t kMostInLog = 16;

// Of log after which a checkpoint is made, and what the file keeps for the generation after the next.
inline constexpr uint64_t kLogLimit = uint64_t{8} << 20;
inline constexpr uint64_t kLogKept = kLogLimit + 2 * kLogReserve;

ByteView zeros_for_log();  // kLogReserve of them

// Of one path component.
inline bool is_name(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos &&
         name.find('\0') == std::string_view::npos;
}
inline constexpr size_t kLongestName = 255;

}  // namespace redoubt::volume
