// SPDX-License-Identifier: Apache-2.0
//
// Opening, committing and reading keep one order between the database, the journal beside it and what is in memory until the database has
// it. Together they are the reason why nothing acknowledged is lost, so they stay in one file.
#include "cas/store/sqlite_store.h"

#include <fcntl.h>
#include <openssl/rand.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <utility>

#include "cas/log.h"
#include "cas/store/private_files.h"
#include "cas/store/sqlite.h"
#include "cas/store/sqlite_schema.h"
#include "crypto/constant_time.h"

namespace redoubt::cas {
namespace {

constexpr size_t kLargestRecord = 64u << 20;
constexpr char kJournalSuffix[] = "-commits";  // beside the database

uint8_t number_of(RecordKind kind) { return static_cast<uint8_t>(kind); }

// What a commit waits for in the journal: records of a few hundred bytes, a thousand times a second.
bool is_journalled(RecordKind kind) { return kind == RecordKind::kVolumeState; }

// The file is there, private, and either empty or one that SQLite and we know.
Result<Database, Error> open_database(const std::string& path, bool& fresh, bool& has_journal) {
  const std::optional<UniqueFd> present = TRY(open_private_file(path, O_RDONLY));
  if (!present) {
    const UniqueFd made(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR));
    if (!made) return std::unexpected(system_error("create the database", path));
  }
  Database database = TRY(Database::open(path, false));
  const int64_t application = TRY(database.integer("PRAGMA application_id"));
  const int64_t tables = TRY(database.integer("SELECT count(*) FROM sqlite_schema"));
  fresh = application == 0 && tables == 0;
  if (!fresh && application != kApplicationId) {
    return fail(ErrorCode::kUnauthentic, "it is a SQLite database of another program; give CAS a directory of its own");
  }
  const int64_t version = TRY(database.integer("PRAGMA user_version"));
  has_journal = version == kSchemaVersion;
  if (!fresh && !has_journal && version != kSchemaWithoutJournal) {
    return fail(ErrorCode::kUnsupported, "it has schema version " + std::to_string(version) +
                                             ", and this CAS knows version 2; use the CAS that wrote it");
  }
  TRY_VOID(database.execute("PRAGMA journal_mode = WAL"));
  TRY_VOID(database.execute("PRAGMA synchronous = FULL"));
  TRY_VOID(database.execute("PRAGMA cell_size_check = ON"));
  return database;
}

Result<ByteArray<32>, Error> database_id_of(const Database& database, bool fresh) {
  ByteArray<32> id{};
  if (fresh) {
    if (RAND_bytes(id.data(), static_cast<int>(id.size())) != 1) return fail(ErrorCode::kFailed, "no random numbers");
    return id;
  }
  Statement statement = TRY(database.prepare("SELECT database_id FROM meta"));
  const bool row = TRY(statement.step());
  if (!row || statement.blob(0).size() != id.size()) return fail(ErrorCode::kUnauthentic, "it has no identity");
  std::ranges::copy(statement.blob(0), id.begin());
  return id;
}

Result<void, Error> create_tables(const Database& database, const Sealer& sealer, const ByteArray<32>& id) {
  const Bytes state = TRY(sealer.seal({kStateKind, kStateName, 0}, ByteArray<32>{}));
  TRY_VOID(database.execute("BEGIN EXCLUSIVE"));
  TRY_VOID(database.execute(kCreateTables));
  Statement insert = TRY(database.prepare("INSERT INTO meta VALUES(1, ?1, ?2, 0, ?3)"));
  insert.bind(1, ByteView(id)).bind(2, ByteView(sealer.key_check())).bind(3, ByteView(state));
  TRY_VOID(insert.run());
  return database.execute("COMMIT");
}

// Before a journal is made for a database that should have none yet. A start that was killed here left an empty one; one with commits
// belongs to a database that somebody made look older, to have them forgotten.
Result<void, Error> expect_no_commits(const std::string& path) {
  if (!TRY(open_private_file(path, O_RDONLY))) return {};
  const CommitJournal present = TRY(CommitJournal::open(path));
  if (frame_numbers(TRY(present.read())).empty()) return {};
  return fail(ErrorCode::kUnauthentic,
              "\"" + path +
                  "\" has commits, and the database says that it is from before there were any; "
                  "restore the whole data directory from a backup");
}

Error damaged(const std::string& what) {
  return {ErrorCode::kUnauthentic, what + "; stop CAS and restore the whole data directory from a backup"};
}

}  // namespace

