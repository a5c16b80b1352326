// SPDX-License-Identifier: Apache-2.0
//
// A new volume: over nothing, or over an empty one that this key made before. Whoever keeps tags has one before the program runs,
// so a volume with files in it is somebody's, even if he who asks knows nothing of it (the session was put without its tag). The first thing written, and synced, is a
// superblock that says "initialising"; so whatever a crash leaves behind is known to be ours.
#include <sys/stat.h>

#include <algorithm>

#include "volume/engine.h"
#include "volume/failure.h"

namespace redoubt::volume {

// Whether a new volume may be made here.
Result<void, OpenFailure> Engine::check_unused() {
  bool is_ours = false;
  for (const HostFile file : {HostFile::kSuperblockA, HostFile::kSuperblockB}) {
    const FoundSuperblock found = read_superblock(storage_, keys_, file, Whose::kAny);
    if (found.error != 0 && found.error != ENOENT) return host_failure(file, found.error);
    switch (found.found) {
      case Found::kMissing:
      case Found::kEmpty: break;
      case Found::kValid:
      case Found::kDamaged: is_ours = true; break;
      case Found::kForeign:
      case Found::kVersion:
      case Found::kOtherKey:
      case Found::kOther: return in_use_failure(file);
    }
  }
  if (is_ours) {
    if (holds_something()) return used_failure();
    return {};
  }
  for (int i = 0; i < kHostFiles; ++i) {
    const auto file = static_cast<HostFile>(i);
    const auto size = storage_.size(file);
    if (!size && number_of(size.error()) != ENOENT) return host_failure(file, number_of(size.error()));
    const bool is_superblock = file == HostFile::kSuperblockA || file == HostFile::kSuperblockB;
    if (size && *size != 0 && !is_superblock) return in_use_failure(file);
  }
  return {};
}

Result<void, OpenFailure> Engine::initialise() {
  if (options_.read_only) {
    return std::unexpected(OpenFailure{EROFS, "volume.read_only", "a volume that may be written",
                                       "a new volume is to be made, and nothing may be written",
                                       "mount it writable once"});
  }
  TRY_VOID(check_unused());
  VolumeId id;
  options_.random(id);
  keys_.set_volume(id);
  draw_epoch();

  HostFile file = HostFile::kSuperblockA;
  const auto put = [&](const Superblock& superblock) -> Result<void> {
    file = superblock_of(superblock.generation);
    TRY_VOID(storage_.truncate(file, 0));
    TRY_VOID(storage_.write(file, 0, seal_superblock(keys_, superblock, epoch_, superblock_counter_++)));
    return storage_.sync(file);
  };
  const auto make = [&]() -> Result<void> {
    TRY_VOID(put({.state = State::kInitialising}));
    for (const HostFile other : {HostFile::kSuperblockB, HostFile::kLogA, HostFile::kLogB, HostFile::kCheckpointA,
                                 HostFile::kCheckpointB, HostFile::kData}) {
      file = other;
      TRY_VOID(storage_.truncate(other, 0));
      TRY_VOID(storage_.sync(other));
    }
    view_ = View{};
    reserved_ = 0;
    view_.at.generation = 1;
    coordination_.publish(view_.at);
    file = log_of(1);
    operation_.reset(Kind::kCreate);
    operation_.inode = kRootInode;
    operation_.mode = S_IFDIR | 0755;
    operation_.time = now();
    TRY_VOID(append_record(operation_));
    TRY_VOID(storage_.sync(file));
    return put({.state = State::kReady, .generation = 1});
  };
  if (const auto made = make(); !made) return host_failure(file, number_of(made.error()));
  return {};
}

}  // namespace redoubt::volume
