// SPDX-License-Identifier: Apache-2.0
//
// Reads the files it is told to, before anything of the program runs.
#include "shim/files/insecure_manifest.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/syscall.h>

#include <algorithm>
#include <charconv>

#include "shim/abi/errno_names.h"
#include "shim/attested/openssl_start.h"
#include "shim/files/namespace.h"
#include "shim/gate/gate.h"
#include "shim/gate/host_answer.h"
#include "shim/memory/sealed.h"
#include "shim/volumes/mounts.h"
#include "volume/sealed_tree.h"
#include "volume/storage.h"

namespace redoubt::shim::file_namespace {
namespace {

constexpr size_t kLargest = size_t{64} << 20;

Result<std::string> read_host_file(const std::string& path) {
  const OwnedFd file(TRY(gate::descriptor_of(
      gate::call(SYS_openat, static_cast<uint64_t>(AT_FDCWD), gate::address_of(path.c_str()), O_RDONLY | O_CLOEXEC))));
  std::string bytes;
  char chunk[4096];
  while (bytes.size() < kLargest) {
    const size_t got = TRY(read_at(file.get(), bytes.size(), chunk, sizeof(chunk)));
    if (got == 0) return bytes;
    bytes.append(chunk, got);
  }
  return fail(EFBIG);
}

std::string problem(const std::string& what, Errno error) {
  const abi::ErrnoName* const known = abi::find_errno(number_of(error));
  return what + ": " + (known != nullptr ? known->text : "unknown error");
}

Result<void> inject_file(const std::string& injection) {
  const size_t equals = injection.find('=');
  if (equals == std::string::npos) return fail(EINVAL);
  const std::string content = TRY(read_host_file(injection.substr(equals + 1)));
  wire::InjectedFile file;
  const std::string path = injection.substr(0, equals);
  file.path = path;
  file.permission = 0600;
  file.content = as_bytes(content);
  return inject(file);
}

bool exists(const std::string& file) {
  return !is_error(gate::call(SYS_faccessat, static_cast<uint64_t>(AT_FDCWD), gate::address_of(file.c_str()), 0));
}

// Any of its files: what lacks some is damaged, not new.
bool holds_a_volume(const std::string& directory) {
  for (int i = 0; i < volume::kHostFiles; ++i) {
    if (exists(directory + "/" + volume::name_of(static_cast<volume::HostFile>(i)))) return true;
  }
  return false;
}

bool read_hex(std::string_view digits, std::span<uint8_t> bytes) {
  if (digits.size() != 2 * bytes.size()) return false;
  for (size_t i = 0; i < bytes.size(); ++i) {
    const char* const at = digits.data() + 2 * i;
    const auto [end, error] = std::from_chars(at, at + 2, bytes[i], 16);
    if (error != std::errc{} || end != at + 2) return false;
  }
  return true;
}

// Sequence, big-endian, and MAC.
bool read_tag(std::string_view digits, wire::VolumeTag& tag) {
  ByteArray<8 + sizeof(tag.mac)> bytes;
  if (!read_hex(digits, bytes)) return false;
  for (size_t i = 0; i < 8; ++i) tag.sequence = tag.sequence << 8 | bytes[i];
  std::ranges::copy(bytes.begin() + 8, bytes.end(), tag.mac.begin());
  return true;
}

// Nobody keeps its tags: a lease is what CAS gives.
bool describe_volume(const std::string& text, wire::MountedVolume& volume) {
  const size_t equals = text.rfind('=');
  if (equals == std::string::npos) return false;
  const std::string_view secrets = std::string_view(text).substr(equals + 1);
  const size_t colon = secrets.find(':');
  if (!read_hex(secrets.substr(0, colon), volume.key)) return false;
  volume.mount_path = std::string_view(text).substr(0, equals);
  volume.name = volume.mount_path;
  volume.updates = wire::VolumeUpdates::kNoRollbackProtection;
  const bool has_tag = colon != std::string_view::npos;
  if (has_tag || exists(std::string(volume.mount_path) + "/" + volume::kSealName)) {
    volume.files = wire::VolumeFiles::kAuthenticatedOnly;
    volume.updates = has_tag ? wire::VolumeUpdates::kRollbackProtected : volume.updates;
    return !has_tag || read_tag(secrets.substr(colon + 1), volume.tag);
  }
  volume.initialise = !holds_a_volume(std::string(volume.mount_path));
  return true;
}

std::string start_volumes(const std::vector<std::string>& texts) {
  std::vector<wire::MountedVolume> volumes(texts.size());
  for (size_t i = 0; i < texts.size(); ++i) {
    if (!describe_volume(texts[i], volumes[i])) {
      return "--insecure-volume is HOSTDIR=KEY or HOSTDIR=KEY:TAG, KEY 64 hexadecimal digits, TAG 80";
    }
  }
  const auto started = volumes::start(volumes);
  if (started) return {};
  const attested::Failure& why = started.error();
  return why.check + ": expected " + why.expected + "; found " + why.found + "; " + why.remedy;
}

}  // namespace

std::string start_insecure(const InsecureManifest& manifest) {
  const auto bytes = read_host_file(manifest.file);
  if (!bytes) return problem("cannot read the manifest " + manifest.file, bytes.error());
  wire::CodeManifest decoded;
  if (!wire::decode(as_bytes(*bytes), decoded)) return manifest.file + " is no code manifest";
  attested::use_processor_features();
  if (const auto started = sealed::start(true); !started)
    return problem("no memory for injected files", started.error());
  std::string culprit;
  if (const auto started = start(decoded, &culprit); !started) {
    return problem("the manifest's path " + culprit, started.error());
  }
  for (const std::string& injection : manifest.injections) {
    if (const auto injected = inject_file(injection); !injected) {
      return problem("cannot inject " + injection, injected.error());
    }
  }
  if (std::string wrong = start_volumes(manifest.volumes); !wrong.empty()) return wrong;
  char directory[PATH_MAX];
  const int64_t size = gate::call(SYS_getcwd, gate::address_of(directory), sizeof(directory));
  if (size > 0) (void)set_working_directory(directory);  // stays "/" where it does not exist
  return {};
}

}  // namespace redoubt::shim::file_namespace