struct SqliteStore::Writer {
  Database database;
  Statement put, state;
};

struct SqliteStore::Reader {
  Database database;
  Statement get;
};

SqliteStore::SqliteStore(std::string path, Sealer sealer) : path_(std::move(path)), sealer_(std::move(sealer)) {}
SqliteStore::~SqliteStore() {
  if (!writer_ || ahead_.empty()) return;
  // What does not succeed is in the journal.
  if (const auto written = write_to_database({}, commit_count_); !written) {
    log(LogLevel::kWarning, written.error().message);
  }
}

Result<std::unique_ptr<SqliteStore>, Error> SqliteStore::open(const std::string& path, RootKeySource& root_key) {
  const auto in_context = [&](Error error) {
    return std::unexpected(std::move(error).in("the database \"" + path + "\""));
  };
  bool fresh = false, has_journal = false;
  auto database = open_database(path, fresh, has_journal);
  if (!database) return in_context(std::move(database.error()));
  const SecretBytes key = TRY(root_key.root_key(fresh));
  const auto id = database_id_of(*database, fresh);
  if (!id) return in_context(id.error());
  Sealer sealer = TRY(Sealer::create(key, *id));
  // The journal first: a database that should have one, and has none, is not taken.
  if (!has_journal) TRY_VOID(expect_no_commits(path + kJournalSuffix));
  CommitJournal journal =
      TRY(has_journal ? CommitJournal::open(path + kJournalSuffix) : CommitJournal::create(path + kJournalSuffix));
  if (!fresh && !has_journal) {
    if (auto marked = database->execute(kNowWithJournal); !marked) return in_context(std::move(marked.error()));
  }
  if (fresh) {
    if (auto made = create_tables(*database, sealer, *id); !made) return in_context(std::move(made.error()));
  }
  std::unique_ptr<SqliteStore> store(new SqliteStore(path, std::move(sealer)));
  store->made_anew_ = fresh;
  store->journal_ = std::move(journal);
  auto writer = std::make_unique<Writer>();
  writer->database = std::move(*database);
  if (auto loaded = store->load(*writer); !loaded) return in_context(std::move(loaded.error()));
  if (auto loaded = store->load_journal(); !loaded) return in_context(std::move(loaded.error()));
  store->writer_ = std::move(writer);
  if (!store->ahead_.empty()) {
    // They may be in the kernel's memory only, where a CAS that was killed left them, and are believed from here on.
    auto written = store->write_to_database({}, store->commit_count_);
    if (!written) return in_context(std::move(written.error()));
  }
  return store;
}

// Checks key and state, and fills the index.
Result<void, Error> SqliteStore::load(Writer& writer) {
  const Database& database = writer.database;
  ByteArray<32> expected_sum{};
  {
    Statement meta = TRY(database.prepare("SELECT key_check, commits, state FROM meta"));
    const bool row = TRY(meta.step());
    if (!row || !crypto::equal_in_constant_time(meta.blob(0), sealer_.key_check())) {
      return fail(ErrorCode::kUnauthentic,
                  "it was sealed under another root key; restore the root key of this database");
    }
    commit_count_ = static_cast<uint64_t>(meta.integer(1));
    const auto state = sealer_.open({kStateKind, kStateName, commit_count_}, meta.blob(2));
    if (!state || state->size() != expected_sum.size()) return std::unexpected(damaged("its state was changed"));
    std::ranges::copy(state->view(), expected_sum.begin());
  }
  static_assert(kSealNonceAt == 33);  // how much of a sealing the digest needs
  Statement all = TRY(database.prepare("SELECT kind, name, version, substr(sealed, 1, 33) FROM record"));
  while (TRY(all.step())) {
    const auto kind = static_cast<uint8_t>(all.integer(0));
    const std::string name(all.text(1));
    const auto version = static_cast<uint64_t>(all.integer(2));
    const ByteArray<32> digest = TRY(sealer_.place_digest({kind, name, version}, all.blob(3)));
    index_.set(kind, name, {version, digest});
  }
  if (!crypto::equal_in_constant_time(index_.sum(), expected_sum)) {
    return std::unexpected(damaged("records were removed, added, moved or put back to an older version"));
  }
  writer.put =
      TRY(database.prepare("INSERT INTO record VALUES(?1, ?2, ?3, ?4)"
                           " ON CONFLICT DO UPDATE SET version = ?3, sealed = ?4"));
  writer.state = TRY(database.prepare("UPDATE meta SET commits = ?1, state = ?2"));
  return {};
}

