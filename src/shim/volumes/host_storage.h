// SPDX-License-Identifier: Apache-2.0
//
// The host files of a volume, as descriptors in the shim's window. Whoever the program becomes (setuid, chroot, a limit on file
// sizes), they stay what they were when the volume was opened.
#pragma once

#include <string>

#include "shim/attested/failure.h"
#include "volume/storage.h"

namespace redoubt::shim::volumes {

class HostStorage final : public volume::Storage {
 public:
  explicit HostStorage(size_t index) : index_(index) {}

  // Opens the files of the directory `path`, or makes them where `initialise` is set, and locks them against other runs. One
  // clear failure: no directory, read-only, a file missing, a file that is none of a volume's, in use.
  attested::Outcome<void> open(const std::string& path, bool initialise);

  Result<size_t> read(volume::HostFile file, uint64_t offset, std::span<uint8_t> to) override;
  Result<void> write(volume::HostFile file, uint64_t offset, ByteView bytes) override;
  Result<void> sync(volume::HostFile file) override;
  Result<uint64_t> size(volume::HostFile file) override;
  Result<void> truncate(volume::HostFile file, uint64_t size) override;
  void discard(volume::HostFile file, uint64_t offset, uint64_t size) override;

 private:
  uint64_t fd(volume::HostFile file) const;
  size_t index_;  // of the volume in this run
};

// The program's soft limit on file sizes, as this process last knew it. The limit counts host files and memory files too, so
// writes of the shim go around it; the volume's files are held against it by size_calls.cc.
uint64_t file_size_limit();
// Asks the kernel anew: at the start, and when the program has set a limit.
void refresh_file_size_limit();

}  // namespace redoubt::shim::volumes
