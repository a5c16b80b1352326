// SPDX-License-Identifier: Apache-2.0
//
// Everything before read_seal is the host's word.
#include "shim/volumes/sealed_mounts.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "shim/attested/tag_keeper.h"
#include "shim/files/namespace.h"
#include "shim/gate/gate.h"
#include "shim/gate/host_answer.h"
#include "shim/process/program_file.h"
#include "volume/sealed_tree.h"

namespace redoubt::shim::volumes {
namespace {

using attested::failed;
using attested::Outcome;
using wire::MountedVolume;
using wire::VolumeUpdates;

// EFBIG: more than a seal may have. EACCES: no regular file.
Result<Bytes> read_bounded(const std::string& path) {
  const OwnedFd file(
      TRY(gate::descriptor_of(gate::call(SYS_openat, static_cast<uint64_t>(AT_FDCWD), gate::address_of(path.c_str()),
                                         O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY))));
  struct stat status;
  TRY(from_raw(gate::call(SYS_fstat, static_cast<uint64_t>(file.get()), gate::address_of(&status))));
  if (!S_ISREG(status.st_mode) || status.st_size < 0) return fail(EACCES);
  if (static_cast<uint64_t>(status.st_size) > volume::kLargestSeal) return fail(EFBIG);
  Bytes bytes(static_cast<size_t>(status.st_size));
  size_t done = 0;
  while (done < bytes.size()) {
    const size_t got = TRY(read_at(file.get(), done, bytes.data() + done, bytes.size() - done));
    if (got == 0) break;  // it became shorter: the MAC will tell
    done += got;
  }
  bytes.resize(done);
  return bytes;
}

std::unexpected<attested::Failure> not_read(const std::string& path, Errno error) {
  if (error == as_errno(ENOENT) || error == as_errno(ENOTDIR)) {
    return failed("volume.seal.missing", path + ", the seal of a volume with files: authenticated-only", "no such file",
                  "seal the directory (redoubt volume seal), or put it in place with its seal");
  }
  if (error == as_errno(EFBIG)) {
    return failed("volume.seal", path + " of at most " + std::to_string(volume::kLargestSeal >> 20) + " MiB",
                  "a larger file", "put back the seal that redoubt volume seal wrote");
  }
  return failed("volume.seal", path + ", which the user of the run may read", attested::name_of(error),
                "change its owner or permissions");
}

std::unexpected<attested::Failure> refused(const std::string& path, const volume::OpenFailure& why) {
  return failed(why.check, why.expected, path + ": " + why.found, why.remedy);
}

// A seal that CAS does not know is the volume's from here on, whether its policy compares seals or not.
Outcome<void> check_tag(const MountedVolume& settings, const std::string& path, const volume::Tag& found) {
  const bool has_history = settings.updates != VolumeUpdates::kNoRollbackProtection && !settings.initialise;
  if (has_history) {
    const volume::Tag kept{.sequence = settings.tag.sequence, .mac = settings.tag.mac};
    const auto age = volume::compare_seal(found, kept, settings.updates == VolumeUpdates::kEphemeral);
    if (!age) return refused(path, age.error());
    if (*age == volume::SealAge::kKnown) return {};
  }
  if (settings.lease == 0) return {};  // --insecure-volume: nobody keeps tags
  if (attested::CasTagKeeper(settings.id, settings.lease).keep(found)) return {};
  return failed("volume.tag", "CAS to keep the tag of " + path, "a refusal, or no answer; the line above says which",
                "see the log of CAS");
}

}  // namespace

Outcome<void> mount_sealed(const MountedVolume& settings) {
  const std::string directory(settings.mount_path);
  const std::string path = directory + "/" + volume::kSealName;
  const auto bytes = read_bounded(path);
  if (!bytes) return not_read(path, bytes.error());
  const auto seal = volume::read_seal(*bytes, settings.key);
  if (!seal) return refused(path, seal.error());
  TRY_VOID(check_tag(settings, path, seal->tag()));
  std::string culprit;
  const auto mounted = file_namespace::mount_sealed_tree(directory, *seal, false, &culprit);
  if (mounted) return {};
  return failed("volume.mount", "paths that the session's code and other mounts leave free",
                culprit + ": " + attested::name_of(mounted.error()),
                "mount the volume elsewhere, or seal the tree without that path");
}

}  // namespace redoubt::shim::volumes
