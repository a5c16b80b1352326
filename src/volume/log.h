// SPDX-License-Identifier: Apache-2.0
//
// Records of the log: sealing one, and reading them one after another. Where the chain breaks the log ends: after a crash that is
// how it should be, since what was not synced may be there in parts. Whether it is damage instead, later records tell: each says
// how far the history was durable when it was written (lost_record).
#pragma once

#include <optional>
#include <vector>

#include "volume/coordination.h"
#include "volume/keys.h"
#include "volume/operation.h"
#include "volume/storage.h"

namespace redoubt::volume {

// Where the next record goes, and what it is chained to. That of the newest record is the head.
using LogPosition = Head;

// `record` has room for a header and then the body; it grows by the padding and is sealed in place. Returns its tag.
Mac seal_record(KeyRing& keys, const LogPosition& at, const Epoch& epoch, uint64_t counter,
                std::vector<uint8_t>& record);

class LogReader {
 public:
  LogReader(Storage& storage, KeyRing& keys) : storage_(storage), keys_(keys) {}

  // The file may have changed; nothing at or after `limit` is asked for.
  void begin(uint64_t limit = ~uint64_t{0}) {
    buffer_.clear();
    limit_ = limit;
  }
  // The record at `at`, which moves behind it and its blocks. Views in `operation` live until the next call. False: no record that follows.
  // An error is the host's.
  Result<bool> next(LogPosition& at, Operation& operation);

  // The log ended at `at`. A record behind it that knew the missing one to be durable: its offset. So the log is damaged.
  Result<std::optional<uint64_t>> lost_record(const LogPosition& at);
  // Whether a log begins with a record of `generation`: that one's superblock was durable then.
  Result<bool> begins(HostFile file, uint64_t generation);

 private:
  // The header at an offset, if there is one of a plausible record. The bytes of the record are in buffer_.
  Result<const uint8_t*> fetch(HostFile file, uint64_t offset, size_t size);
  Result<bool> open(HostFile file, uint64_t generation, uint64_t offset, RecordHeader& header);

  Storage& storage_;
  KeyRing& keys_;
  HostFile file_{};
  uint64_t start_ = 0, limit_ = ~uint64_t{0};
  std::vector<uint8_t> buffer_, body_;
};

}  // namespace redoubt::volume
