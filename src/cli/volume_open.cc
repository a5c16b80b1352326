// SPDX-License-Identifier: Apache-2.0
#include "cli/volume_open.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>

#include <cstring>
#include <iostream>

#include "cli/files.h"
#include "cli/volume_seal.h"
#include "crypto/hex.h"

namespace redoubt::cli {
namespace {

constexpr size_t kKeySize = 32, kLongestKeyFile = 256;

}  // namespace

Result<SecretBytes> read_volume_key(const std::string& path) {
  auto text = read_file(path, "the key of a volume (32 bytes, or 64 hexadecimal digits)", kLongestKeyFile);
  if (!text) return std::unexpected(text.error());
  SecretBytes key;
  if (text->size() == kKeySize) {
    key = SecretBytes(*text);
  } else {
    std::string_view digits = *text;
    while (!digits.empty() && (digits.back() == '\n' || digits.back() == '\r')) digits.remove_suffix(1);
    auto bytes = digits.size() == 2 * kKeySize ? crypto::from_hex(digits) : std::nullopt;
    if (bytes) {
      key = SecretBytes(ByteView(*bytes));
      explicit_bzero(bytes->data(), bytes->size());
    }
  }
  const size_t found = text->size();
  wipe(*text);
  if (key.size() == kKeySize) return key;
  return fail(ExitStatus::kUsage, "expected the key of a volume in \"" + path +
                                      "\" (32 bytes, or 64 hexadecimal digits), found " + std::to_string(found) +
                                      " bytes of something else");
}

namespace {

volume::Time now() {
  timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  return {time.tv_sec, static_cast<uint32_t>(time.tv_nsec)};
}

const char* advice_for(int error) {
  switch (error) {
    case ENOENT: return "\nredoubt volume ls --recursive shows what the volume holds";
    case ENOTDIR: return "\nExpected a directory of the volume on the way to it, found something else";
    case ENOSPC:
    case EDQUOT: return "\nMake room on the host, in the file system of the volume's directory";
    default: return "";
  }
}

void random(std::span<uint8_t> to) {
  for (size_t done = 0; done < to.size();) {
    const ssize_t got = getrandom(to.data() + done, to.size() - done, 0);
    if (got > 0) done += static_cast<size_t>(got);
  }
}

}  // namespace

Result<std::unique_ptr<OpenVolume>> OpenVolume::open(const std::string& directory, const std::string& key_file,
                                                     VolumeAccess access) {
  const auto key = read_volume_key(key_file);
  if (!key) return std::unexpected(key.error());
  if (is_sealed_tree(directory)) {
    return fail(ExitStatus::kUsage,
                "expected an encrypted volume, found in \"" + directory +
                    "\" an authenticated-only one: its files are in the clear and read-only\nRead them where "
                    "they are (redoubt volume verify says whether they are as sealed), or change them and seal again");
  }
  std::unique_ptr<OpenVolume> opened(new OpenVolume());
  auto storage = FileStorage::open(directory, access);
  if (!storage) return std::unexpected(storage.error());
  opened->storage_ = std::move(*storage);
  volume::OpenOptions options;
  options.key = key->view();
  options.initialise = access == VolumeAccess::kCreate;
  options.read_only = access == VolumeAccess::kRead;
  options.clock = now;
  options.random = random;
  options.report = [findings = &opened->findings_](std::string_view line) { findings->emplace_back(line); };
  options.secret_memory = [raw = opened.get()](size_t size) { return raw->secret_memory(size); };
  auto result = volume::Volume::open(*opened->storage_, opened->coordination_, std::move(options));
  if (!result) return not_opened(directory, result.error());
  opened->volume_ = std::move(*result);
  return opened;
}

OpenVolume::~OpenVolume() {
  volume_.reset();
  for (const auto& memory : secrets_) {
    explicit_bzero(memory.data(), memory.size());
    munmap(memory.data(), memory.size());
  }
}

// Not swapped, not in core files.
std::span<uint8_t> OpenVolume::secret_memory(size_t size) {
  void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return {};
  madvise(memory, size, MADV_DONTDUMP);
  if (mlock(memory, size) != 0) std::cerr << "redoubt: cannot lock the volume's key in memory: it may be swapped\n";
  secrets_.emplace_back(static_cast<uint8_t*>(memory), size);
  return secrets_.back();
}

std::unexpected<Error> volume_error(const OpenVolume& volume, const std::string& what, Errno error) {
  const int number = number_of(error);
  std::string message = what + ": " + std::strerror(number) + advice_for(number);
  if (number != EIO) return fail(status_of(number), message);
  for (const std::string& finding : volume.findings()) message += "\n  " + finding;
  return fail(ExitStatus::kNotIntact, message);
}

}  // namespace redoubt::cli
