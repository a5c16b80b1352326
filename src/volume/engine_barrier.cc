// SPDX-License-Identifier: Apache-2.0
//
// Durability. A barrier writes its record first: from then on every process keeps the slots that this state names. Then it syncs data
// and log, hands the tag to the keeper, and says in one more record what has become durable. Writers go on meanwhile.
//
// A checkpoint begins the next generation: blocks copied out of the log, data synced, index written and synced, the beginning of the
// next log emptied and synced, a last record into the old log, superblock written and synced, head published. Until the superblock is
// durable the old generation is complete; after the last record nothing follows in the old log, so that a process that dies in
// between leaves no room for two histories.
#include <sys/stat.h>

#include <algorithm>

#include "volume/checkpoint.h"
#include "volume/engine.h"

namespace redoubt::volume {
namespace {

constexpr size_t kCopied = 64;  // blocks at a time

class BarrierLock {
 public:
  explicit BarrierLock(Coordination& coordination) : coordination_(coordination) { coordination_.lock_barrier(); }
  ~BarrierLock() { coordination_.unlock_barrier(); }
  BarrierLock(const BarrierLock&) = delete;
  BarrierLock& operator=(const BarrierLock&) = delete;

 private:
  Coordination& coordination_;
};

}  // namespace

bool Engine::is_settled() const {
  const uint64_t last = view_.index.last_change;
  // A run without a keeper may have made durable what the keeper has no tag of.
  return coordination_.settled() >= last && (!is_tagged() || view_.index.acknowledged >= last);
}

Result<void> Engine::barrier(Barrier when) {
  const auto is_needless = [&]() -> Result<bool> {
    const IndexLock lock = TRY(reading());
    return when == Barrier::kWhenNeeded && is_settled();
  };
  if (TRY(is_needless())) return {};
  if (options_.read_only) return fail(EROFS);
  const BarrierLock barrier_lock(coordination_);
  if (TRY(is_needless())) return {};  // somebody's barrier meanwhile: it was for us too

  const bool is_tagged = this->is_tagged();
  LogPosition at;
  bool has_data = false;
  {
    const Exclusive exclusive(*this);
    TRY_VOID(begin());
    operation_.reset(Kind::kBarrier);
    operation_.flags = is_tagged ? kTagged : 0;
    TRY_VOID(append_record(operation_));
    at = view_.at;
    has_data = view_.data_sequence > view_.index.durable;
  }
  for (const HostFile file : {HostFile::kData, log_of(at.generation)}) {
    // Even with nothing to write, the host would wait for its disk to empty its cache.
    if (file == HostFile::kData && !has_data) continue;
    if (const auto synced = storage_.sync(file); !synced) {
      // What the host has then thrown away nobody knows.
      coordination_.stop();
      report(file, 0, "could not be made durable; no more changes are taken");
      return synced;
    }
  }
  {
    // The host tells of a failure once. A checkpoint may have heard of it, which had this lock until it had stopped the volume.
    const Exclusive exclusive(*this);
    if (coordination_.is_stopped()) return fail(EIO);
  }
  if (is_tagged) {
    if (const auto kept = options_.keeper->keep({at.sequence, keys_.tag_mac(at.sequence, at.chain)}); !kept) {
      coordination_.stop();
      report(log_of(at.generation), at.offset, "the tag of this point was not kept; no more changes are taken");
      return fail(EIO);
    }
  }
  coordination_.settle(at.sequence);
  const Exclusive exclusive(*this);
  // Where it does not succeed, a crash costs reading what was written since the barrier before, no more.
  if (!begin()) return {};
  operation_.reset(Kind::kSettled);
  operation_.acknowledged = is_tagged ? at.sequence : 0;
  (void)append_record(operation_);
  return {};
}

bool Engine::is_dirty() {
  const auto lock = reading();
  return !lock || !is_settled();
}

Tag Engine::tag() {
  const auto lock = reading();
  if (!lock) return {};
  return {view_.tip_sequence, keys_.tag_mac(view_.tip_sequence, view_.tip_chain)};
}

Volume::Space Engine::space() {
  const auto lock = reading();
  if (!lock) return {};
  const uint64_t files = static_cast<uint64_t>(std::ranges::count_if(
      view_.index.inodes(), [](const auto& entry) { return S_ISREG(entry.second.attributes.mode); }));
  uint64_t blocks_in_log = 0;
  for (const auto& [number, inode] : view_.index.inodes()) {
    inode.blocks.for_each([&](uint64_t, const BlockRef& ref) { blocks_in_log += ref.is_in_log(); });
  }
  return {files, view_.index.data_blocks, view_.index.slots.free_count(), view_.at.offset, blocks_in_log};
}

Result<void> Engine::checkpoint() {
  const Exclusive exclusive(*this);
  TRY_VOID(begin());
  return rotate();
}

Result<void> Engine::shorten_log(uint64_t generation, uint64_t limit) {
  const uint64_t size = TRY(storage_.size(log_of(generation)));
  return size > limit ? storage_.truncate(log_of(generation), limit) : Result<void>{};
}

void Engine::enter_generation(const Superblock& superblock) {
  const IndexLock lock(index_);
  view_.at.generation = superblock.generation;
  view_.at.offset = 0;
  view_.base = superblock.sequence;
  view_.checkpoint_bytes = superblock.chunk_bytes;
  view_.index.is_rotating = false;
  view_.index.slots.settle(superblock.sequence);
  const auto log_size = storage_.size(log_of(superblock.generation));
  reserved_ = log_size ? *log_size : kLogReserve;
  coordination_.publish(view_.at);
}

// A process wrote kRotate and died before it published the next generation. Was its superblock written?
Result<bool> Engine::adopt_rotation() {
  const HostFile file = superblock_of(view_.at.generation + 1);
  const FoundSuperblock found = read_superblock(storage_, keys_, file, Whose::kOurs);
  const Superblock& superblock = found.superblock;
  if (found.found != Found::kValid || superblock.generation != view_.at.generation + 1 ||
      superblock.sequence != view_.at.sequence || superblock.chain != view_.at.chain) {
    return false;
  }
  if (const auto synced = storage_.sync(file); !synced) {
    coordination_.stop();
    return std::unexpected(synced.error());
  }
  // What lay in the log lies elsewhere, as its checkpoint says.
  const Head head{superblock.generation, 0, superblock.sequence, superblock.chain};
  const IndexLock lock(index_);
  TRY_VOID(reload(head, superblock));
  coordination_.publish(head);
  return true;
}

Result<void> Engine::copy_out(std::vector<Moved>& moved) {
  for (const auto& [number, inode] : view_.index.inodes()) {
    inode.blocks.for_each([&, number = number](uint64_t block, const BlockRef& ref) {
      if (ref.is_in_log()) moved.push_back({number, block, ref.slot, 0});
    });
  }
  std::ranges::sort(moved, {}, &Moved::from);
  const HostFile log = log_of(view_.at.generation);
  std::vector<uint8_t> window, blocks;
  uint64_t start = 0;
  for (size_t i = 0; i < moved.size();) {
    const IndexLock lock(index_);
    const Slots::Found found = view_.index.slots.reserve(std::min(kCopied, moved.size() - i));
    blocks.clear();
    for (uint64_t k = 0; k < found.count; ++k) moved[i + k].to = found.slot + k;
    if (found.slot + found.count >= kSlotLimit) return fail(ENOSPC);
    for (uint64_t k = 0; k < found.count; ++k) {
      const uint64_t offset = log_offset_of(moved[i + k].from);
      if (offset < start || offset + kBlockSize > start + window.size()) {
        start = offset;
        window.resize(kCopied * kBlockSize);
        window.resize(TRY(storage_.read(log, start, window)));
        if (window.size() < kBlockSize) {
          report(log, offset, "a block is not there");
          return fail(EIO);
        }
      }
      const auto first = window.begin() + static_cast<ptrdiff_t>(offset - start);
      blocks.insert(blocks.end(), first, first + kBlockSize);
    }
    TRY_VOID(storage_.write(HostFile::kData, found.slot * kBlockSize, blocks));
    i += found.count;
  }
  return {};
}

Result<void> Engine::rotate() {
  std::vector<Moved> moved;
  const auto put = [&](uint64_t Moved::*where) {
    for (const Moved& block : moved) {
      BlockMap& blocks = view_.index.find(block.inode)->blocks;
      BlockRef ref = blocks.find(block.block);
      ref.slot = block.*where;
      blocks.set(block.block, ref);
    }
  };
  auto done = copy_out(moved);
  if (done) {
    {
      const IndexLock lock(index_);
      put(&Moved::to);
    }
    done = write_generation();
    if (done) return done;
    // The log stays in force, and the other processes know of no move.
    const IndexLock lock(index_);
    put(&Moved::from);
  }
  const IndexLock lock(index_);
  for (const Moved& block : moved) {
    if (block.to != 0) view_.index.slots.give_back(block.to, 1);
  }
  return done;
}

Result<void> Engine::write_generation() {
  const uint64_t generation = view_.at.generation + 1;
  Superblock next;
  next.generation = generation;
  if (const auto synced = storage_.sync(HostFile::kData); !synced) {
    coordination_.stop();
    report(HostFile::kData, 0, "could not be made durable; no more changes are taken");
    return synced;
  }
  const uint64_t first_counter = checkpoint_counter_;
  const auto written = write_checkpoint(storage_, keys_, view_.index, epoch_, first_counter, next);
  checkpoint_counter_ += next.chunk_count + 1;  // also of a chunk that was sealed and not written
  TRY_VOID(written);
  TRY_VOID(storage_.truncate(checkpoint_of(generation), next.chunk_bytes));
  TRY_VOID(storage_.sync(checkpoint_of(generation)));
  TRY_VOID(shorten_log(generation, kLogKept));
  TRY_VOID(storage_.write(log_of(generation), 0, zeros_for_log()));
  TRY_VOID(storage_.sync(log_of(generation)));

  if (!view_.index.is_rotating) {
    operation_.reset(Kind::kRotate);
    TRY_VOID(append_record(operation_));
  }
  next.sequence = view_.at.sequence;
  next.chain = view_.at.chain;
  next.tags = view_.tags;
  const std::vector<uint8_t> page = seal_superblock(keys_, next, epoch_, superblock_counter_++);
  auto put = storage_.write(superblock_of(generation), 0, page);
  if (put) put = storage_.sync(superblock_of(generation));
  if (!put) {
    coordination_.stop();
    report(superblock_of(generation), 0, "could not be written; no more changes are taken");
    return put;
  }
  enter_generation(next);
  give_back_space(false);
  return {};
}

bool Engine::make_room() {
  bool is_barrier_needed = false;
  {
    const auto lock = reading();
    if (!lock) return false;
    const Slots& slots = view_.index.slots;
    is_barrier_needed = slots.has_dropped();
    if (!is_barrier_needed && slots.free_count() == given_back_) return false;
  }
  if (is_barrier_needed && !barrier()) return false;
  const Exclusive exclusive(*this);
  if (!begin()) return false;
  (void)shorten_log(view_.at.generation + 1, kLogReserve);
  give_back_space(true);
  given_back_ = view_.index.slots.free_count();
  return true;
}

void Engine::give_back_space(bool always) {
  const uint64_t stretch = always ? 1 : 64;
  const Slots& slots = view_.index.slots;
  if (!always && slots.free_count() * 4 < slots.end()) return;
  for (uint64_t first = 1; first < slots.end();) {
    uint64_t end = first;
    while (end < slots.end() && slots.is_free(end)) ++end;
    if (end - first >= stretch) storage_.discard(HostFile::kData, first * kBlockSize, (end - first) * kBlockSize);
    first = end + 1;
  }
}

void Engine::lock_for_fork() {
  writer_.lock();
  index_.lock();
  cache_.mutex_for_fork().lock();
}

// The thread that forked holds the locks in the child, too: nothing else runs there.
void Engine::unlock_after_fork(bool is_child) {
  if (is_child) {
    keys_.after_fork();
    has_epoch_ = false;
  }
  cache_.mutex_for_fork().unlock();
  index_.unlock();
  writer_.unlock();
}

}  // namespace redoubt::volume
