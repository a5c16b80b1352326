// SPDX-License-Identifier: Apache-2.0
#include "volume/failure.h"

#include "volume/format.h"

namespace redoubt::volume {
namespace {

constexpr const char* kRestore = "restore the volume's directory from a copy, all files of it together";

std::string named(HostFile file) { return name_of(file); }

}  // namespace

Refused host_failure(HostFile file, int error) {
  const char* what = error == ENOSPC   ? "no space left"
                     : error == EDQUOT ? "the disk quota is exhausted"
                     : error == EROFS  ? "a read-only file system"
                     : error == EACCES ? "permission denied"
                                       : "an input/output error";
  return Refused({error, "volume.host", named(file) + " to be readable and writable",
                  std::string(what) + " (errno " + std::to_string(error) + ")",
                  "check the host's file system and the permissions of the volume's directory"});
}

Refused in_use_failure(HostFile file) {
  return Refused({EEXIST, "volume.exists", "an empty directory, or one that was never acknowledged under this key",
                  named(file) + ", which was not made with this key",
                  "mount the volume elsewhere, or move what is in the directory away"});
}

Refused used_failure() {
  return Refused(
      {EEXIST, "volume.exists", "an empty directory for a new volume", "a volume of this key, with content",
       "to go on with it, say where its history ends (fspf_tag, or forget-volume --trust-contents); to begin "
       "anew, move its files away"});
}

Refused absent_failure() {
  return Refused({ENOENT, "volume.absent", "the files of a volume", "none of them",
                  "initialise the volume, or check that its directory is mounted"});
}

Refused unfinished_failure() {
  return Refused({ENOENT, "volume.unfinished", "an initialised volume", "one whose initialisation was interrupted",
                  "initialise it again: nothing was kept in it"});
}

Refused missing_failure(HostFile file) {
  return Refused({EIO, "volume.file.missing", named(file), "no such file", kRestore});
}

Refused empty_failure(HostFile file) {
  return Refused({EIO, "volume.file.empty", named(file) + " with its content", "an empty file, or zeros", kRestore});
}

Refused truncated_failure(HostFile file, uint64_t expected, uint64_t found) {
  return Refused({EIO, "volume.file.truncated", named(file) + " of at least " + std::to_string(expected) + " bytes",
                  std::to_string(found) + " bytes", kRestore});
}

Refused foreign_failure(HostFile file) {
  return Refused({EIO, "volume.file.foreign", named(file) + " of a Redoubt volume", "a file of another kind, or damage",
                  kRestore});
}

Refused version_failure(HostFile file, uint32_t found) {
  return Refused({EPROTONOSUPPORT, "volume.format", "format version " + std::to_string(kFormatVersion),
                  "format version " + std::to_string(found) + " in " + named(file),
                  "use the version of Redoubt that wrote this volume"});
}

Refused key_failure(HostFile file) {
  return Refused({EKEYREJECTED, "volume.key", "the key that " + named(file) + " was made with", "another key",
                  "check which secret the volume's key comes from"});
}

Refused damaged_failure(std::string check, HostFile file, uint64_t offset, std::string found) {
  return Refused({EIO, std::move(check), "the bytes that were written to " + named(file),
                  std::move(found) + " at offset " + std::to_string(offset), kRestore});
}

Refused rollback_failure(const Tag& expected, std::string found) {
  return Refused(
      {EIO, "volume.rollback",
       "a history that contains what was acknowledged last (operation " + std::to_string(expected.sequence) + ")",
       std::move(found), "an older copy was put back, or files are lost: restore the newest copy"});
}

Refused processor_failure() {
  return Refused({ENOTSUP, "volume.processor", "a processor with AES-NI and PCLMULQDQ", "one without",
                  "run on an x86-64 server processor of 2010 or later"});
}

bool is_host_file(std::string_view name) {
  for (int i = 0; i < kHostFiles; ++i) {
    if (name == name_of(static_cast<HostFile>(i))) return true;
  }
  return false;
}

bool may_lie_beside(const FoundName& found) { return found.is_directory && found.name == "lost+found"; }

std::optional<OpenFailure> check_directory(const std::vector<FoundName>& names) {
  for (const FoundName& found : names) {
    if (is_host_file(found.name) || may_lie_beside(found)) continue;
    return OpenFailure{EEXIST, "volume.file.extra", "the files of a volume and nothing else",
                       "\"" + found.name + "\" in its directory",
                       "move what does not belong to the volume out of its directory, or name the right one"};
  }
  return std::nullopt;
}

Refused memory_failure() {
  return Refused({ENOMEM, "volume.memory", "memory for the volume's keys", "none",
                  "raise the limit on locked memory (ulimit -l)"});
}

}  // namespace redoubt::volume
