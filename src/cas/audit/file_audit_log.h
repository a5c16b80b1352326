// SPDX-License-Identifier: Apache-2.0
//
// The audit log as the file audit.log in CAS's data directory. record() returns when its line is on disk (fdatasync); lines of
// threads that wait at the same time share one write and one sync: the first of them writes for all.
//
// Where the log ends stands, sealed, in the store (the checkpoint: sequence, hash and offset of a line), renewed once a second
// while there is something new, and when CAS stops. Every line carries the store's count of commits. So at start CAS sees
//   - a log that was cut before the checkpoint, and any change after it (what is before it, `redoubt audit verify` reads);
//   - a database that was put back to before the last line.
// Not seen: lines of the last second before a kill, cut exactly at a line's end; and log and database put back together.
//
// A line that was being written when CAS was killed (no newline) was acknowledged to nobody: it is removed and an event says so.
// Errors: no space, and the file is as before, later events may work. When the file's state is unknown (a failed sync), every
// later event is refused.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/utc_time.h"
#include "cas/audit/audit_log.h"
#include "cas/audit/chain.h"
#include "cas/store/private_files.h"
#include "cas/store/sqlite_store.h"

namespace redoubt::cas {

class FileAuditLog final : public AuditLog {
 public:
  // `directory` gets audit.log and audit.pub. `store` must outlive the log. kUnauthentic: the log and the store do not agree.
  static Result<std::unique_ptr<FileAuditLog>, Error> open(const std::string& directory, SqliteStore& store,
                                                           std::function<UtcTime()> clock);
  ~FileAuditLog() override;

  Result<void, Error> record(const AuditEvent& event) override;

  const AuditPublicKey& public_key() const { return key_.public_key(); }
  uint64_t sequence() const { return sequence_.load(); }
  // Whether the last event was recorded.
  bool usable() const { return usable_.load(); }
  // After a failure: an event and a checkpoint, so that log and store show whether there is space again.
  void probe();
  // Writes the checkpoint if there is something new.
  Result<void, Error> checkpoint();

 private:
  struct Checkpoint {
    uint64_t sequence = 0;
    ByteArray<32> hash{};
    uint64_t commits = 0;
    uint64_t end = 0;   // offset after the line's newline
    uint64_t size = 0;  // of the line with its newline
  };
  struct Waiting {
    const AuditEvent* event;
    std::optional<Result<void, Error>> outcome;
  };

  FileAuditLog(std::string path, SqliteStore& store, std::function<UtcTime()> clock, AuditSigningKey key);
  Result<void, Error> load();
  Result<std::optional<Checkpoint>, Error> load_checkpoint();
  Result<void, Error> verify_tail(const Checkpoint& from);
  Result<std::string, Error> read_at(uint64_t offset, size_t size) const;
  Result<void, Error> write_batch(const std::vector<Waiting*>& batch);
  void start_checkpoints();

  const std::string path_;
  SqliteStore& store_;
  const std::function<UtcTime()> clock_;
  const AuditSigningKey key_;
  UniqueFd file_;

  // Of whoever writes, which is one thread at a time (writing_).
  AuditHead head_;
  uint64_t end_ = 0;  // size of the file
  uint64_t last_line_size_ = 0;
  bool broken_ = false;  // what is in the file is unknown

  std::mutex lock_;  // of the queue, and of `written_`
  std::condition_variable changed_;
  std::vector<Waiting*> queue_;
  bool writing_ = false;
  Checkpoint written_;
  std::atomic<uint64_t> sequence_ = 0;
  std::atomic<bool> usable_ = true;

  std::mutex checkpoint_lock_;  // taken before lock_ and the store's
  uint64_t checkpoint_version_ = 0;
  uint64_t checkpoint_sequence_ = 0;
  std::jthread checkpoints_;
};

}  // namespace redoubt::cas
