// SPDX-License-Identifier: Apache-2.0
#include "volume/engine.h"

#include "volume/checkpoint.h"

#include <sys/stat.h>

#include <algorithm>
#include <string>

namespace redoubt::volume {

const char* name_of(HostFile file) {
  constexpr const char* kNames[kHostFiles] = {"superblock.a", "superblock.b", "log.a", "log.b",
                                              "checkpoint.a", "checkpoint.b", "data.0"};
  return kNames[static_cast<size_t>(file)];
}

namespace {

uint8_t zeros[kLogReserve];

}  // namespace

ByteView zeros_for_log() { return zeros; }

Engine::Engine(Storage& storage, Coordination& coordination, OpenOptions options)
    : storage_(storage),
      coordination_(coordination),
      options_(std::move(options)),
      keys_(options_.key, options_.secret_memory ? options_.secret_memory
                                                 : [this](size_t size) {
                                                     constexpr size_t kAlignment = 64;
                                                     size = (size + kAlignment - 1) / kAlignment * kAlignment;
                                                     heap_.emplace_back(
                                                         static_cast<uint8_t*>(std::aligned_alloc(kAlignment, size)));
                                                     return std::span<uint8_t>{heap_.back().get(), size};
                                                   }),
      log_(storage, keys_) {
  options_.key = {};
}

void Engine::report(HostFile file, uint64_t offset, std::string_view what) {
  if (!options_.report) return;
  options_.report(std::string("volume: ") + name_of(file) + ": offset " + std::to_string(offset) + ": " +
                  std::string(what));
}

void Engine::draw_epoch() {
  if (has_epoch_) return;
  options_.random(epoch_);
  has_epoch_ = true;
  data_counter_ = log_counter_ = checkpoint_counter_ = superblock_counter_ = 0;
}

Result<Engine::IndexLock> Engine::reading() {
  if (!keys_.renew()) return fail(ENOMEM);
  IndexLock lock(index_);
  const Head head = coordination_.head();
  if (is_lost_) return fail(EIO);
  if (head == view_.at) return lock;
  lock.unlock();
  const Exclusive exclusive(*this);
  TRY_VOID(follow());
  lock.lock();
  return lock;
}

Result<void> Engine::begin() {
  if (options_.read_only) return fail(EROFS);
  if (coordination_.is_stopped()) return fail(EIO);
  if (!keys_.renew()) return fail(ENOMEM);
  TRY_VOID(follow());
  draw_epoch();
  if (view_.index.is_rotating) {
    // Another process died between its checkpoint and the head that says so.
    const bool is_adopted = TRY(adopt_rotation());
    if (!is_adopted) TRY_VOID(rotate());
  } else {
    const uint64_t limit =
        options_.log_limit != 0 ? options_.log_limit : std::max(kLogLimit, 2 * view_.checkpoint_bytes);
    // Without space for a checkpoint the log goes on growing.
    if (view_.at.offset > limit) (void)rotate();
    if (coordination_.is_stopped()) return fail(EIO);
  }
  const IndexLock lock(index_);
  view_.index.durable = std::max(view_.durable(), coordination_.settled());
  view_.index.slots.settle(view_.index.durable);
  return {};
}

Result<void> Engine::follow() {
  const Head head = coordination_.head();
  const IndexLock lock(index_);
  if (is_lost_) return fail(EIO);
  if (head == view_.at) return {};
  log_.begin(head.offset);
  if (head.generation != view_.at.generation) return reload(head);
  Operation operation;
  while (view_.at.offset < head.offset) {
    LogPosition after = view_.at;
    const auto found = log_.next(after, operation);
    const bool fits = found && *found && view_.step(keys_, operation, after);
    if (fits) continue;
    if (found && *found) is_lost_ = true;
    report(log_of(head.generation), view_.at.offset, "a record that was written is not there");
    return fail(EIO);
  }
  return check_head(head, view_.at);
}

Result<void> Engine::check_head(const Head& head, const LogPosition& at) {
  if (head == at) return {};
  is_lost_ = true;
  report(log_of(head.generation), at.offset, "another history than the one that was written; nothing of it is used");
  return fail(EIO);
}

Result<void> Engine::reload(const Head& head) {
  const HostFile file = superblock_of(head.generation);
  const FoundSuperblock found = read_superblock(storage_, keys_, file, keys_.has_volume() ? Whose::kOurs : Whose::kAny);
  if (found.found != Found::kValid || found.superblock.generation != head.generation) {
    report(file, 0, "not what was written");
    return fail(EIO);
  }
  return reload(head, found.superblock);
}

Result<void> Engine::reload(const Head& head, const Superblock& superblock) {
  View fresh;
  uint64_t offset = 0;
  if (const auto read = read_checkpoint(storage_, keys_, superblock, fresh.index, offset); !read) {
    report(checkpoint_of(head.generation), offset, "not what was written");
    return read;
  }
  fresh.base = fresh.tip_sequence = superblock.sequence;
  fresh.tip_chain = superblock.chain;
  fresh.checkpoint_bytes = superblock.chunk_bytes;
  fresh.tags = superblock.tags;
  fresh.at = {superblock.generation, 0, superblock.sequence, superblock.chain};
  Operation operation;
  while (fresh.at.offset < head.offset) {
    LogPosition after = fresh.at;
    const auto next = log_.next(after, operation);
    if (!next || !*next || !fresh.step(keys_, operation, after)) {
      report(log_of(head.generation), fresh.at.offset, "a record that was written is not there");
      return fail(EIO);
    }
  }
  TRY_VOID(check_head(head, fresh.at));
  view_ = std::move(fresh);
  const auto log_size = storage_.size(log_of(head.generation));
  reserved_ = log_size ? *log_size : 0;
  cache_.clear();
  return {};
}

Result<void> Engine::ensure_log_space(size_t size, Need need) {
  const HostFile file = log_of(view_.at.generation);
  const uint64_t end = view_.at.offset + size;
  reserved_ = std::max(reserved_, view_.at.offset);
  if (end + kLogSlack <= reserved_) return {};
  const auto written = storage_.write(file, reserved_, zeros_for_log());
  if (written) {
    reserved_ += kLogReserve;
    return {};
  }
  // Another process may have made the log longer meanwhile.
  if (const auto size = storage_.size(file)) reserved_ = std::max(reserved_, *size);
  const uint64_t kept_back = need == Need::kBarrier ? 0 : need == Need::kFrees ? kBarrierSlack : kLogSlack;
  if (end + kept_back <= reserved_) return {};
  return written;
}

Result<void> Engine::append_record(Operation& operation, ByteView blocks) {
  operation.durable = view_.index.durable;
  record_.assign(sizeof(RecordHeader), 0);
  encode(operation, record_);
  const bool frees = operation.kind == Kind::kUnlink || operation.kind == Kind::kFree ||
                     (operation.kind == Kind::kContent && operation.hole_end > operation.hole_first);
  const Need need = operation.kind >= Kind::kBarrier ? Need::kBarrier : frees ? Need::kFrees : Need::kGrows;
  TRY_VOID(ensure_log_space(record_.size() + kRecordAlignment + blocks.size(), need));
  LogPosition after = view_.at;
  after.chain = seal_record(keys_, view_.at, epoch_, log_counter_++, record_);
  after.offset = place_blocks(operation, after.offset + record_.size());
  after.sequence += 1;
  record_.insert(record_.end(), blocks.begin(), blocks.end());
  TRY_VOID(storage_.write(log_of(view_.at.generation), view_.at.offset, record_));
  operation.sequence = after.sequence;
  operation.epoch = epoch_;
  const IndexLock lock(index_);
  if (!view_.step(keys_, operation, after)) {
    is_lost_ = true;  // the rules of the engine and of the index differ
    return fail(EIO);
  }
  coordination_.publish(after);
  return {};
}

Result<Inode*> Engine::inode_of(InodeNumber number) {
  Inode* inode = view_.index.find(number);
  if (inode == nullptr) return fail(ENOENT);
  return inode;
}

Result<Inode*> Engine::file_of(InodeNumber number) {
  Inode* inode = TRY(inode_of(number));
  if (inode->is_directory()) return fail(EISDIR);
  if (!S_ISREG(inode->attributes.mode)) return fail(EINVAL);
  return inode;
}

Result<Inode*> Engine::directory_of(InodeNumber number) {
  Inode* inode = TRY(inode_of(number));
  if (!inode->is_directory()) return fail(ENOTDIR);
  return inode;
}

}  // namespace redoubt::volume