// Takes the commits that the database has not.
Result<void, Error> SqliteStore::load_journal() {
  const Bytes file = TRY(journal_.read());
  size_t end = 0;
  while (const auto frame = parse_frame(ByteView(file).subspan(end))) {
    if (frame->commits != commit_count_ + 1) break;
    std::vector<MemoryIndex::Named> entries;
    for (const FrameChange& change : frame->changes) {
      const auto digest = sealer_.place_digest({change.kind, change.name, change.version}, change.sealed);
      if (digest) entries.push_back({change.kind, std::string(change.name), {change.version, *digest}});
    }
    const auto [before, behind] = around_mac(frame->bytes);
    const ByteArray<32> sum = index_.sum_after(entries);
    const ByteArray<32> mac = sealer_.frame_mac({before, behind, sum});
    if (!crypto::equal_in_constant_time(mac, frame->mac)) break;
    for (const MemoryIndex::Named& entry : entries) index_.set(entry.kind, entry.name, entry.entry);
    for (const FrameChange& change : frame->changes) {
      ahead_[{change.kind, std::string(change.name)}] = {change.version,
                                                         Bytes(change.sealed.begin(), change.sealed.end())};
    }
    ++commit_count_;
    end += whole_blocks(frame->bytes.size());
  }
  journal_.continue_at(end);
  for (const uint64_t number : frame_numbers(file)) {
    if (number > commit_count_ + 1) {
      return std::unexpected(damaged("it and its journal end with commit " + std::to_string(commit_count_) +
                                     ", and there was commit " + std::to_string(number)));
    }
  }
  return {};
}

Result<std::unique_ptr<SqliteStore::Reader>, Error> SqliteStore::borrow_reader() const {
  {
    const std::lock_guard lock(readers_lock_);
    if (!readers_.empty()) {
      std::unique_ptr<Reader> reader = std::move(readers_.back());
      readers_.pop_back();
      return reader;
    }
  }
  auto reader = std::make_unique<Reader>();
  reader->database = TRY(Database::open(path_, true));
  reader->get = TRY(reader->database.prepare("SELECT version, sealed FROM record WHERE kind = ?1 AND name = ?2"));
  return reader;
}

Result<std::optional<Record>, Error> SqliteStore::get(RecordKind kind, const std::string& name) const {
  const std::shared_lock lock(index_lock_);  // no commit becomes visible while the row and the index are compared
  const IndexEntry* entry = index_.find(number_of(kind), name);
  if (entry == nullptr) return std::nullopt;
  if (const auto found = ahead_.find({number_of(kind), name}); found != ahead_.end()) {
    SecretBytes bytes = TRY(sealer_.open({number_of(kind), name, entry->version}, found->second.bytes));
    return Record{entry->version, std::move(bytes)};
  }
  std::unique_ptr<Reader> reader = TRY(borrow_reader());
  reader->get.bind(1, int64_t{number_of(kind)}).bind(2, std::string_view(name));
  const auto read = [&]() -> Result<Record, Error> {
    const bool row = TRY(reader->get.step());
    const Place place{number_of(kind), name, entry->version};
    const ByteView sealed = row ? reader->get.blob(1) : ByteView{};
    const ByteArray<32> digest = TRY(sealer_.place_digest(place, sealed));
    if (!crypto::equal_in_constant_time(digest, entry->digest)) {
      return fail(ErrorCode::kUnauthentic, "it is not the one that CAS wrote last");
    }
    SecretBytes bytes = TRY(sealer_.open(place, sealed));
    return Record{entry->version, std::move(bytes)};
  };
  auto record = read();
  reader->get.reset();
  if (!record) {
    Error error = std::move(record.error()).in("record \"" + name + "\" of kind " + std::to_string(number_of(kind)));
    log(LogLevel::kError, error.message);
    return std::unexpected(std::move(error));
  }
  const std::lock_guard readers_lock(readers_lock_);
  readers_.push_back(std::move(reader));
  return std::move(*record);
}

