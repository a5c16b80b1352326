// SPDX-License-Identifier: Apache-2.0
//
// The volumes of a run, from the start to the end of its processes. Everything here is made before the program runs, or taken up
// again after exec, and constant from then on.
#include "shim/volumes/mounts.h"

#include <fcntl.h>
#include <strings.h>
#include <sys/syscall.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <memory>
#include <new>

#include "base/text.h"
#include "shim/attested/tag_keeper.h"
#include "shim/files/namespace.h"
#include "shim/files/special_descriptors.h"
#include "shim/files/standard_error.h"
#include "shim/files/window.h"
#include "shim/gate/gate.h"
#include "shim/gate/host_answer.h"
#include "shim/memory/sealed.h"
#include "shim/process/crash.h"
#include "shim/volumes/calls.h"
#include "shim/volumes/content.h"
#include "shim/volumes/host_storage.h"
#include "shim/volumes/late_barrier.h"
#include "shim/volumes/sealed_mounts.h"
#include "shim/volumes/secret_chunks.h"
#include "shim/volumes/shared_coordination.h"
#include "wire/codec.h"

namespace redoubt::shim::volumes {
namespace {

using attested::failed;
using attested::Outcome;
using wire::MountedVolume;
using wire::VolumeUpdates;

static_assert(kMostVolumes * volume::kHostFiles <= window::kLargestExtension);

struct Mount {
  explicit Mount(size_t index, const MountedVolume& from)
      : settings(from),
        name(from.name),
        path(from.mount_path),
        storage(index),
        coordination(index),
        keeper(from.id, from.lease) {
    settings.name = name;
    settings.mount_path = path;
    settings.key = {};
  }
  MountedVolume settings;  // without the key
  std::string name, path;
  std::span<uint8_t> key;  // sealed
  HostStorage storage;
  SharedCoordination coordination;
  attested::CasTagKeeper keeper;
  std::unique_ptr<volume::Volume> volume;
};

// Nothing runs destructors while the program's threads still use them. Not from the heap: a run without volumes may ask first in a
// child of vfork, whose memory of a call ends with the call.
using Mounts = std::vector<std::unique_ptr<Mount>>;
alignas(Mounts) uint8_t mounts_memory[sizeof(Mounts)];
Mounts& mounts() {
  static auto* const all = new (mounts_memory) Mounts;
  return *all;
}
constinit bool active = false;

volume::Time now() {
  timespec time{};
  gate::call(SYS_clock_gettime, CLOCK_REALTIME, gate::address_of(&time));
  return {.seconds = time.tv_sec, .nanoseconds = static_cast<uint32_t>(time.tv_nsec)};
}

void fill_with_random(std::span<uint8_t> bytes) {
  for (size_t done = 0; done < bytes.size();) {
    const auto got = gate::count_of(
        gate::call(SYS_getrandom, gate::address_of(bytes.data() + done), bytes.size() - done, 0), bytes.size() - done);
    if (!got && got.error() == as_errno(EINTR)) continue;
    if (!got || *got == 0) panic("the kernel gives no random numbers (getrandom)");
    done += *got;
  }
}

// At most ten lines a second: a damaged file may be read in a loop.
void report(const std::string& volume_name, std::string_view line) {
  constexpr int kMost = 10;
  static std::atomic<int64_t> second = 0;
  static std::atomic<int> lines = 0;
  const int64_t this_second = monotonic_now() / 1'000'000'000;
  if (second.exchange(this_second) != this_second) lines = 0;
  if (++lines > kMost) return;
  Text<4352> text;
  text.append("redoubt: volume ").append(volume_name).append(": ").append(line).append("\n");
  standard_error::write(text.view());
}

// Whether CAS waits for a tag before it can hold anything against the next start: the first of all, or of what was found.
bool is_awaited(const MountedVolume& settings) { return settings.initialise || settings.as_found; }

// A lease comes from CAS: without one (--insecure-volume) nobody keeps tags.
bool has_keeper(const MountedVolume& settings) {
  return settings.lease != 0 && (settings.updates == VolumeUpdates::kRollbackProtected || is_awaited(settings));
}

volume::OpenOptions options_of(Mount& mount) {
  volume::OpenOptions options;
  const MountedVolume& settings = mount.settings;
  options.key = mount.key;
  options.initialise = settings.initialise;
  if (settings.updates != VolumeUpdates::kNoRollbackProtection && !is_awaited(settings)) {
    options.expected = volume::Tag{.sequence = settings.tag.sequence, .mac = settings.tag.mac};
    options.exact = settings.updates == VolumeUpdates::kEphemeral;
    options.forget_changes = options.exact;
  }
  if (has_keeper(settings)) options.keeper = &mount.keeper;
  options.clock = now;
  options.random = fill_with_random;
  options.report = [name = mount.name](std::string_view line) { report(name, line); };
  options.secret_memory = allocate_secret;
  return options;
}

bool keep_key(Mount& mount, ByteView key) {
  mount.key = allocate_secret(key.size());
  if (mount.key.size() < key.size()) return false;
  std::memcpy(mount.key.data(), key.data(), key.size());
  mount.key = mount.key.first(key.size());
  return true;
}

Outcome<void> claim(Mount& mount) {
  if (!has_keeper(mount.settings)) return {};
  if (const auto claimed = mount.volume->claim(); !claimed) {
    return failed("volume.claim", "a tag of " + mount.path + " that CAS keeps before the program starts",
                  attested::name_of(claimed.error()), "see the lines before this one, if any; start the program again");
  }
  if (mount.settings.updates != VolumeUpdates::kRollbackProtected) mount.volume->leave_keeper();
  return {};
}

std::unexpected<attested::Failure> no_memory() {
  return failed("memory.sealed", "sealed memory for the keys of volumes", "less",
                "raise the limit on locked memory (ulimit -l) to 8192 or more");
}

std::unexpected<attested::Failure> not_opened(const Mount& mount, const volume::OpenFailure& why) {
  return failed(why.check, why.expected, mount.path + ": " + why.found, why.remedy);
}

std::unexpected<attested::Failure> no_shared_memory() {
  return failed("volume.memory", "memory files (memfd_create) for what processes share", "none",
                "see whether memory is short");
}

// What a failure to open means to the owner of the session: where CAS keeps a tag there was a volume, so an empty directory is one that
// was put back to before it.
attested::Failure for_owner(attested::Failure failure, const Mount& mount) {
  const MountedVolume& settings = mount.settings;
  const bool has_tag = settings.updates != VolumeUpdates::kNoRollbackProtection && !is_awaited(settings);
  const bool is_absent = failure.check == "volume.absent";
  if (is_absent && has_tag) {
    failure.check = "volume.rollback";
    failure.expected = "a history in " + mount.path + " that contains what was acknowledged last (operation " +
                       std::to_string(settings.tag.sequence) + ")";
    failure.found = "an empty directory: the volume was removed, or its disk is not mounted";
  }
  if (settings.lease != 0 && (is_absent || failure.check == "volume.rollback")) {
    failure.remedy +=
        "; if it is lost for good, begin anew: redoubt session forget-volume SESSION " + std::string(mount.name);
  }
  return failure;
}

// A new volume belongs to who starts the run, or a program without privileges could make nothing in it.
Outcome<void> give_to_user(Mount& mount) {
  volume::AttributeChange change;
  change.uid = static_cast<uint32_t>(gate::call(SYS_geteuid));
  change.gid = static_cast<uint32_t>(gate::call(SYS_getegid));
  if (*change.uid == 0 && *change.gid == 0) return {};
  if (const auto changed = mount.volume->change(volume::kRootInode, change); !changed) {
    return failed("volume.host", "a new volume in " + mount.path, attested::name_of(changed.error()),
                  "check the host's file system and the permissions of the volume's directory");
  }
  return {};
}

Outcome<void> open(size_t index, const MountedVolume& settings) {
  if (settings.is_code) {
    return failed("volume.code", "files: authenticated-only for the volume of code: {volume: ...}",
                  "files: encrypted for " + std::string(settings.name), "change the session");
  }
  auto mount = std::make_unique<Mount>(index, settings);
  if (!keep_key(*mount, settings.key)) return no_memory();
  if (auto found = mount->storage.open(mount->path, settings.initialise); !found) {
    return std::unexpected(for_owner(std::move(found).error(), *mount));
  }
  auto opened = volume::Volume::open(mount->storage, mount->coordination, options_of(*mount));
  if (!opened) return std::unexpected(for_owner(not_opened(*mount, opened.error()).error(), *mount));
  mount->volume = std::move(*opened);
  if (settings.initialise) TRY_VOID(give_to_user(*mount));
  const auto mounted = file_namespace::mount_volume(mount->path, index, mount->path);
  if (!mounted) {
    return failed("volume.mount", "a path that the session's code and other mounts leave free",
                  mount->path + ": " + attested::name_of(mounted.error()), "mount the volume elsewhere");
  }
  mounts().push_back(std::move(mount));
  return {};
}

struct Saved {
  std::vector<MountedVolume> volumes;
};
template <typename Archive>
bool fields(Archive& a, wire::Of<Archive, Saved>& m) {
  return wire::messages(a, m.volumes);
}

Outcome<void> start_encrypted(const std::vector<const MountedVolume*>& volumes) {
  if (volumes.size() > kMostVolumes) {
    return failed("volume.count", "at most " + std::to_string(kMostVolumes) + " volumes",
                  std::to_string(volumes.size()), "put them together");
  }
  const auto slots = static_cast<int>(volumes.size()) * volume::kHostFiles;
  if (!window::extend(slots)) {
    return failed("volume.descriptors", std::to_string(slots) + " free descriptors below the shim's",
                  "some are in use, or the limit on open files is too low",
                  "raise the limit on open files (ulimit -Hn) to 1024 or more");
  }
  if (!make_shared_memory()) return no_shared_memory();
  refresh_file_size_limit();
  for (size_t index = 0; index < volumes.size(); ++index) TRY_VOID(open(index, *volumes[index]));
  active = true;
  return {};
}

}  // namespace

bool is_active() { return active; }
size_t count() { return mounts().size(); }
volume::Volume& volume(size_t index) { return *mounts()[index % mounts().size()]->volume; }

attested::Outcome<void> start(const std::vector<MountedVolume>& volumes) {
  // Sealed trees become a part of the namespace, which saves them too: from then on they are no volumes to this file.
  std::vector<const MountedVolume*> encrypted;
  for (const MountedVolume& volume : volumes) {
    if (volume.files == wire::VolumeFiles::kAuthenticatedOnly) {
      TRY_VOID(mount_sealed(volume));
    } else {
      encrypted.push_back(&volume);
    }
  }
  return encrypted.empty() ? Outcome<void>() : start_encrypted(encrypted);
}

Outcome<void> claim() {
  for (const auto& mount : mounts()) TRY_VOID(claim(*mount));
  return {};
}

void before_fork() {
  if (!active) return;
  for (const auto& mount : mounts()) mount->volume->lock_for_fork();
}

void after_fork(bool is_child) {
  if (!active) return;
  if (is_child) {
    drop_secret_chunk();
    late_barrier::forget();
    forget_posix_locks_after_fork();
  }
  for (const auto& mount : mounts()) mount->volume->unlock_after_fork(is_child);
}

void settle() {
  if (!active) return;
  (void)flush_all();
  for (const auto& mount : mounts()) {
    if (mount->volume->is_dirty()) (void)mount->volume->barrier();
  }
}

void save(std::vector<uint8_t>& out) {
  Saved saved;
  for (const auto& mount : mounts()) {
    saved.volumes.push_back(mount->settings);
    std::ranges::copy(mount->key, saved.volumes.back().key.begin());
  }
  constexpr size_t kUsual = 1024;
  Bytes bytes = wire::encode(saved, (saved.volumes.size() + 1) * kUsual);
  for (MountedVolume& settings : saved.volumes) explicit_bzero(settings.key.data(), settings.key.size());
  out = std::move(bytes);
}

Outcome<void> restore(ByteView bytes) {
  Saved saved;
  if (!wire::decode(bytes, saved) || saved.volumes.size() > kMostVolumes) {
    return failed("exec.handover", "the volumes that the program before exec handed over", "something else",
                  "start the program again; if it comes back, this is a bug of Redoubt");
  }
  if (saved.volumes.empty()) return {};
  if (!map_shared_memory()) return no_shared_memory();
  refresh_file_size_limit();
  for (size_t index = 0; index < saved.volumes.size(); ++index) {
    auto mount = std::make_unique<Mount>(index, saved.volumes[index]);
    if (!keep_key(*mount, saved.volumes[index].key)) return no_memory();
    explicit_bzero(saved.volumes[index].key.data(), saved.volumes[index].key.size());
    mount->settings.initialise = mount->settings.as_found = false;
    auto joined = volume::Volume::join(mount->storage, mount->coordination, options_of(*mount));
    if (!joined) return not_opened(*mount, joined.error());
    mount->volume = std::move(*joined);
    mounts().push_back(std::move(mount));
  }
  special::hint_open_descriptors();
  active = true;
  (void)flush_all();  // what this process had mapped until the exec
  return {};
}

}  // namespace redoubt::shim::volumes
