// SPDX-License-Identifier: Apache-2.0
#include "cas/audit/file_audit_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <stop_token>
#include <utility>

#include "cas/log.h"
#include "crypto/hash.h"
#include "wire/codec.h"

namespace redoubt::cas {
namespace {

constexpr auto kCheckpointInterval = std::chrono::seconds(1);
constexpr char kKeyRecord[] = "audit-key";
constexpr char kCheckpointRecord[] = "audit-checkpoint";
constexpr size_t kPieceSize = 1 << 16;

struct StoredCheckpoint {
  uint64_t sequence = 0;
  ByteArray<32> hash{};
  uint64_t commits = 0;
  uint64_t end = 0;
  uint64_t size = 0;
};
template <typename Archive>
bool fields(Archive& a, wire::Of<Archive, StoredCheckpoint>& m) {
  return a.number(m.sequence) && a.array(m.hash) && a.number(m.commits) && a.number(m.end) && a.number(m.size);
}

std::unexpected<Error> disagreement(std::string what) {
  return fail(ErrorCode::kUnauthentic,
              "the audit log: " + std::move(what) + "; restore the whole data directory from a backup");
}

// The audit key, made at the first start.
Result<AuditSigningKey, Error> load_key(SqliteStore& store) {
  auto record = TRY(store.get(RecordKind::kService, kKeyRecord));
  if (record) return AuditSigningKey::from_raw(record->bytes);
  SecretBytes key = TRY(AuditSigningKey::generate());
  std::vector<Change> changes;
  changes.push_back({RecordKind::kService, kKeyRecord, 0, key.copy()});
  TRY_VOID(store.commit(std::move(changes)));
  return AuditSigningKey::from_raw(key);
}

}  // namespace

FileAuditLog::FileAuditLog(std::string path, SqliteStore& store, std::function<UtcTime()> clock, AuditSigningKey key)
    : path_(std::move(path)), store_(store), clock_(std::move(clock)), key_(std::move(key)) {}

FileAuditLog::~FileAuditLog() {
  // A log that did not load knows nothing that may replace the checkpoint.
  if (!checkpoints_.joinable()) return;
  checkpoints_.request_stop();
  checkpoints_.join();
  (void)checkpoint();
}

Result<std::unique_ptr<FileAuditLog>, Error> FileAuditLog::open(const std::string& directory, SqliteStore& store,
                                                                std::function<UtcTime()> clock) {
  AuditSigningKey key = TRY(load_key(store));
  const std::string public_file = directory + "/audit.pub";
  TRY_VOID(write_private_file(public_file, as_bytes(key.public_key().pem())));
  std::unique_ptr<FileAuditLog> log(
      new FileAuditLog(directory + "/audit.log", store, std::move(clock), std::move(key)));
  TRY_VOID(log->load());
  log->start_checkpoints();
  return log;
}

Result<std::optional<FileAuditLog::Checkpoint>, Error> FileAuditLog::load_checkpoint() {
  const auto record = TRY(store_.get(RecordKind::kService, kCheckpointRecord));
  if (!record) return std::nullopt;
  StoredCheckpoint stored;
  if (!wire::decode(record->bytes.view(), stored)) return fail(ErrorCode::kMalformed, "the audit checkpoint");
  checkpoint_version_ = record->version;
  checkpoint_sequence_ = stored.sequence;
  return Checkpoint{stored.sequence, stored.hash, stored.commits, stored.end, stored.size};
}

Result<void, Error> FileAuditLog::load() {
  const std::optional<Checkpoint> last = TRY(load_checkpoint());
  std::optional<UniqueFd> file = TRY(open_private_file(path_, O_RDWR | O_APPEND));
  if (!file) {
    if (last) return disagreement("expected at least " + std::to_string(last->sequence) + " lines, found no file");
    file = UniqueFd(
        open64(path_.c_str(), O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR));
    if (!*file) return std::unexpected(system_error("create", path_));
  }
  file_ = std::move(*file);
  const AuditHead genesis = audit_genesis(key_.public_key());
  TRY_VOID(verify_tail(last.value_or(Checkpoint{0, genesis.hash, 0, 0, 0})));
  if (head_.commits > store_.commit_count()) {
    return disagreement("its last line was written after commit " + std::to_string(head_.commits) +
                        " of the database, which has " + std::to_string(store_.commit_count()) +
                        ": the database was put back to an older state");
  }
  return {};
}

Result<std::string, Error> FileAuditLog::read_at(uint64_t offset, size_t size) const {
  std::string text(size, '\0');
  const ssize_t count = pread(file_.get(), text.data(), size, static_cast<off_t>(offset));
  if (count <= 0) return std::unexpected(system_error("read", path_));
  text.resize(static_cast<size_t>(count));
  return text;
}

// Reads from the line of the checkpoint to the end.
Result<void, Error> FileAuditLog::verify_tail(const Checkpoint& from) {
  struct stat status {};
  if (fstat(file_.get(), &status) != 0) return std::unexpected(system_error("read", path_));
  const auto size = static_cast<uint64_t>(status.st_size);
  if (size < from.end || from.end < from.size) {
    return disagreement("expected " + std::to_string(from.sequence) + " lines or more, found it cut");
  }
  if (from.size > 0) {
    std::string line = TRY(read_at(from.end - from.size, from.size));
    line.pop_back();
    if (crypto::sha256(as_bytes(line)) != from.hash) {
      return disagreement("line " + std::to_string(from.sequence) + " is not the one that CAS wrote");
    }
  }
  AuditVerifier verifier(key_.public_key(), {from.sequence, from.hash, from.commits});
  std::string rest;
  uint64_t good_end = from.end;
  last_line_size_ = from.size;
  for (uint64_t offset = from.end; offset < size;) {
    const std::string piece = TRY(read_at(offset, kPieceSize));
    offset += piece.size();
    rest.append(piece);
    size_t begin = 0;
    for (size_t end; (end = rest.find('\n', begin)) != std::string::npos; begin = end + 1) {
      if (auto good = verifier.next(std::string_view(rest).substr(begin, end - begin)); !good) {
        return disagreement("the line after number " + std::to_string(verifier.head().sequence) + ": " +
                            good.error().message);
      }
      last_line_size_ = end + 1 - begin;
      good_end += last_line_size_;
    }
    rest.erase(0, begin);
  }
  head_ = verifier.head();
  end_ = good_end;
  written_ = {head_.sequence, head_.hash, head_.commits, end_, last_line_size_};
  sequence_ = head_.sequence;
  if (rest.empty()) return {};
  if (ftruncate(file_.get(), static_cast<off_t>(end_)) != 0) return std::unexpected(system_error("cut", path_));
  log(LogLevel::kWarning, "the audit log ended with a line that was never finished; removed it");
  return record({"audit.torn_line_removed", "allowed", "", "", {{"bytes", std::to_string(rest.size())}}});
}

Result<void, Error> FileAuditLog::record(const AuditEvent& event) {
  Waiting self{&event, std::nullopt};
  std::unique_lock lock(lock_);
  queue_.push_back(&self);
  changed_.wait(lock, [&] { return self.outcome || !writing_; });
  if (self.outcome) return *self.outcome;
  // Nobody writes, and ours is in the queue: we write for all that wait.
  writing_ = true;
  const std::vector<Waiting*> batch = std::exchange(queue_, {});
  lock.unlock();
  Result<void, Error> outcome = write_batch(batch);
  if (!outcome) log(LogLevel::kError, outcome.error().message);
  usable_ = outcome.has_value();
  lock.lock();
  for (Waiting* waiting : batch) waiting->outcome = outcome;
  if (outcome) written_ = {head_.sequence, head_.hash, head_.commits, end_, last_line_size_};
  writing_ = false;
  changed_.notify_all();
  return outcome;
}

Result<void, Error> FileAuditLog::write_batch(const std::vector<Waiting*>& batch) {
  if (broken_) return fail(ErrorCode::kFailed, "the audit log failed before; restart CAS");
  const std::string time = to_string(clock_());
  AuditHead head = head_;
  std::string text;
  uint64_t last_line_size = 0;
  for (const Waiting* waiting : batch) {
    AuditLine line = TRY(make_audit_line(head, *waiting->event, time, store_.commit_count(), key_));
    text.append(line.text).push_back('\n');
    last_line_size = line.text.size() + 1;
    head = line.head;
  }
  for (size_t written = 0; written < text.size();) {
    const ssize_t count = write(file_.get(), text.data() + written, text.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      Error error = system_error("write", path_);
      broken_ = ftruncate(file_.get(), static_cast<off_t>(end_)) != 0;
      return std::unexpected(std::move(error));
    }
    written += static_cast<size_t>(count);
  }
  if (fdatasync(file_.get()) != 0) {
    broken_ = true;  // what is on disk is unknown, and a later sync may lie
    return std::unexpected(system_error("sync", path_));
  }
  head_ = head;
  end_ += text.size();
  last_line_size_ = last_line_size;
  sequence_ = head.sequence;
  return {};
}

void FileAuditLog::probe() {
  if (record({"audit.resumed", "allowed", "", "", {}})) (void)checkpoint();
}

Result<void, Error> FileAuditLog::checkpoint() {
  const std::lock_guard one_at_a_time(checkpoint_lock_);
  StoredCheckpoint stored;
  {
    const std::lock_guard lock(lock_);
    stored = {written_.sequence, written_.hash, written_.commits, written_.end, written_.size};
  }
  if (stored.sequence == checkpoint_sequence_) return {};
  std::vector<Change> changes;
  const Bytes bytes = wire::encode(stored);
  changes.push_back({RecordKind::kService, kCheckpointRecord, checkpoint_version_, SecretBytes(ByteView(bytes))});
  const CommitOutcome outcome = TRY(store_.commit(std::move(changes)));
  if (outcome == CommitOutcome::kConflict) return fail(ErrorCode::kFailed, "somebody else wrote the audit checkpoint");
  ++checkpoint_version_;
  checkpoint_sequence_ = stored.sequence;
  return {};
}

void FileAuditLog::start_checkpoints() {
  checkpoints_ = std::jthread([this](const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    while (!wake.wait_for(lock, stop, kCheckpointInterval, [] { return false; }) && !stop.stop_requested()) {
      if (auto done = checkpoint(); !done) log(LogLevel::kError, "audit checkpoint: " + done.error().message);
    }
  });
}

}  // namespace redoubt::cas
