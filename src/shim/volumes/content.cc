// SPDX-License-Identifier: Apache-2.0
//
// The pages in the arena are reached by reading and writing its descriptor. Everything about a mapped file is done under the
// entry's `mapping` lock, which calls on files that nobody maps do not take: they look at a flag.
#include "shim/volumes/content.h"

#include <fcntl.h>
#include <linux/falloc.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
#include <optional>

#include "shim/files/raised_limit.h"
#include "shim/files/window.h"
#include "shim/gate/gate.h"
#include "shim/gate/host_answer.h"
#include "shim/volumes/handles.h"
#include "shim/volumes/host_storage.h"
#include "shim/volumes/mounts.h"

namespace redoubt::shim::volumes {
namespace {

constexpr uint64_t kPage = 4096;
constexpr size_t kChunk = size_t{64} << 10;

constexpr uint64_t page_down(uint64_t at) { return at & ~(kPage - 1); }
constexpr uint64_t page_up(uint64_t at) { return page_down(at + kPage - 1); }

uint64_t arena_fd() { return static_cast<uint64_t>(window::get(window::Slot::kArena)); }
uint64_t arena_offset(Handle handle, uint64_t at) { return uint64_t{handle} * kPart + at; }

volume::Volume& volume_of(Handle handle) { return volume(file_of(handle).volume); }
volume::InodeNumber inode_of(Handle handle) { return file_of(handle).inode; }

struct Range {
  uint64_t begin, end;
  bool empty() const { return begin >= end; }
};
Range mapped(const HandleEntry& entry) { return {entry.mapped_begin, entry.mapped_end}; }
Range overlap(Range one, Range other) { return {std::max(one.begin, other.begin), std::min(one.end, other.end)}; }

Result<void> read_arena(Handle handle, uint64_t at, std::span<uint8_t> to) {
  size_t done = 0;
  while (done < to.size()) {
    const size_t wanted = to.size() - done;
    const size_t got = TRY(gate::count_of(gate::call(SYS_pread64, arena_fd(), gate::address_of(to.data() + done),
                                                     wanted, arena_offset(handle, at + done)),
                                          wanted));
    if (got == 0) return fail(EIO);
    done += got;
  }
  return {};
}

Result<void> write_arena(Handle handle, uint64_t at, ByteView bytes) {
  std::optional<RaisedSoftLimit> raised;
  if (file_size_limit() != RLIM_INFINITY) raised.emplace(RLIMIT_FSIZE, RLIM_INFINITY);
  size_t done = 0;
  while (done < bytes.size()) {
    const size_t wanted = bytes.size() - done;
    const size_t put = TRY(gate::count_of(gate::call(SYS_pwrite64, arena_fd(), gate::address_of(bytes.data() + done),
                                                     wanted, arena_offset(handle, at + done)),
                                          wanted));
    if (put == 0) return fail(EIO);
    done += put;
  }
  return {};
}

void drop_arena(Handle handle, Range range) {
  if (range.empty()) return;
  gate::call(SYS_fallocate, arena_fd(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, arena_offset(handle, range.begin),
             range.end - range.begin);
}

// Whole pages go back; parts of pages become zeros.
Result<void> zero_arena(Handle handle, Range range) {
  static constexpr uint8_t kZeros[kPage] = {};
  while (!range.empty()) {
    const uint64_t page_end = page_down(range.begin) + kPage;
    if (range.begin % kPage == 0 && range.end >= page_end) {
      drop_arena(handle, {range.begin, page_down(range.end)});
      range.begin = page_down(range.end);
      continue;
    }
    const uint64_t end = std::min(range.end, page_end);
    TRY_VOID(write_arena(handle, range.begin, {kZeros, end - range.begin}));
    range.begin = end;
  }
  return {};
}

Result<uint64_t> size_of(Handle handle) {
  return TRY(volume_of(handle).attributes(inode_of(handle)))
  .size;
}

// Copies the volume's bytes of a range to the arena; holes stay holes.
Result<void> fill_arena(Handle handle, Range range, std::span<uint8_t> buffer) {
  volume::Volume& from = volume_of(handle);
  uint64_t at = range.begin;
  while (at < range.end) {
    const auto data = from.seek_data(inode_of(handle), at);
    if (!data && data.error() == as_errno(ENXIO)) return {};
    if (!data) return std::unexpected(data.error());
    at = std::max(at, page_down(*data));
    if (at >= range.end) return {};
    const size_t wanted = std::min<uint64_t>(buffer.size(), range.end - at);
    const size_t got = TRY(from.read(inode_of(handle), at, buffer.first(wanted)));
    if (got == 0) return {};
    TRY_VOID(write_arena(handle, at, buffer.first(got)));
    at += got;
  }
  return {};
}

// ---- Under the entry's `mapping`. ----

// Writes the pages of one chunk that differ from the volume's.
Result<void> flush_chunk(Handle handle, uint64_t at, std::span<uint8_t> stored, std::span<uint8_t> known) {
  TRY_VOID(read_arena(handle, at, stored));
  const size_t got = TRY(volume_of(handle).read(inode_of(handle), at, known));
  if (got < known.size()) std::memset(known.data() + got, 0, known.size() - got);
  const auto differs = [&](size_t page) {
    const size_t size = std::min<size_t>(kPage, stored.size() - page);
    return std::memcmp(stored.data() + page, known.data() + page, size) != 0;
  };
  for (size_t page = 0; page < stored.size();) {
    if (!differs(page)) {
      page += kPage;
      continue;
    }
    size_t end = page + kPage;
    while (end < stored.size() && differs(end)) end += kPage;
    end = std::min(end, stored.size());
    TRY_VOID(volume_of(handle).write(inode_of(handle), at + page, ByteView(stored).subspan(page, end - page)));
    entry_of(handle).flags |= kWritten;
    page = end;
  }
  return {};
}

Result<void> flush_pages(Handle handle) {
  const HandleEntry& entry = entry_of(handle);
  if ((entry.flags & kMappedWritable) == 0) return {};
  const Range range = overlap(mapped(entry), { 0, TRY(size_of(handle)) });
  const std::unique_ptr<uint8_t[]> buffer(new (std::nothrow) uint8_t[2 * kChunk]);
  if (buffer == nullptr) return fail(ENOMEM);
  for (uint64_t at = range.begin; at < range.end;) {
    // Pages that were never touched are not there, and cost nothing.
    const int64_t data = gate::call(SYS_lseek, arena_fd(), arena_offset(handle, at), SEEK_DATA);
    if (data < 0 || static_cast<uint64_t>(data) >= arena_offset(handle, range.end)) break;
    at = std::max(at, page_down(static_cast<uint64_t>(data) - arena_offset(handle, 0)));
    const size_t size = std::min<uint64_t>(kChunk, range.end - at);
    TRY_VOID(flush_chunk(handle, at, {buffer.get(), size}, {buffer.get() + kChunk, size}));
    at += size;
  }
  return {};
}

void forget_pages(Handle handle) {
  HandleEntry& entry = entry_of(handle);
  drop_arena(handle, mapped(entry));
  entry.mapped_begin = 0;
  entry.mapped_end = 0;
  entry.flags &= ~(kMapped | kMappedWritable);
}

Result<void> flush_held(Handle handle) {
  // Asked before: a mapping that goes meanwhile may have stored meanwhile.
  const bool is_mapped = is_mapped_somewhere(handle);
  TRY_VOID(flush_pages(handle));
  if (!is_mapped) forget_pages(handle);
  return {};
}

bool is_mapped(Handle handle) { return (entry_of(handle).flags & kMapped) != 0; }

// Of a range of the file, `from` the arena where it has pages, the rest by `of_volume(range)`.
Result<size_t> read_mapped(Handle handle, uint64_t offset, std::span<uint8_t> to) {
  const uint64_t size = TRY(size_of(handle));
  if (offset >= size) return size_t{0};
  const Range all = {offset, std::min<uint64_t>(size, offset + to.size())};
  const Range inside = overlap(all, mapped(entry_of(handle)));
  const size_t count = all.end - all.begin;
  if (inside.empty()) return volume_of(handle).read(inode_of(handle), offset, to.first(count));
  const auto part = [&](Range range) { return to.subspan(range.begin - offset, range.end - range.begin); };
  for (const Range outside : {Range{all.begin, inside.begin}, Range{inside.end, all.end}}) {
    if (outside.empty()) continue;
    const size_t got = TRY(volume_of(handle).read(inode_of(handle), outside.begin, part(outside)));
    std::memset(part(outside).data() + got, 0, part(outside).size() - got);  // it became shorter
  }
  TRY_VOID(read_arena(handle, inside.begin, part(inside)));
  return count;
}

Result<void> copy_to_arena(Handle handle, uint64_t offset, ByteView bytes) {
  const Range inside = overlap({offset, offset + bytes.size()}, mapped(entry_of(handle)));
  if (inside.empty()) return {};
  return write_arena(handle, inside.begin, bytes.subspan(inside.begin - offset, inside.end - inside.begin));
}

}  // namespace

Result<size_t> read_content(Handle handle, uint64_t offset, std::span<uint8_t> to) {
  if (!is_mapped(handle)) return volume_of(handle).read(inode_of(handle), offset, to);
  const SharedGuard guard(entry_of(handle).mapping);
  return read_mapped(handle, offset, to);
}

// A change of a file that nobody maps: `change` alone. Of one that somebody maps: `change` and then `repeat` in the arena, as one.
// Who begins to map it between the look and the change may have filled the arena with what was there before: so the look is
// repeated after the change.
template <typename Change, typename Repeat>
auto change_content(Handle handle, const Change& change, const Repeat& repeat) -> decltype(change()) {
  entry_of(handle).flags |= kWritten;
  std::optional<SharedGuard> guard;
  if (is_mapped(handle)) guard.emplace(entry_of(handle).mapping);
  const auto changed = change();
  if (!guard && is_mapped(handle)) guard.emplace(entry_of(handle).mapping);
  if (!changed || !guard) return changed;
  const Result<void> repeated = repeat(changed);
  if (!repeated) return std::unexpected(repeated.error());
  return changed;
}

Result<void> write_content(Handle handle, uint64_t offset, ByteView bytes) {
  return change_content(
      handle, [&] { return volume_of(handle).write(inode_of(handle), offset, bytes); },
      [&](const Result<void>&) { return copy_to_arena(handle, offset, bytes); });
}

Result<uint64_t> append_content(Handle handle, ByteView bytes) {
  return change_content(
      handle, [&] { return volume_of(handle).append(inode_of(handle), bytes); },
      [&](const Result<uint64_t>& end) { return copy_to_arena(handle, *end - bytes.size(), bytes); });
}

// What lies behind the end of a file in its last page is zeros once the file grows over it.
Result<void> truncate_content(Handle handle, uint64_t size) {
  const uint64_t before = TRY(size_of(handle));
  return change_content(
      handle, [&] { return volume_of(handle).truncate(inode_of(handle), size); },
      [&](const Result<void>&) {
        const Range changed = {std::min(before, size), page_up(std::max(before, size))};
        return zero_arena(handle, overlap(changed, mapped(entry_of(handle))));
      });
}

Result<void> punch_content(Handle handle, uint64_t offset, uint64_t size) {
  return change_content(
      handle, [&] { return volume_of(handle).punch(inode_of(handle), offset, size); },
      [&](const Result<void>&) {
        return zero_arena(handle, overlap({offset, offset + size}, mapped(entry_of(handle))));
      });
}

Result<void> prepare_mapping(Handle handle, uint64_t begin, uint64_t end, int arena_fd, bool may_store) {
  HandleEntry& entry = entry_of(handle);
  const SharedGuard guard(entry.mapping);
  // Of processes that are gone.
  if (is_mapped(handle) && !is_mapped_somewhere(handle)) TRY_VOID(flush_held(handle));
  if (arena_fd != kNoDescription) TRY_VOID(hold_by_mapping(handle, arena_fd));
  Range range = {page_down(begin), page_up(end)};
  const Range before = is_mapped(handle) ? mapped(entry) : Range{range.begin, range.begin};
  range = {std::min(range.begin, before.begin), std::max(range.end, before.end)};
  const std::unique_ptr<uint8_t[]> buffer(new (std::nothrow) uint8_t[kChunk]);
  if (buffer == nullptr) return fail(ENOMEM);
  // Readers of the flag wait for `mapping`, so no write passes the arena by from here on.
  entry.flags |= kMapped;
  auto filled = fill_arena(handle, {range.begin, before.begin}, {buffer.get(), kChunk});
  if (filled) filled = fill_arena(handle, {before.end, range.end}, {buffer.get(), kChunk});
  if (!filled) {
    if (before.empty()) entry.flags &= ~kMapped;
    drop_arena(handle, {range.begin, before.begin});
    drop_arena(handle, {before.end, range.end});
    return filled;
  }
  entry.mapped_begin = range.begin;
  entry.mapped_end = range.end;
  if (may_store) entry.flags |= kMappedWritable;
  return {};
}

Result<void> flush(Handle handle) {
  if (!is_mapped(handle)) return {};
  const SharedGuard guard(entry_of(handle).mapping);
  return is_mapped(handle) ? flush_held(handle) : Result<void>{};
}

Result<void> flush_all() {
  Result<void> first;
  const uint32_t used = control().used;
  for (Handle handle = 1; handle < used; ++handle) {
    if (!is_mapped(handle)) continue;
    const auto flushed = flush(handle);
    if (!flushed && first) first = flushed;
  }
  return first;
}

Result<void> settle_volume(size_t index) { return volume(index).barrier(); }

Result<void> flush_and_settle(Handle handle) {
  TRY_VOID(flush(handle));
  entry_of(handle).flags &= ~kWritten;
  return settle_volume(file_of(handle).volume);
}

}  // namespace redoubt::shim::volumes
