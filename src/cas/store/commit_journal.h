// SPDX-License-Identifier: Apache-2.0
//
// A file beside the database for the small commits that somebody waits for: tags of volumes. A commit there is one write into
// space that the file has already and one fdatasync, which the host's disk answers in half the time of a transaction of the database, and
// without the file system's own journal. The database gets the latest of each record when the journal is full, with the next
// commit that goes to the database, and when CAS stops.
//
//   database at N, frames N+1, N+2, ...  ──► all together in one transaction: database at M ──► the next frame, M+1, at the beginning
//
// A frame counts as long as the database is not as far: what a kill leaves of frames that are in the database is older and skipped.
// So nothing is ever erased, and each instant has one meaning. A frame is believed as the database is (memory_index.h): it bears
// a MAC under a key of the database over its content, its number and the sum of all digests after it, so no other history's fits.
//
// At start the frames after the database's state are taken until one is not good: that is the write which a power cut tore, and nobody
// was told of it. The next frame is written only when this one is durable, so that any frame with a later number means that an
// acknowledged one was destroyed, or that the database was put back: refused. What an intruder cuts off the end is missed no
// more and no less than the end of the database's own log; the audit log's counts of commits show it.
//
// Not thread-safe: whoever writes to the store uses it.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "cas/store/private_files.h"

namespace redoubt::cas {

// One record of a frame. The views are of the caller's, or of the bytes that were parsed.
struct FrameChange {
  uint8_t kind;
  std::string_view name;
  uint64_t version;
  ByteView sealed;
};

struct Frame {
  uint64_t commits = 0;
  std::vector<FrameChange> changes;
  ByteArray<32> mac{};
  ByteView bytes;  // of the whole frame
};

// Padded with zeros to whole blocks, and still without its MAC. Empty: larger than the journal.
Bytes make_frame(uint64_t commits, const std::vector<FrameChange>& changes);
// What the MAC is over, besides the sum: the two sides of its place.
std::array<ByteView, 2> around_mac(ByteView frame);
void set_mac(Bytes& frame, const ByteArray<32>& mac);
// How far it is from a frame to the next.
size_t whole_blocks(size_t size);
// At the beginning of `bytes`. nullopt: no whole frame is there. Nothing is authenticated yet.
std::optional<Frame> parse_frame(ByteView bytes);
// The number of every frame that begins in the file, whole or not.
std::vector<uint64_t> frame_numbers(ByteView file);

class CommitJournal {
 public:
  // Makes an empty one, also in place of another; durable when it returns.
  static Result<CommitJournal, Error> create(const std::string& path);
  // kUnauthentic: there is none, or it has another size.
  static Result<CommitJournal, Error> open(const std::string& path);
  CommitJournal() = default;

  // The whole file, for the start.
  Result<Bytes, Error> read() const;
  bool has_room_for(size_t size) const { return size <= kCapacity - end_; }
  bool is_empty() const { return end_ == 0; }
  // Durable when it returns. After an error the next frame goes to the same place.
  Result<void, Error> append(ByteView frame);
  // Where the next frame goes: behind what was found at start, or to the beginning, when the database has all.
  void continue_at(size_t end) { end_ = end; }

 private:
  static const size_t kCapacity;
  CommitJournal(std::string path, UniqueFd file) : path_(std::move(path)), file_(std::move(file)) {}

  std::string path_;
  UniqueFd file_;
  size_t end_ = 0;
};

}  // namespace redoubt::cas
