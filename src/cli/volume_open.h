// SPDX-License-Identifier: Apache-2.0
//
// A volume opened by the command: its host files, its key, and nobody else beside it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/secret_bytes.h"
#include "cli/error.h"
#include "cli/volume_storage.h"
#include "volume/volume.h"

namespace redoubt::cli {

// 32 bytes, or 64 hexadecimal digits and perhaps a newline; "-" is standard input. Errors: kUsage.
Result<SecretBytes> read_volume_key(const std::string& path);

class OpenVolume {
 public:
  // Errors: kUsage (what people can correct: no volume, another key), kNotIntact (what was changed behind our back).
  static Result<std::unique_ptr<OpenVolume>> open(const std::string& directory, const std::string& key_file,
                                                  VolumeAccess access);
  ~OpenVolume();
  OpenVolume(const OpenVolume&) = delete;
  OpenVolume& operator=(const OpenVolume&) = delete;

  // A volume that was created stays; without this it is removed again.
  void keep() { storage_->keep(); }

  volume::Volume& operator*() { return *volume_; }
  volume::Volume* operator->() { return volume_.get(); }
  // What the engine found wrong with the host files since it was opened, one line each.
  const std::vector<std::string>& findings() const { return findings_; }

 private:
  OpenVolume() = default;
  std::span<uint8_t> secret_memory(size_t size);

  std::unique_ptr<FileStorage> storage_;
  volume::SoleOwner coordination_;
  std::vector<std::span<uint8_t>> secrets_;
  std::vector<std::string> findings_;
  std::unique_ptr<volume::Volume> volume_;
};

// The error of an operation on `what`, with what to do about it: EIO is kNotIntact, a full disk kRedoubtFailed, everything else what the
// person asked for.
std::unexpected<Error> volume_error(const OpenVolume& volume, const std::string& what, Errno error);

}  // namespace redoubt::cli
