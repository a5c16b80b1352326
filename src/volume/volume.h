// SPDX-License-Identifier: Apache-2.0
//
// A protected volume: a file system of inodes, kept as ciphertext in the host files of storage.h. docs/volume-format.md has the
// format. Inodes, not paths: whoever has paths resolves them with lookup(). Thread-safe; several processes share a volume by
// coordination.h. Permissions are recorded here and enforced by the caller.
//
// Errors are Linux's. EIO means that the host's bytes are not what was written: a line has gone to the Reporter, and no wrong
// byte to the caller.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "volume/coordination.h"
#include "volume/storage.h"

namespace redoubt::volume {

inline constexpr InodeNumber kRootInode = 1;
inline constexpr uint32_t kBlockSize = 4096;

// What CAS keeps of a volume: one point of its history. The next tag must be of the same history and later.
struct Tag {
  uint64_t sequence = 0;
  ByteArray<32> mac{};
  bool operator==(const Tag&) const = default;
};

// CAS, or whoever else keeps the tag. Called by barrier() with the barrier lock held, after everything before `tag` is durable.
class TagKeeper {
 public:
  virtual ~TagKeeper() = default;
  // Returns when `tag` is kept durably. EIO: refused, or not reached; the volume then takes no more changes.
  virtual Result<void> keep(const Tag& tag) = 0;
  // Whether later tags matter, too. Without: barriers wait for the disk alone.
  virtual bool wants_more() const { return true; }
};

struct Time {
  int64_t seconds = 0;
  uint32_t nanoseconds = 0;
  bool operator==(const Time&) const = default;
};

struct Attributes {
  InodeNumber inode = 0;
  uint32_t mode = 0;  // S_IFMT and permissions
  uint32_t uid = 0;
  uint32_t gid = 0;
  uint32_t links = 0;
  uint32_t device = 0;  // of device nodes, which can be kept and not opened
  uint64_t size = 0;
  uint64_t blocks = 0;  // of kBlockSize that hold data
  Time accessed, modified, changed, created;
};

// What to change; absent members stay.
struct AttributeChange {
  std::optional<uint32_t> permissions;  // without S_IFMT
  std::optional<uint32_t> uid, gid;
  std::optional<Time> accessed, modified;
};

struct DirectoryEntry {
  std::string name;
  InodeNumber inode = 0;
  uint32_t mode = 0;    // S_IFMT only
  uint64_t cookie = 0;  // for the next call; stable while the directory changes
};

// Why a volume cannot be opened.
struct OpenFailure {
  int error = 0;      // ENOENT: nothing there; EEXIST: something is, and nothing should; EKEYREJECTED; EIO ...
  std::string check;  // stable, dotted: "volume.key", "volume.format", "volume.rollback", "volume.file.missing"
  std::string expected, found, remedy;
};

// For whoever opens the host directory. What may be there: the files of a volume, and the directory that an ext file system keeps in
// its root (lost+found), so that a disk can be a volume's. Nobody reads what is in that.
struct FoundName {
  std::string name;
  bool is_directory = false;
};
bool is_host_file(std::string_view name);
bool may_lie_beside(const FoundName& found);
// The first name that may not ("volume.file.extra").
std::optional<OpenFailure> check_directory(const std::vector<FoundName>& names);

struct OpenOptions {
  ByteView key;                 // 32 bytes; copied into secret_memory
  bool initialise = false;      // the directory holds no volume, or one that was never acknowledged: make a new one
  std::optional<Tag> expected;  // the history must contain it (rollback_protected)
  bool exact = false;           // ... and end with it (ephemeral)
  bool read_only = false;       // nothing is written, not even recovery
  bool forget_changes = false;  // ephemeral: tags are not handed to the keeper
  TagKeeper* keeper = nullptr;  // null: nobody
  uint64_t log_limit = 0;       // bytes of log after which a checkpoint is written; 0: as the volume's size suggests
  // Bytes of small writes that go into the log between two barriers, where they cost no second flush; the rest to the data file.
  uint64_t small_writes = uint64_t{256} << 10;
  std::function<Time()> clock;  // real time
  std::function<void(std::span<uint8_t>)> random;
  std::function<void(std::string_view line)> report;  // what was found wrong while running: file, offset, what
  // Memory for keys and key schedules, aligned to 64; lives as long as the process. A child of fork asks again before its first
  // use, so sealed memory may be shared with the parent. Absent: the heap, for tests. Empty: there is none.
  std::function<std::span<uint8_t>(size_t)> secret_memory;
};

class Engine;

class Volume {
 public:
  // Reads superblock, checkpoint and log; verifies all of it; recovers from a crash. Both objects must outlive the volume.
  static Result<std::unique_ptr<Volume>, OpenFailure> open(Storage& storage, Coordination& coordination,
                                                           OpenOptions options);
  // In a process that shares the volume with others already (after exec): no recovery, no writing; follows the head.
  static Result<std::unique_ptr<Volume>, OpenFailure> join(Storage& storage, Coordination& coordination,
                                                           OpenOptions options);
  ~Volume();

