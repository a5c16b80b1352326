// SPDX-License-Identifier: Apache-2.0
//
// The store as one SQLite database in CAS's data directory. WAL with synchronous=FULL: what commit() acknowledged survives a
// power cut, and a kill at any instant leaves either all of a commit or nothing. One connection writes, under one lock; each
// reading thread has a connection of its own. Whether records exist, and which version, is answered from memory (memory_index.h).
// Nobody else may write to the database while CAS runs; reading it (a backup) is fine.
//
// Commits of what changes often and is waited for (states of volumes) go to a journal beside the database first (commit_journal.h);
// until the database has them, their records are in memory.
//
// Commits of threads that wait at the same time share one transaction and one sync: the first of them writes for all. Each still is
// all or nothing by itself: one that meets a conflict leaves the others alone.
//
// Lock order: index_lock_, readers_lock_; queue_lock_ is held with no other. A commit holds index_lock_ only while SQLite makes it
// durable; one to the journal not even then.
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <vector>

#include "cas/store/commit_journal.h"
#include "cas/store/memory_index.h"
#include "cas/store/root_key.h"
#include "cas/store/sealing.h"
#include "cas/store/store.h"

namespace redoubt::cas {

class SqliteStore final : public Store {
 public:
  // Opens the database, or makes one. kUnauthentic: the file is no database of CAS, the root key is another's, or records were
  // changed from outside; kUnsupported: another schema version; kFailed: the system refused.
  static Result<std::unique_ptr<SqliteStore>, Error> open(const std::string& path, RootKeySource& root_key);
  ~SqliteStore() override;

  Result<std::optional<Record>, Error> get(RecordKind kind, const std::string& name) const override;
  Result<uint64_t, Error> version(RecordKind kind, const std::string& name) const override;
  Result<CommitOutcome, Error> commit(std::vector<Change> changes) override;
  Result<std::vector<std::string>, Error> names(RecordKind kind, const std::string& prefix, const std::string& after,
                                                size_t limit) const override;

  bool made_anew() const { return made_anew_; }
  // How many transactions there have been in the life of the database. Never decreases.
  uint64_t commit_count() const { return commit_count_.load(); }
  // Whether the last commit worked.
  bool usable() const { return usable_.load(); }

 private:
  struct Writer;
  struct Reader;
  struct Waiting;
  SqliteStore(std::string path, Sealer sealer);
  Result<void, Error> load(Writer& writer);
  Result<void, Error> load_journal();
  // For whoever writes. Sets the outcomes of all.
  void commit_together(const std::vector<Waiting*>& batch) noexcept;
  Result<void, Error> write_together(const std::vector<Waiting*>& accepted);
  // `commits`: how many there are afterwards.
  Result<void, Error> write_to_journal(const std::vector<Waiting*>& accepted, uint64_t commits);
  // With all that is in the journal only.
  Result<void, Error> write_to_database(const std::vector<Waiting*>& accepted, uint64_t commits);
  Result<void, Error> write(const Waiting& one);
  Result<void, Error> put(uint8_t kind, std::string_view name, uint64_t version, ByteView sealed);
  Result<std::unique_ptr<Reader>, Error> borrow_reader() const;

  const std::string path_;
  const Sealer sealer_;
  bool made_anew_ = false;
  CommitJournal journal_;              // of whoever writes
  bool is_database_in_doubt_ = false;  // of whoever writes: its last commit failed
  std::unique_ptr<Writer> writer_;     // of whoever writes, which is one thread at a time (writing_)
  std::mutex queue_lock_;
  std::condition_variable changed_;
  std::vector<Waiting*> queue_;  // guarded by queue_lock_
  bool writing_ = false;         // guarded by queue_lock_
  mutable std::shared_mutex index_lock_;
  MemoryIndex index_;  // guarded by index_lock_
  struct Sealed {
    uint64_t version;
    Bytes bytes;
  };
  std::map<std::pair<uint8_t, std::string>, Sealed> ahead_;  // of the database; guarded by index_lock_
  mutable std::mutex readers_lock_;
  mutable std::vector<std::unique_ptr<Reader>> readers_;  // those that nobody uses; guarded by readers_lock_
  std::atomic<uint64_t> commit_count_ = 0;
  std::atomic<bool> usable_ = true;
};

}  // namespace redoubt::cas