Result<uint64_t, Error> SqliteStore::version(RecordKind kind, const std::string& name) const {
  const std::shared_lock lock(index_lock_);
  const IndexEntry* entry = index_.find(number_of(kind), name);
  return entry == nullptr ? 0 : entry->version;
}

// A commit with its sealed records, until it has an outcome.
struct SqliteStore::Waiting {
  const std::vector<Change>& changes;
  std::vector<Bytes> sealed;
  std::vector<MemoryIndex::Named> entries;
  std::optional<Result<CommitOutcome, Error>> pending;  // of the writer
  std::optional<Result<CommitOutcome, Error>> outcome;  // guarded by queue_lock_
};

Result<CommitOutcome, Error> SqliteStore::commit(std::vector<Change> changes) {
  Waiting self{changes, {}, {}, std::nullopt, std::nullopt};
  std::set<std::pair<RecordKind, std::string_view>> places;
  for (const Change& change : changes) {
    if (change.bytes.size() > kLargestRecord) return fail(ErrorCode::kUnsupported, "a record larger than 64 MiB");
    if (!places.emplace(change.kind, change.name).second) {
      return fail(ErrorCode::kUnsupported, "two changes of one record in a commit");
    }
    const Place place{number_of(change.kind), change.name, change.replaces + 1};
    Bytes bytes = TRY(sealer_.seal(place, change.bytes.view()));
    const ByteArray<32> digest = TRY(sealer_.place_digest(place, bytes));
    self.sealed.push_back(std::move(bytes));
    self.entries.push_back({place.kind, change.name, {place.version, digest}});
  }
  std::unique_lock lock(queue_lock_);
  queue_.push_back(&self);
  changed_.wait(lock, [&] { return self.outcome || !writing_; });
  if (self.outcome) return *self.outcome;
  // Nobody writes, and ours is in the queue: we write for all that wait.
  writing_ = true;
  const std::vector<Waiting*> batch = std::exchange(queue_, {});
  lock.unlock();
  commit_together(batch);
  lock.lock();
  // Only now: whoever sees its outcome may be gone at once.
  for (Waiting* one : batch) one->outcome = std::exchange(one->pending, std::nullopt);
  writing_ = false;
  changed_.notify_all();
  return *self.outcome;
}

// Out of memory in the middle, the journal and the index may differ: CAS ends, and starts from what is durable.
void SqliteStore::commit_together(const std::vector<Waiting*>& batch) noexcept {
  std::vector<Waiting*> accepted;
  std::set<std::pair<RecordKind, std::string_view>> places;
  for (Waiting* one : batch) {
    // Only a writer changes the index, and that is us. Of two that change one record, the later named a version that is gone.
    const bool conflict = std::ranges::any_of(one->changes, [&](const Change& change) {
      const IndexEntry* present = index_.find(number_of(change.kind), change.name);
      return (present == nullptr ? 0 : present->version) != change.replaces ||
             places.contains({change.kind, change.name});
    });
    one->pending = CommitOutcome::kConflict;
    if (conflict) continue;
    for (const Change& change : one->changes) places.emplace(change.kind, change.name);
    accepted.push_back(one);
  }
  if (accepted.empty()) return;
  const Result<void, Error> written = write_together(accepted);
  if (!written) log(LogLevel::kError, written.error().message);
  usable_ = written.has_value();
  for (Waiting* one : accepted) {
    if (written) {
      one->pending = CommitOutcome::kCommitted;
    } else {
      one->pending = std::unexpected(written.error());
    }
  }
}

Result<void, Error> SqliteStore::write_together(const std::vector<Waiting*>& accepted) {
  const uint64_t commits = commit_count_ + 1;
  const bool for_journal = std::ranges::all_of(accepted, [](const Waiting* one) {
    return std::ranges::all_of(one->changes, [](const Change& change) { return is_journalled(change.kind); });
  });
  if (for_journal && !is_database_in_doubt_) {
    const auto written = write_to_journal(accepted, commits);
    if (written) return {};
    // What is now at the journal's end has the number of the commit that follows here: older, once that is durable.
    log(LogLevel::kWarning, written.error().message);
  }
  return write_to_database(accepted, commits);
}