  // ---- names. `name` is one component, 1 to 255 bytes, without slash and NUL, not "." or "..". ----
  Result<InodeNumber> lookup(InodeNumber directory, std::string_view name);
  Result<InodeNumber> parent(InodeNumber directory);
  // A file, directory, fifo, socket or device by S_IFMT of `mode`. EEXIST. Symbolic links: `target`.
  Result<InodeNumber> create(InodeNumber directory, std::string_view name, uint32_t mode, uint32_t uid, uint32_t gid,
                             uint32_t device = 0, std::string_view target = {});
  // Nameless, for O_TMPFILE: lives while it is open, or until link().
  Result<InodeNumber> create_nameless(uint32_t mode, uint32_t uid, uint32_t gid);
  Result<void> link(InodeNumber inode, InodeNumber directory, std::string_view name);
  // Of a directory when `is_directory` (ENOTEMPTY, ENOTDIR), of anything else otherwise (EISDIR).
  Result<void> unlink(InodeNumber directory, std::string_view name, bool is_directory);
  // `flags`: RENAME_NOREPLACE, RENAME_EXCHANGE.
  Result<void> rename(InodeNumber from, std::string_view from_name, InodeNumber to, std::string_view to_name,
                      unsigned flags);
  Result<std::string> read_link(InodeNumber inode);
  // Entries after `cookie` (0: from the beginning), at most `limit`, without "." and "..".
  Result<std::vector<DirectoryEntry>> list(InodeNumber directory, uint64_t cookie, size_t limit);

  // ---- attributes ----
  Result<Attributes> attributes(InodeNumber inode);
  Result<void> change(InodeNumber inode, const AttributeChange& change);
  Result<std::vector<uint8_t>> extended(InodeNumber inode, std::string_view name);  // ENODATA
  Result<void> set_extended(InodeNumber inode, std::string_view name, ByteView value, int flags);
  Result<void> remove_extended(InodeNumber inode, std::string_view name);
  Result<std::vector<std::string>> list_extended(InodeNumber inode);

  // ---- content ----
  // Bytes that are there, 0 at or beyond the end. Holes read as zeros.
  Result<size_t> read(InodeNumber inode, uint64_t offset, std::span<uint8_t> to);
  // All of it, or an error. When it returns, the bytes survive kill -9 of every process.
  Result<void> write(InodeNumber inode, uint64_t offset, ByteView bytes);
  // At the end, atomically among all processes. The new end.
  Result<uint64_t> append(InodeNumber inode, ByteView bytes);
  Result<void> truncate(InodeNumber inode, uint64_t size);
  // Makes a range a hole; the size stays. `zero` of a range beyond the end does nothing.
  Result<void> punch(InodeNumber inode, uint64_t offset, uint64_t size);
  // The first data (or hole) at or after `offset`. ENXIO beyond the end.
  Result<uint64_t> seek_data(InodeNumber inode, uint64_t offset);
  Result<uint64_t> seek_hole(InodeNumber inode, uint64_t offset);
  // After the last close of a file without names: its blocks are free.
  void release_if_unlinked(InodeNumber inode);

  // ---- durability ----
  // Everything that returned before is durable, and its tag kept, when this returns. Concurrent callers share one.
  Result<void> barrier();
  // A barrier even when nothing has changed, so that the keeper gets a tag of this opener: what it keeps from others is then refused.
  Result<void> claim();
  // The keeper has what it needs (ephemeral, no rollback protection): barriers are between the host and us from now on. Before
  // anybody else uses the volume.
  void leave_keeper();
  // Whether something was changed since the last barrier of anybody.
  bool is_dirty() const;
  Tag tag();  // of the last record
  struct Space {
    uint64_t files;  // regular ones
    uint64_t data_blocks, free_hint, log_bytes;
    uint64_t blocks_in_log;  // of the data blocks
  };
  Space space();
  // Reads and verifies every block of every file; the problems, one line each.
  std::vector<std::string> verify(const std::function<void(uint64_t done, uint64_t all)>& progress = {});
  // Writes a checkpoint now. Otherwise one is written when the log has grown.
  Result<void> checkpoint();

  // ---- fork. Between these two no other thread of the process is inside. ----
  void lock_for_fork();
  void unlock_after_fork(bool is_child);  // a child draws an epoch of its own before its first write

 private:
  explicit Volume(std::unique_ptr<Engine> engine);
  std::unique_ptr<Engine> engine_;
};

}  // namespace redoubt::volume
