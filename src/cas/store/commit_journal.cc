// SPDX-License-Identifier: Apache-2.0
#include "cas/store/commit_journal.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "cas/store/commit_journal_format.h"

namespace redoubt::cas {
namespace {

template <typename Header>
std::optional<Header> take(ByteView& bytes) {
  if (bytes.size() < sizeof(Header)) return std::nullopt;
  Header header;
  std::memcpy(&header, bytes.data(), sizeof(header));
  bytes = bytes.subspan(sizeof(header));
  return header;
}

}  // namespace

const size_t CommitJournal::kCapacity = kJournalSize;

size_t whole_blocks(size_t size) { return (size + kJournalBlock - 1) / kJournalBlock * kJournalBlock; }

Bytes make_frame(uint64_t commits, const std::vector<FrameChange>& changes) {
  size_t size = sizeof(FrameHeader);
  for (const FrameChange& change : changes) size += sizeof(ChangeHeader) + change.name.size() + change.sealed.size();
  if (size > kJournalSize) return {};
  FrameHeader header{};
  std::memcpy(header.magic, kFrameMagic, sizeof(header.magic));
  header.version = kFrameVersion;
  header.size = static_cast<uint32_t>(size);
  header.commits = commits;
  header.change_count = static_cast<uint32_t>(changes.size());
  Bytes frame(whole_blocks(size));
  uint8_t* at = frame.data();
  const auto put = [&](const void* bytes, size_t count) {
    if (count > 0) std::memcpy(at, bytes, count);  // what is empty may be null
    at += count;
  };
  put(&header, sizeof(header));
  for (const FrameChange& change : changes) {
    ChangeHeader one{};
    one.kind = change.kind;
    one.name_size = static_cast<uint32_t>(change.name.size());
    one.version = change.version;
    one.sealed_size = static_cast<uint32_t>(change.sealed.size());
    put(&one, sizeof(one));
    put(change.name.data(), change.name.size());
    put(change.sealed.data(), change.sealed.size());
  }
  return frame;
}

std::array<ByteView, 2> around_mac(ByteView frame) {
  FrameHeader header;
  std::memcpy(&header, frame.data(), sizeof(header));
  static_assert(offsetof(FrameHeader, mac) + sizeof(FrameHeader::mac) == sizeof(FrameHeader));
  return {frame.first(offsetof(FrameHeader, mac)), frame.first(header.size).subspan(sizeof(FrameHeader))};
}

void set_mac(Bytes& frame, const ByteArray<32>& mac) {
  std::ranges::copy(mac, frame.begin() + offsetof(FrameHeader, mac));
}

std::optional<Frame> parse_frame(ByteView bytes) {
  ByteView rest = bytes;
  const auto header = take<FrameHeader>(rest);
  if (!header || std::memcmp(header->magic, kFrameMagic, sizeof(header->magic)) != 0 ||
      header->version != kFrameVersion || header->size < sizeof(FrameHeader) || header->size > bytes.size() ||
      header->change_count == 0) {
    return std::nullopt;
  }
  Frame frame;
  frame.commits = header->commits;
  std::ranges::copy(header->mac, frame.mac.begin());
  frame.bytes = bytes.first(header->size);
  rest = frame.bytes.subspan(sizeof(FrameHeader));
  for (uint32_t count = header->change_count; count > 0; --count) {
    const auto one = take<ChangeHeader>(rest);
    if (!one || one->name_size > rest.size() || one->sealed_size > rest.size() - one->name_size) return std::nullopt;
    const size_t name_size = one->name_size, sealed_size = one->sealed_size;
    frame.changes.push_back(
        {one->kind, as_text(rest.first(name_size)), one->version, rest.subspan(name_size, sealed_size)});
    rest = rest.subspan(name_size + sealed_size);
  }
  if (!rest.empty()) return std::nullopt;
  return frame;
}

std::vector<uint64_t> frame_numbers(ByteView file) {
  std::vector<uint64_t> numbers;
  for (; file.size() >= kJournalBlock; file = file.subspan(kJournalBlock)) {
    FrameHeader header;
    std::memcpy(&header, file.data(), sizeof(header));
    if (std::memcmp(header.magic, kFrameMagic, sizeof(header.magic)) == 0) numbers.push_back(header.commits);
  }
  return numbers;
}

Result<CommitJournal, Error> CommitJournal::create(const std::string& path) {
  // Written, not only allocated: the first write to space that was never written changes the file system's own records.
  TRY_VOID(write_private_file(path, Bytes(kJournalSize)));
  return open(path);
}

Result<CommitJournal, Error> CommitJournal::open(const std::string& path) {
  std::optional<UniqueFd> file = TRY(open_private_file(path, O_RDWR));
  struct stat status {};
  if (file && fstat(file->get(), &status) != 0) return std::unexpected(system_error("open", path));
  if (!file || status.st_size != static_cast<off_t>(kJournalSize)) {
    return fail(ErrorCode::kUnauthentic, "\"" + path + "\": expected " + std::to_string(kJournalSize) +
                                             " bytes of commits that the database has not, found " +
                                             (file ? std::to_string(status.st_size) + " bytes" : "no file") +
                                             "; stop CAS and restore the whole data directory from a backup");
  }
  return CommitJournal(path, *std::move(file));
}

Result<Bytes, Error> CommitJournal::read() const {
  Bytes bytes(kJournalSize);
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t count = pread(file_.get(), bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::unexpected(system_error("read", path_));
    if (count == 0) return fail(ErrorCode::kFailed, "\"" + path_ + "\" became shorter while it was read");
    done += static_cast<size_t>(count);
  }
  // Written or read in one piece, it lies in the page cache in large pieces, and the file system would look through one of them for every
  // block that is written: a fifth of the time. Without them each block gets a page.
  (void)posix_fadvise(file_.get(), 0, 0, POSIX_FADV_DONTNEED);
  return bytes;
}

Result<void, Error> CommitJournal::append(ByteView frame) {
  for (size_t done = 0; done < frame.size();) {
    const ssize_t count =
        pwrite(file_.get(), frame.data() + done, frame.size() - done, static_cast<off_t>(end_ + done));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return std::unexpected(system_error("write", path_));
    done += static_cast<size_t>(count);
  }
  if (fdatasync(file_.get()) != 0) return std::unexpected(system_error("sync", path_));
  end_ += frame.size();
  return {};
}

}  // namespace redoubt::cas