Result<void, Error> SqliteStore::write_to_journal(const std::vector<Waiting*>& accepted, uint64_t commits) {
  std::vector<MemoryIndex::Named> entries;
  std::vector<FrameChange> changes;
  for (const Waiting* one : accepted) {
    entries.insert(entries.end(), one->entries.begin(), one->entries.end());
    for (size_t index = 0; index < one->changes.size(); ++index) {
      const Change& change = one->changes[index];
      changes.push_back({number_of(change.kind), change.name, change.replaces + 1, one->sealed[index]});
    }
  }
  Bytes frame = make_frame(commits, changes);
  if (frame.empty()) return fail(ErrorCode::kUnsupported, "a commit larger than the journal");
  if (!journal_.has_room_for(frame.size())) TRY_VOID(write_to_database({}, commits - 1));
  const auto [before, behind] = around_mac(frame);
  const ByteArray<32> sum = index_.sum_after(entries);
  const ByteArray<32> mac = sealer_.frame_mac({before, behind, sum});
  set_mac(frame, mac);
  TRY_VOID(journal_.append(frame));

  const std::unique_lock lock(index_lock_);
  for (const FrameChange& change : changes) {
    ahead_[{change.kind, std::string(change.name)}] = {change.version,
                                                       Bytes(change.sealed.begin(), change.sealed.end())};
  }
  commit_count_ = commits;
  for (const MemoryIndex::Named& change : entries) index_.set(change.kind, change.name, change.entry);
  return {};
}

Result<void, Error> SqliteStore::write_to_database(const std::vector<Waiting*>& accepted, uint64_t commits) {
  std::vector<MemoryIndex::Named> entries;
  for (const Waiting* one : accepted) entries.insert(entries.end(), one->entries.begin(), one->entries.end());
  const Bytes state = TRY(sealer_.seal({kStateKind, kStateName, commits}, index_.sum_after(entries)));
  const auto write_all = [&]() -> Result<void, Error> {
    for (const auto& [place, sealed] : ahead_) TRY_VOID(put(place.first, place.second, sealed.version, sealed.bytes));
    for (const Waiting* one : accepted) TRY_VOID(write(*one));
    writer_->state.bind(1, static_cast<int64_t>(commits)).bind(2, ByteView(state));
    return writer_->state.run();
  };
  // Of a commit that fails the disk may have all: the next one to the database takes its place, and until then none to the journal
  // may have its number.
  is_database_in_doubt_ = true;
  TRY_VOID(writer_->database.execute("BEGIN IMMEDIATE"));
  if (auto written = write_all(); !written) {
    (void)writer_->database.execute("ROLLBACK");
    return written;
  }
  const std::unique_lock lock(index_lock_);
  if (auto committed = writer_->database.execute("COMMIT"); !committed) {
    (void)writer_->database.execute("ROLLBACK");
    return committed;
  }
  commit_count_ = commits;
  for (const MemoryIndex::Named& change : entries) index_.set(change.kind, change.name, change.entry);
  ahead_.clear();
  journal_.continue_at(0);
  is_database_in_doubt_ = false;
  return {};
}

Result<void, Error> SqliteStore::write(const Waiting& one) {
  for (size_t index = 0; index < one.changes.size(); ++index) {
    const Change& change = one.changes[index];
    TRY_VOID(put(number_of(change.kind), change.name, change.replaces + 1, one.sealed[index]));
  }
  return {};
}

Result<void, Error> SqliteStore::put(uint8_t kind, std::string_view name, uint64_t version, ByteView sealed) {
  writer_->put.bind(1, int64_t{kind}).bind(2, name).bind(3, static_cast<int64_t>(version)).bind(4, sealed);
  return writer_->put.run();
}

Result<std::vector<std::string>, Error> SqliteStore::names(RecordKind kind, const std::string& prefix,
                                                           const std::string& after, size_t limit) const {
  const std::shared_lock lock(index_lock_);
  return index_.names(number_of(kind), prefix, after, limit);
}

}  // namespace redoubt::cas
