// SPDX-License-Identifier: Apache-2.0
//
// Opening: which superblock is in force, the index from checkpoint and log, and recovery. What a crash may leave behind is accepted
// and anything else refused; docs/volume-format.md, "Recovery", has the rules and why they hold.
#include <algorithm>

#include "volume/checkpoint.h"
#include "volume/engine.h"
#include "volume/failure.h"

namespace redoubt::volume {
namespace {

constexpr const char* kSuperblockCheck = "volume.superblock";

}  // namespace

struct Engine::Recovery {
  uint64_t limit = ~uint64_t{0};  // the last operation to take
  bool found_expected = false;
  // Blocks written by operations that are not known to be durable, oldest first.
  struct Written {
    uint64_t sequence;
    InodeNumber inode;
    uint64_t block, counter;
    uint32_t count;
  };
  std::vector<Written> written;
};

Result<Superblock, OpenFailure> Engine::choose_superblock() {
  for (int i = 0, missing = 0; i < kHostFiles; ++i) {
    const auto size = storage_.size(static_cast<HostFile>(i));
    if (!size && number_of(size.error()) == ENOENT && ++missing == kHostFiles) return absent_failure();
  }
  constexpr HostFile kFiles[2] = {HostFile::kSuperblockA, HostFile::kSuperblockB};
  FoundSuperblock found[2];
  bool no_superblock = true, nothing_else = true;
  for (int i = 0; i < 2; ++i) {
    found[i] = read_superblock(storage_, keys_, kFiles[i], Whose::kAny);
    if (found[i].error != 0 && found[i].error != ENOENT) return host_failure(kFiles[i], found[i].error);
    no_superblock = no_superblock && (found[i].found == Found::kEmpty || found[i].found == Found::kMissing);
  }
  for (int i = static_cast<int>(HostFile::kLogA); i < kHostFiles && nothing_else; ++i) {
    const auto size = storage_.size(static_cast<HostFile>(i));
    nothing_else = !size || *size == 0;
  }
  if (no_superblock && nothing_else) return absent_failure();
  for (int i = 0; i < kHostFiles; ++i) {
    const auto size = storage_.size(static_cast<HostFile>(i));
    if (!size && number_of(size.error()) == ENOENT) return missing_failure(static_cast<HostFile>(i));
    if (!size) return host_failure(static_cast<HostFile>(i), number_of(size.error()));
  }

  // A superblock in the other's file was put there by somebody else.
  for (int i = 0; i < 2; ++i) {
    if (found[i].found == Found::kValid && superblock_of(found[i].superblock.generation) != kFiles[i]) {
      return damaged_failure("volume.superblock", kFiles[i], 0, "the other superblock");
    }
  }
  const bool both = found[0].found == Found::kValid && found[1].found == Found::kValid;
  const int newest = both ? (found[1].superblock.generation > found[0].superblock.generation ? 1 : 0)
                          : (found[1].found == Found::kValid ? 1 : 0);
  const FoundSuperblock& one = found[newest];
  const FoundSuperblock& other = found[1 - newest];
  if (one.found != Found::kValid) {
    for (const Found reason : {Found::kVersion, Found::kOtherKey, Found::kDamaged, Found::kForeign}) {
      for (int i = 0; i < 2; ++i) {
        if (found[i].found != reason) continue;
        if (reason == Found::kDamaged && nothing_else) return unfinished_failure();
        if (reason == Found::kVersion) return version_failure(kFiles[i], found[i].version);
        if (reason == Found::kOtherKey) return key_failure(kFiles[i]);
        if (reason == Found::kForeign) return foreign_failure(kFiles[i]);
        return damaged_failure("volume.superblock", kFiles[i], 0, "damage, and no other superblock that is valid");
      }
    }
    return empty_failure(kFiles[0]);
  }
  // Initialisation ends with the first superblock that is ready.
  const bool is_unfinished = one.superblock.state == State::kInitialising ||
                             (other.found == Found::kValid && other.superblock.state == State::kInitialising &&
                              other.volume_id != one.volume_id);
  const HostFile other_file = kFiles[1 - newest];
  if (is_unfinished) {
    if (was_used(one))
      return damaged_failure(kSuperblockCheck, other_file, 0, "not the superblock that the log goes with");
    return unfinished_failure();
  }
  switch (other.found) {
    case Found::kValid:
      if (other.volume_id != one.volume_id || other.superblock.generation + 1 != one.superblock.generation) {
        return damaged_failure("volume.superblock", other_file, 0, "a superblock of another time");
      }
      break;
    case Found::kDamaged: {
      // As a power cut leaves one that was being written; recover() looks whether it had been finished.
      const auto size = storage_.size(other_file);
      if (size && *size < kSuperblockSize) return truncated_failure(other_file, kSuperblockSize, *size);
      break;
    }
    case Found::kEmpty: return empty_failure(other_file);
    default: return foreign_failure(other_file);
  }
  keys_.set_volume(one.volume_id);
  return one.superblock;
}

// The first operation that is not initialisation's comes after the superblock that ended initialisation was durable: so that one was
// lost, or was changed, and what was kept is worth more than a new beginning.
bool Engine::was_used(const FoundSuperblock& found) {
  const auto data_size = storage_.size(HostFile::kData);
  if (data_size && *data_size != 0) return true;
  keys_.set_volume(found.volume_id);
  if (found.superblock.state == State::kReady) {
    Recovery recovery;
    return !load(found.superblock, recovery) || view_.index.inodes().size() > 1;
  }
  log_.begin();
  LogPosition at{.generation = 1};
  Operation operation;
  for (int records = 0;; ++records) {
    const auto next = log_.next(at, operation);
    if (!next || !*next) return records > 1;
  }
}

Result<void, OpenFailure> Engine::load(const Superblock& superblock, Recovery& recovery) {
  View fresh;
  uint64_t offset = 0;
  const HostFile file = checkpoint_of(superblock.generation);
  const auto size = storage_.size(file);
  if (size && *size < superblock.chunk_bytes) return truncated_failure(file, superblock.chunk_bytes, *size);
  if (!read_checkpoint(storage_, keys_, superblock, fresh.index, offset)) {
    const uint64_t end = fresh.index.slots.refused_end();
    const auto data_size = storage_.size(HostFile::kData);
    if (end != 0 && data_size) return truncated_failure(HostFile::kData, end * kBlockSize, *data_size);
    return damaged_failure("volume.checkpoint", file, offset, "a damaged part");
  }
  fresh.base = fresh.tip_sequence = superblock.sequence;
  fresh.tip_chain = superblock.chain;
  fresh.checkpoint_bytes = superblock.chunk_bytes;
  fresh.tags = superblock.tags;
  fresh.at = {superblock.generation, 0, superblock.sequence, superblock.chain};
  recovery.written.clear();
  recovery.found_expected = false;
  if (options_.expected) {
    const Tag& expected = *options_.expected;
    for (const KnownTag& tag : superblock.tags) {
      recovery.found_expected |= tag.sequence == expected.sequence && tag.mac == expected.mac;
    }
  }
  const auto look = [&] {
    if (!options_.expected || options_.expected->sequence != fresh.at.sequence) return;
    recovery.found_expected |= keys_.tag_mac(fresh.at.sequence, fresh.at.chain) == options_.expected->mac;
  };
  look();
  log_.begin();
  const HostFile log = log_of(superblock.generation);
  Operation operation;
  while (fresh.at.sequence < recovery.limit) {
    LogPosition after = fresh.at;
    const auto next = log_.next(after, operation);
    if (!next) return damaged_failure("volume.log", log, fresh.at.offset, "a record that cannot be read");
    if (!*next) break;
    if (!fresh.step(keys_, operation, after)) {
      return damaged_failure("volume.log", log, fresh.at.offset, "an operation that does not follow");
    }
    for (const Run& run : operation.runs) {
      recovery.written.push_back({operation.sequence, operation.inode, run.block, run.counter, run.count});
    }
    look();
  }
  view_ = std::move(fresh);
  const auto log_size = storage_.size(log);
  reserved_ = log_size ? *log_size : 0;
  cache_.clear();
  return {};
}

// The first operation whose blocks, where the index still names them, are not what it wrote; 0 when there is none. Not all: the
// newest state is what counts, and it is verified again after a cut.
uint64_t Engine::first_unreadable(const Recovery& recovery) {
  std::vector<uint8_t> block(kBlockSize);
  for (const auto& written : recovery.written) {
    const Inode* inode = view_.index.find(written.inode);
    if (inode == nullptr) continue;
    for (uint32_t i = 0; i < written.count; ++i) {
      const BlockRef ref = inode->blocks.find(written.block + i);
      if (ref.is_hole() || ref.counter != written.counter + i) continue;
      if (!fetch_block(written.inode, written.block + i, ref, view_.place(ref), view_.index.epoch(ref.epoch),
                       block.data())) {
        return written.sequence;
      }
    }
  }
  return 0;
}

// No log begins with records of another generation: its beginning is emptied and synced before its superblock is written, and
// that is synced before the first record.
Result<void, OpenFailure> Engine::check_logs(uint64_t generation) {
  const HostFile log = log_of(generation), other = log_of(generation + 1);
  const struct {
    HostFile file;
    uint64_t generation;
    bool blames_superblock;
  } impossible[] = {{other, generation + 1, true},
                    {other, generation, false},
                    {log, generation - 1, false},
                    {log, generation - 2, false}};
  for (const auto& row : impossible) {
    const auto begins = log_.begins(row.file, row.generation);
    if (!begins) return host_failure(row.file, number_of(begins.error()));
    if (!*begins) continue;
    if (row.blames_superblock) {
      return damaged_failure("volume.superblock", superblock_of(row.generation), 0,
                             "not the superblock of the log that goes with it");
    }
    return damaged_failure("volume.log", row.file, 0, "a log of another time");
  }
  return {};
}

Result<void, OpenFailure> Engine::recover(const Superblock& superblock) {
  Recovery recovery;
  TRY_VOID(load(superblock, recovery));
  const HostFile log = log_of(superblock.generation);
  const auto lost = log_.lost_record(view_.at);
  if (!lost) return host_failure(log, number_of(lost.error()));
  if (*lost) {
    return damaged_failure("volume.log", log, view_.at.offset,
                           "a record that does not follow, before others that were durable after it");
  }
  TRY_VOID(check_logs(superblock.generation));

  // Everything up to here was promised: what is wrong with it is damage, met when it is read. What came later may be cut off.
  uint64_t durable = view_.durable();
  if (options_.expected && recovery.found_expected) durable = std::max(durable, options_.expected->sequence);
  bool is_cut = false;
  for (;;) {
    std::erase_if(recovery.written, [&](const auto& written) { return written.sequence <= durable; });
    const uint64_t unreadable = first_unreadable(recovery);
    if (unreadable == 0) break;
    is_cut = true;
    recovery.limit = unreadable - 1;
    TRY_VOID(load(superblock, recovery));
  }
  TRY_VOID(check_expected(superblock, recovery));
  TRY_VOID(check_sizes(superblock));
  if (view_.index.find(kRootInode) == nullptr || !view_.index.find(kRootInode)->is_directory()) {
    return damaged_failure("volume.log", log, 0, "no root directory");
  }
  if (is_cut) {
    report(log, view_.at.offset, "blocks of later operations were not durable at the crash; the history ends here");
  }
  if (is_cut && !options_.read_only) {
    // What was given up must not come back at the next crash. A log is never shorter than its reserve, at no moment: who finds one
    // that is refuses it. A crash in here leaves a log that is cut at the same place again.
    const auto cut = [&]() -> Result<void> {
      reserved_ = std::max(view_.at.offset, uint64_t{kLogReserve});
      TRY_VOID(storage_.truncate(log, reserved_));
      const uint64_t given_up = reserved_ - view_.at.offset;
      if (given_up > 0) TRY_VOID(storage_.write(log, view_.at.offset, zeros_for_log().first(given_up)));
      return storage_.sync(log);
    };
    if (const auto done = cut(); !done) return host_failure(log, number_of(done.error()));
  }
  if (!options_.read_only) {
    // A kill between its writing and its sync may have left it in the kernel's memory only; what follows builds on it.
    const HostFile file = superblock_of(superblock.generation);
    if (const auto synced = storage_.sync(file); !synced) return host_failure(file, number_of(synced.error()));
  }
  coordination_.publish(view_.at);
  coordination_.settle(std::max(durable, coordination_.settled()));
  return {};
}

bool Engine::holds_something() {
  const auto data_size = storage_.size(HostFile::kData);
  if (data_size && *data_size != 0) return true;
  const auto superblock = choose_superblock();
  // Otherwise as an interrupted initialisation leaves it.
  if (!superblock) return superblock.error().check == kSuperblockCheck;
  Recovery recovery;
  return !load(*superblock, recovery) || view_.index.inodes().size() > 1;
}

Result<void, OpenFailure> Engine::check_expected(const Superblock& superblock, const Recovery& recovery) {
  if (!options_.expected) return {};
  const Tag& expected = *options_.expected;
  if (!recovery.found_expected) {
    std::string found = expected.sequence > view_.at.sequence
                            ? "a history that ends with operation " + std::to_string(view_.at.sequence)
                            : "another history";
    if (expected.sequence < superblock.sequence) found += " (its checkpoint does not know the tag)";
    return rollback_failure(expected, std::move(found));
  }
  if (options_.exact && view_.index.last_change > expected.sequence) {
    return Refused({EIO, "volume.exact", "a history that ends with operation " + std::to_string(expected.sequence),
                    "changes up to operation " + std::to_string(view_.index.last_change),
                    "this volume is mounted with changes forgotten: restore the copy that was acknowledged"});
  }
  std::erase_if(view_.tags, [&](const KnownTag& tag) { return tag.sequence <= expected.sequence; });
  view_.index.acknowledged = std::max(view_.index.acknowledged, expected.sequence);
  view_.tags.insert(view_.tags.begin(), {expected.sequence, expected.mac});
  return {};
}

Result<void, OpenFailure> Engine::check_sizes(const Superblock& superblock) {
  const HostFile log = log_of(superblock.generation);
  const auto log_size = storage_.size(log);
  if (!log_size) return host_failure(log, number_of(log_size.error()));
  const uint64_t log_end = std::max(kLogReserve, view_.at.offset);
  if (*log_size < log_end) return truncated_failure(log, log_end, *log_size);
  uint64_t end = 0;
  for (const auto& [number, inode] : view_.index.inodes()) {
    inode.blocks.for_each([&](uint64_t, const BlockRef& ref) {
      if (!ref.is_in_log()) end = std::max<uint64_t>(end, ref.slot + 1);
    });
  }
  const auto data_size = storage_.size(HostFile::kData);
  if (!data_size) return host_failure(HostFile::kData, number_of(data_size.error()));
  if (*data_size < end * kBlockSize) return truncated_failure(HostFile::kData, end * kBlockSize, *data_size);
  return {};
}

Result<void> Engine::free_orphans() {
  const Exclusive exclusive(*this);
  std::vector<InodeNumber> orphans;
  for (const auto& [number, inode] : view_.index.inodes()) {
    if (inode.attributes.links == 0) orphans.push_back(number);
  }
  if (orphans.empty()) return {};
  TRY_VOID(begin());
  for (const InodeNumber number : orphans) {
    operation_.reset(Kind::kFree);
    operation_.inode = number;
    TRY_VOID(append_record(operation_));
  }
  return {};
}

Result<void, OpenFailure> Engine::open() {
  if (!keys_.has_memory()) return crypto::has_bulk_aead() ? memory_failure() : processor_failure();
  if (options_.initialise) return initialise();
  auto superblock = choose_superblock();
  if (!superblock) {
    // Whoever acknowledged a tag knows that there was a volume.
    if (options_.expected && superblock.error().error == ENOENT) {
      return rollback_failure(*options_.expected, superblock.error().found);
    }
    return std::unexpected(std::move(superblock).error());
  }
  TRY_VOID(recover(*superblock));
  if (!options_.read_only) (void)free_orphans();  // without space: at the next opening
  return {};
}

Result<void, OpenFailure> Engine::join() {
  if (!keys_.has_memory()) return crypto::has_bulk_aead() ? memory_failure() : processor_failure();
  const Exclusive exclusive(*this);
  const IndexLock lock(index_);
  const Head head = coordination_.head();
  log_.begin(head.offset);
  if (!reload(head)) {
    return damaged_failure("volume.log", log_of(head.generation), head.offset, "not what the other processes wrote");
  }
  return {};
}

}  // namespace redoubt::volume
