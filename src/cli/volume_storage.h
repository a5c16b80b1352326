// SPDX-License-Identifier: Apache-2.0
//
// The host files of a volume for the command: ordinary files of its directory, through the C library. The runtime has its own
// (shim/volumes). Both lock the first superblock (flock), so that a volume has one user at a time on one host.
#pragma once

#include <array>
#include <memory>
#include <string>

#include "cli/error.h"
#include "volume/storage.h"
#include "volume/volume.h"

namespace redoubt::cli {

enum class VolumeAccess : uint8_t {
  kRead,    // nothing is changed, and other readers may be there
  kChange,  // alone
  kCreate,  // alone; makes the files, in a directory that is empty or made
};

// What the command exits with after this errno: damage, what people can correct on the command line, or a failure of the host.
ExitStatus status_of(int error);
// Says in four lines why a volume cannot be opened.
std::unexpected<Error> not_opened(const std::string& directory, const volume::OpenFailure& failure);

class FileStorage final : public volume::Storage {
 public:
  // Errors: kUsage for what is not there, cannot be opened, or is in use.
  static Result<std::unique_ptr<FileStorage>> open(const std::string& directory, VolumeAccess access);
  ~FileStorage() override;
  // What was created stays.
  void keep();
  FileStorage(const FileStorage&) = delete;
  FileStorage& operator=(const FileStorage&) = delete;

  redoubt::Result<size_t> read(volume::HostFile file, uint64_t offset, std::span<uint8_t> to) override;
  redoubt::Result<void> write(volume::HostFile file, uint64_t offset, ByteView bytes) override;
  redoubt::Result<void> sync(volume::HostFile file) override;
  redoubt::Result<uint64_t> size(volume::HostFile file) override;
  redoubt::Result<void> truncate(volume::HostFile file, uint64_t size) override;
  void discard(volume::HostFile file, uint64_t offset, uint64_t size) override;

 private:
  FileStorage() { descriptors_.fill(-1); }
  int of(volume::HostFile file) const { return descriptors_[static_cast<size_t>(file)]; }
  Result<void> open_files(const std::string& directory, VolumeAccess access);
  Result<void> lock(const std::string& directory, VolumeAccess access);

  // What kCreate made; removed again unless keep() says that all went well.
  std::string directory_;
  bool made_directory_ = false;
  int made_files_ = 0;
  std::array<int, volume::kHostFiles> descriptors_{};
};

}  // namespace redoubt::cli
