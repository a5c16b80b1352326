// SPDX-License-Identifier: Apache-2.0
//
// Changing content. Every change is the same: blocks to fresh slots, then one record with a hole, the new blocks and the new size. Few
// blocks lie in the log instead, behind the record: one write, and one file to be made durable. A checkpoint moves them to slots.
// The bytes of a last block beyond the end of its file are zeros, always; so growing a file needs no block.
#include <sys/stat.h>

#include <algorithm>
#include <cstring>

#include "crypto/cipher_scope.h"
#include "volume/engine.h"

namespace redoubt::volume {
namespace {

constexpr size_t kLargestWrite = size_t{256} * kBlockSize;  // under one record

}  // namespace

Result<void> Engine::add_edge(InodeNumber number, const Inode& inode, uint64_t block, size_t at, size_t size,
                              const uint8_t* bytes) {
  uint8_t* edge = edges_[edge_count_].data();
  TRY_VOID(load_block(number, block, inode.blocks.find(block), edge));
  if (bytes != nullptr) {
    std::memcpy(edge + at, bytes, size);
  } else {
    std::memset(edge + at, 0, size);
  }
  ++edge_count_;
  pieces_.push_back({block, edge});
  return {};
}

bool Engine::goes_into_log(size_t blocks) {
  const uint64_t size = blocks * kBlockSize;
  if (blocks > kMostInLog || view_.bytes_in_log + size > options_.small_writes) return false;
  // On a full disk the rest of the log is for records.
  constexpr uint64_t kKeptBack = kLogReserve / 2;
  return ensure_log_space(size + kKeptBack, Need::kGrows).has_value();
}

Result<void> Engine::choose_slots(Operation& op) {
  op.runs.clear();
  const bool in_log = goes_into_log(pieces_.size());
  for (size_t done = 0; done < pieces_.size();) {
    size_t wanted = 1;
    while (done + wanted < pieces_.size() && pieces_[done + wanted].block == pieces_[done].block + wanted) ++wanted;
    Slots::Found found{0, wanted};
    if (!in_log) {
      const IndexLock lock(index_);
      found = view_.index.slots.reserve(wanted);
    }
    Run run;
    run.block = pieces_[done].block;
    run.slot = found.slot;
    run.counter = data_counter_;
    run.count = static_cast<uint32_t>(found.count);
    run.tags = tags_.data() + done * kMacSize;
    op.runs.push_back(run);
    done += found.count;
    data_counter_ += found.count;
    if (found.slot + found.count >= kSlotLimit) {
      give_back_slots(op);
      return fail(ENOSPC);
    }
  }
  return {};
}

void Engine::give_back_slots(const Operation& op) {
  const IndexLock lock(index_);
  for (const Run& run : op.runs) view_.index.slots.give_back(run.slot, run.count);
}

void Engine::seal_pieces(const Operation& op) {
  const KeyRing::Lease key = keys_.use(Use::kData, epoch_);
  size_t piece = 0;
  BlockContext context;
  std::copy(keys_.volume_id().begin(), keys_.volume_id().end(), context.volume_id);
  context.inode = op.inode;
  for (const Run& run : op.runs) {
    for (uint32_t i = 0; i < run.count; ++i, ++piece) {
      context.block = run.block + i;
      key->seal(nonce_of(run.counter + i), bytes_of(context), {pieces_[piece].plain, kBlockSize},
                sealed_.data() + piece * kBlockSize,
                std::span<uint8_t, kMacSize>(tags_.data() + piece * kMacSize, kMacSize));
    }
  }
}

Result<void> Engine::write_slots(const Operation& op) {
  size_t piece = 0;
  for (size_t i = 0; i < op.runs.size();) {
    // Runs that lie side by side are one write.
    uint64_t count = op.runs[i].count;
    const uint64_t slot = op.runs[i].slot;
    for (++i; i < op.runs.size() && op.runs[i].slot == slot + count; ++i) count += op.runs[i].count;
    const ByteView bytes{sealed_.data() + piece * kBlockSize, count * kBlockSize};
    TRY_VOID(storage_.write(HostFile::kData, slot * kBlockSize, bytes));
    piece += count;
  }
  return {};
}

Result<void> Engine::commit(Operation& op) {
  if (pieces_.empty()) return append_record(op);
  // One for blocks and record. What lies between may wait for the disk, as natively, where no signal ends that either.
  const crypto::CipherScope scope;
  sealed_.resize(pieces_.size() * kBlockSize);
  tags_.resize(pieces_.size() * kMacSize);
  TRY_VOID(choose_slots(op));
  seal_pieces(op);
  if (op.runs.front().slot == 0) return append_record(op, sealed_);
  const auto written = write_slots(op);
  // The record takes the slots, here as in every other process.
  give_back_slots(op);
  TRY_VOID(written);
  return append_record(op);
}

Result<void> Engine::write_some(InodeNumber number, uint64_t offset, ByteView bytes) {
  const Inode* inode = TRY(file_of(number));
  const uint64_t end = offset + bytes.size();
  pieces_.clear();
  edge_count_ = 0;
  for (uint64_t at = offset; at < end;) {
    const size_t inside = at % kBlockSize;
    const size_t size = std::min<uint64_t>(kBlockSize - inside, end - at);
    const uint8_t* from = bytes.data() + (at - offset);
    if (size == kBlockSize) {
      pieces_.push_back({at / kBlockSize, from});
    } else {
      TRY_VOID(add_edge(number, *inode, at / kBlockSize, inside, size, from));
    }
    at += size;
  }
  Operation& op = operation_;
  op.reset(Kind::kContent);
  op.inode = number;
  op.size = std::max(inode->attributes.size, end);
  op.time = now();
  TRY_VOID(commit(op));
  for (const Piece& piece : pieces_) {
    if (piece.plain == edges_[0].data() || piece.plain == edges_[1].data()) {
      cache_.put(number, piece.block, inode->blocks.find(piece.block), piece.plain);
    }
  }
  return {};
}

Result<void> Engine::write_all(InodeNumber number, uint64_t offset, ByteView bytes) {
  if (offset > kFileLimit || bytes.size() > kFileLimit - offset) return fail(EFBIG);
  for (size_t done = 0; done < bytes.size();) {
    // To a block boundary, so that all but the edges are whole blocks.
    const size_t room = kLargestWrite - (offset + done) % kBlockSize;
    const size_t size = std::min(bytes.size() - done, room);
    TRY_VOID(write_some(number, offset + done, bytes.subspan(done, size)));
    done += size;
  }
  return {};
}

Result<void> Engine::write(InodeNumber number, uint64_t offset, ByteView bytes) {
  const Exclusive exclusive(*this);
  TRY_VOID(begin());
  TRY_VOID(file_of(number));
  return write_all(number, offset, bytes);
}

Result<uint64_t> Engine::append(InodeNumber number, ByteView bytes) {
  const Exclusive exclusive(*this);
  TRY_VOID(begin());
  const Inode* inode = TRY(file_of(number));
  const uint64_t end = inode->attributes.size;
  TRY_VOID(write_all(number, end, bytes));
  return end + bytes.size();
}

Result<void> Engine::truncate(InodeNumber number, uint64_t size) {
  if (size > kFileLimit) return fail(EFBIG);
  const Exclusive exclusive(*this);
  TRY_VOID(begin());
  const Inode* inode = TRY(file_of(number));
  pieces_.clear();
  edge_count_ = 0;
  Operation& op = operation_;
  op.reset(Kind::kContent);
  op.inode = number;
  op.size = size;
  op.time = now();
  if (size < inode->attributes.size) {
    op.hole_first = (size + kBlockSize - 1) / kBlockSize;
    op.hole_end = kFileLimit / kBlockSize + 1;
    const uint64_t last = size / kBlockSize;
    if (size % kBlockSize != 0 && !inode->blocks.find(last).is_hole()) {
      TRY_VOID(add_edge(number, *inode, last, size % kBlockSize, kBlockSize - size % kBlockSize, nullptr));
    }
  }
  return commit(op);
}

Result<void> Engine::punch(InodeNumber number, uint64_t offset, uint64_t size) {
  const Exclusive exclusive(*this);
  TRY_VOID(begin());
  const Inode* inode = TRY(file_of(number));
  const uint64_t file_size = inode->attributes.size;
  if (size == 0 || offset >= file_size) return {};
  uint64_t end = offset + std::min(size, file_size - offset);
  // Behind the end there are zeros already.
  if (end == file_size) end = (end + kBlockSize - 1) / kBlockSize * kBlockSize;
  pieces_.clear();
  edge_count_ = 0;
  Operation& op = operation_;
  op.reset(Kind::kContent);
  op.inode = number;
  op.size = file_size;
  op.time = now();
  op.hole_first = (offset + kBlockSize - 1) / kBlockSize;
  op.hole_end = std::max(op.hole_first, end / kBlockSize);
  const auto zero = [&](uint64_t from, uint64_t to) -> Result<void> {
    if (from >= to || inode->blocks.find(from / kBlockSize).is_hole()) return {};
    return add_edge(number, *inode, from / kBlockSize, from % kBlockSize, to - from, nullptr);
  };
  const uint64_t first_end = std::min(end, op.hole_first * kBlockSize);
  TRY_VOID(zero(offset, first_end));
  const uint64_t last_start = std::max(first_end, op.hole_end * kBlockSize);
  TRY_VOID(zero(last_start, end));
  return commit(op);
}

}  // namespace redoubt::volume
