// SPDX-License-Identifier: Apache-2.0
//
// Reading. References are copied under the index lock; blocks are read and opened without any. Meanwhile a slot may have been
// given to another block: then it does not verify, the index has another reference, and the read begins anew, with writers held
// off. What does not verify then either is not what was written: EIO and a line.
#include <algorithm>
#include <cstring>

#include "crypto/cipher_scope.h"
#include "volume/engine.h"

namespace redoubt::volume {
namespace {

constexpr size_t kBatch = 64;  // blocks

BlockContext context_of(const VolumeId& id, InodeNumber inode, uint64_t block) {
  BlockContext context;
  std::copy(id.begin(), id.end(), context.volume_id);
  context.inode = inode;
  context.block = block;
  return context;
}

}  // namespace

bool Engine::open_block(InodeNumber number, uint64_t block, const BlockRef& ref, const Epoch& epoch,
                        const uint8_t* from, uint8_t* to) {
  const BlockContext context = context_of(keys_.volume_id(), number, block);
  return keys_.use(Use::kData, epoch)->open(nonce_of(ref.counter), bytes_of(context), {from, kBlockSize}, to, ref.tag);
}

bool Engine::fetch_block(InodeNumber number, uint64_t block, const BlockRef& ref, const Place& place,
                         const Epoch& epoch, uint8_t* to) {
  const auto read = storage_.read(place.file, place.offset, {to, kBlockSize});
  if (read && *read == kBlockSize && open_block(number, block, ref, epoch, to, to)) return true;
  std::memset(to, 0, kBlockSize);
  return false;
}

Result<void> Engine::load_block(InodeNumber number, uint64_t block, const BlockRef& ref, uint8_t* to) {
  if (ref.is_hole()) {
    std::memset(to, 0, kBlockSize);
    return {};
  }
  if (cache_.get(number, block, ref, 0, kBlockSize, to)) return {};
  const Place place = view_.place(ref);
  if (fetch_block(number, block, ref, place, view_.index.epoch(ref.epoch), to)) return {};
  report(place.file, place.offset, "a block is not what was written");
  return fail(EIO);
}

Result<size_t> Engine::read_batch(InodeNumber number, uint64_t offset, std::span<uint8_t> to, bool is_exclusive,
                                  bool& stale) {
  std::array<BlockRef, kBatch> refs;
  std::array<Epoch, kBatch> epochs;
  std::array<Place, kBatch> places;
  const uint64_t first = offset / kBlockSize;
  {
    IndexLock lock = is_exclusive ? IndexLock(index_) : TRY(reading());
    const Inode* inode = TRY(file_of(number));
    const uint64_t size = inode->attributes.size;
    if (offset >= size || to.empty()) return 0;
    to = to.first(std::min<uint64_t>({to.size(), size - offset, kBatch * kBlockSize - offset % kBlockSize}));
    for (uint64_t i = 0; i <= (offset + to.size() - 1) / kBlockSize - first; ++i) {
      refs[i] = inode->blocks.find(first + i);
      if (refs[i].is_hole()) continue;
      epochs[i] = view_.index.epoch(refs[i].epoch);
      places[i] = view_.place(refs[i]);
    }
  }
  const auto fail_at = [&](const Place& place) {
    if (is_exclusive) report(place.file, place.offset, "a block is not what was written");
    stale = true;
    return fail(EIO);
  };
  for (uint64_t done = 0; done < to.size();) {
    const uint64_t at = offset + done;
    const size_t i = at / kBlockSize - first;
    const size_t inside = at % kBlockSize;
    const size_t size = std::min<size_t>(kBlockSize - inside, to.size() - done);
    uint8_t* out = to.data() + done;
    if (refs[i].is_hole()) {
      std::memset(out, 0, size);
      done += size;
      continue;
    }
    if (size < kBlockSize) {
      if (!cache_.get(number, first + i, refs[i], inside, size, out)) {
        std::array<uint8_t, kBlockSize> block;
        if (!fetch_block(number, first + i, refs[i], places[i], epochs[i], block.data())) return fail_at(places[i]);
        std::memcpy(out, block.data() + inside, size);
        cache_.put(number, first + i, refs[i], block.data());
      }
      done += size;
      continue;
    }
    // Whole blocks that lie side by side: one read, opened in place.
    size_t count = 1;
    const auto follows = [&](size_t n) {
      return !refs[i + n].is_hole() && places[i + n] == Place{places[i].file, places[i].offset + n * kBlockSize};
    };
    while (to.size() - done >= (count + 1) * kBlockSize && follows(count)) ++count;
    const std::span<uint8_t> part{out, count * kBlockSize};
    const auto read = storage_.read(places[i].file, places[i].offset, part);
    const crypto::CipherScope scope;
    for (size_t k = 0; k < count; ++k) {
      const bool is_there = read && *read >= (k + 1) * kBlockSize;
      uint8_t* block = out + k * kBlockSize;
      if (!is_there || !open_block(number, first + i + k, refs[i + k], epochs[i + k], block, block)) {
        std::memset(block, 0, part.size() - k * kBlockSize);
        return fail_at(places[i + k]);
      }
    }
    done += part.size();
  }
  return to.size();
}

Result<size_t> Engine::read(InodeNumber number, uint64_t offset, std::span<uint8_t> to) {
  size_t done = 0;
  do {
    bool stale = false;
    auto read = read_batch(number, offset + done, to.subspan(done), false, stale);
    if (!read && stale) {
      const Exclusive exclusive(*this);
      TRY_VOID(follow());
      read = read_batch(number, offset + done, to.subspan(done), true, stale);
    }
    if (!read) {
      if (done > 0) return done;
      return read;
    }
    done += *read;
    if (*read == 0) break;
  } while (done < to.size());
  return done;
}

Result<uint64_t> Engine::seek_data(InodeNumber number, uint64_t offset) {
  const IndexLock lock = TRY(reading());
  const Inode* inode = TRY(file_of(number));
  if (offset >= inode->attributes.size) return fail(ENXIO);
  const uint64_t block = inode->blocks.next_data(offset / kBlockSize);
  if (block == BlockMap::kNone || block * kBlockSize >= inode->attributes.size) return fail(ENXIO);
  return std::max(offset, block * kBlockSize);
}

Result<uint64_t> Engine::seek_hole(InodeNumber number, uint64_t offset) {
  const IndexLock lock = TRY(reading());
  const Inode* inode = TRY(file_of(number));
  if (offset >= inode->attributes.size) return fail(ENXIO);
  const uint64_t block = inode->blocks.next_hole(offset / kBlockSize);
  return std::min(inode->attributes.size, std::max(offset, block * kBlockSize));
}

std::vector<std::string> Engine::verify(const std::function<void(uint64_t, uint64_t)>& progress) {
  std::vector<std::string> problems;
  const Exclusive exclusive(*this);
  if (const auto current = follow(); !current) {
    problems.emplace_back("log: not what was written");
    return problems;
  }
  uint64_t done = 0;
  std::array<uint8_t, kBlockSize> block;
  for (const auto& [number, inode] : view_.index.inodes()) {
    inode.blocks.for_each([&, number = number](uint64_t at, const BlockRef& ref) {
      const Place place = view_.place(ref);
      if (!fetch_block(number, at, ref, place, view_.index.epoch(ref.epoch), block.data())) {
        problems.push_back(name_of(place.file) + std::string(": offset ") + std::to_string(place.offset) + ": block " +
                           std::to_string(at) + " of inode " + std::to_string(number) + " is not what was written");
      }
      if (progress) progress(++done, view_.index.data_blocks);
    });
  }
  return problems;
}

}  // namespace redoubt::volume
