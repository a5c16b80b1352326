// SPDX-License-Identifier: Apache-2.0
//
// The store as its users see it, and what an intruder does to the file with SQL of his own.
#include "cas/store/sqlite_store.h"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

namespace redoubt::cas {
namespace {

class StoreTest : public testing::Test {
 protected:
  StoreTest() {
    char pattern[] = "/tmp/redoubt-store.XXXXXX";
    directory_ = mkdtemp(pattern);
    path_ = directory_ + "/cas.db";
  }
  ~StoreTest() override { std::filesystem::remove_all(directory_); }

  Result<std::unique_ptr<SqliteStore>, Error> open() {
    const auto key = root_key_in_file(directory_ + "/root.key");
    return SqliteStore::open(path_, *key);
  }
  static std::vector<Change> change(RecordKind kind, const std::string& name, uint64_t replaces,
                                    std::string_view text) {
    std::vector<Change> changes;
    changes.push_back({kind, name, replaces, SecretBytes(text)});
    return changes;
  }
  static void put(Store& store, const std::string& name, uint64_t replaces, std::string_view text) {
    const auto outcome = store.commit(change(RecordKind::kSession, name, replaces, text));
    ASSERT_TRUE(outcome) << outcome.error().message;
    ASSERT_EQ(*outcome, CommitOutcome::kCommitted);
  }
  static std::string text(const Store& store, const std::string& name) {
    const auto record = store.get(RecordKind::kSession, name);
    if (!record) return record.error().code == ErrorCode::kUnauthentic ? "UNAUTHENTIC" : record.error().message;
    return *record ? std::string((*record)->bytes.text()) : "NONE";
  }
  void sql(const std::string& statement) const {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &database), SQLITE_OK);
    char* message = nullptr;
    EXPECT_EQ(sqlite3_exec(database, statement.c_str(), nullptr, nullptr, &message), SQLITE_OK) << message;
    sqlite3_close(database);
  }

  std::string directory_, path_;
};

TEST_F(StoreTest, KeepsWhatWasCommitted) {
  {
    auto store = open();
    ASSERT_TRUE(store) << store.error().message;
    EXPECT_TRUE((*store)->made_anew());
    put(**store, "a", 0, "one");
    put(**store, "a", 1, "two");
    put(**store, "b/c", 0, "");
    EXPECT_EQ(text(**store, "a"), "two");
  }
  auto store = open();
  ASSERT_TRUE(store) << store.error().message;
  EXPECT_FALSE((*store)->made_anew());
  EXPECT_EQ((*store)->commit_count(), 3u);
  EXPECT_EQ(text(**store, "a"), "two");
  EXPECT_EQ((*(*store)->get(RecordKind::kSession, "a"))->version, 2u);
  EXPECT_EQ(*(*store)->version(RecordKind::kSession, "a"), 2u);
  EXPECT_EQ(*(*store)->version(RecordKind::kSession, "b"), 0u);
  EXPECT_EQ(text(**store, "b/c"), "");
  EXPECT_EQ(text(**store, "b"), "NONE");
  EXPECT_FALSE(*(*store)->get(RecordKind::kMaterials, "a"));
}

TEST_F(StoreTest, CommitsOfManyThreadsShareTransactionsAndLoseNothing) {
  constexpr int kThreads = 8, kRounds = 40;
  std::atomic<int> won = 0;
  {
    auto store = open();
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&, thread] {
        const std::string own = "own" + std::to_string(thread);
        for (uint64_t round = 0; round < kRounds; ++round) {
          put(**store, own, round, std::to_string(round));
          // All want the same new record: one gets it, and what else was in the others' commits is not there.
          std::vector<Change> contested = change(RecordKind::kSession, "round" + std::to_string(round), 0, own);
          contested.push_back({RecordKind::kSession, own + "/" + std::to_string(round), 0, SecretBytes(as_bytes("x"))});
          const auto outcome = (*store)->commit(std::move(contested));
          ASSERT_TRUE(outcome) << outcome.error().message;
          if (*outcome == CommitOutcome::kCommitted) ++won;
        }
      });
    }
    threads.clear();
    EXPECT_EQ(won, kRounds);
    EXPECT_LE((*store)->commit_count(), uint64_t{kThreads * kRounds + kRounds});
  }
  auto store = open();  // the sum of all digests is right
  ASSERT_TRUE(store) << store.error().message;
  for (int thread = 0; thread < kThreads; ++thread) {
    EXPECT_EQ(text(**store, "own" + std::to_string(thread)), std::to_string(kRounds - 1));
  }
  EXPECT_EQ((*store)->names(RecordKind::kSession, "own", "", 10000)->size(), size_t{kThreads + kRounds});
}

TEST_F(StoreTest, FilesArePrivate) {
  auto store = open();
  put(**store, "a", 0, "one");
  for (const auto& file : std::filesystem::directory_iterator(directory_)) {
    struct stat status {};
    ASSERT_EQ(stat(file.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, 0600u) << file.path();
  }
}

TEST_F(StoreTest, LaterWriterGetsAConflictAndNothingOfItsCommit) {
  auto store = open();
  put(**store, "a", 0, "one");
  std::vector<Change> both = change(RecordKind::kSession, "new", 0, "x");
  both.push_back({RecordKind::kSession, "a", 0, SecretBytes(std::string_view("lost update"))});
  EXPECT_EQ(*(*store)->commit(std::move(both)), CommitOutcome::kConflict);
  EXPECT_EQ(text(**store, "new"), "NONE");
  EXPECT_EQ(text(**store, "a"), "one");
  EXPECT_EQ(*(*store)->commit(change(RecordKind::kSession, "a", 2, "x")), CommitOutcome::kConflict);
}

TEST_F(StoreTest, ListsByPrefixInOrder) {
  auto store = open();
  for (const char* name : {"b", "a/2", "a/1", "a", "a/10"}) put(**store, name, 0, name);
  using Names = std::vector<std::string>;
  EXPECT_EQ(*(*store)->names(RecordKind::kSession, "", "", 100), (Names{"a", "a/1", "a/10", "a/2", "b"}));
  EXPECT_EQ(*(*store)->names(RecordKind::kSession, "a/", "", 2), (Names{"a/1", "a/10"}));
  EXPECT_EQ(*(*store)->names(RecordKind::kSession, "a/", "a/10", 2), (Names{"a/2"}));
  EXPECT_EQ(*(*store)->names(RecordKind::kMaterials, "", "", 2), Names{});
}

TEST_F(StoreTest, TamperingWhileItRunsIsSeenWhenRead) {
  auto store = open();
  put(**store, "a", 0, "one");
  put(**store, "b", 0, "two");
  sql("CREATE TABLE old AS SELECT * FROM record");
  put(**store, "a", 1, "three");

  sql("UPDATE record SET sealed = (SELECT sealed FROM old WHERE name = 'a'), version = 1 WHERE name = 'a'");
  EXPECT_EQ(text(**store, "a"), "UNAUTHENTIC") << "rolled back";
  sql("UPDATE record SET sealed = (SELECT sealed FROM old WHERE name = 'b') WHERE name = 'a'");
  EXPECT_EQ(text(**store, "a"), "UNAUTHENTIC") << "moved";
  EXPECT_EQ(text(**store, "b"), "two");
  sql("UPDATE record SET sealed = CAST(substr(sealed, 1, length(sealed) - 1) || x'00' AS BLOB) WHERE name = 'b'");
  EXPECT_EQ(text(**store, "b"), "UNAUTHENTIC") << "changed";
  sql("UPDATE record SET sealed = x'01' WHERE name = 'b'");
  EXPECT_EQ(text(**store, "b"), "UNAUTHENTIC") << "cut";
  sql("DELETE FROM record");
  EXPECT_EQ(text(**store, "b"), "UNAUTHENTIC") << "deleted";
}

class TamperedStore : public StoreTest, public testing::WithParamInterface<const char*> {};

TEST_P(TamperedStore, DoesNotStart) {
  {
    auto store = open();
    put(**store, "a", 0, "one");
    put(**store, "b", 0, "two");
    sql("CREATE TABLE old AS SELECT * FROM record; CREATE TABLE old_meta AS SELECT * FROM meta");
    put(**store, "a", 1, "three");
  }
  ASSERT_TRUE(open());
  sql(GetParam());
  const auto store = open();
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::kUnauthentic) << store.error().message;
}

INSTANTIATE_TEST_SUITE_P(
    , TamperedStore,
    testing::Values(
        "DELETE FROM record WHERE name = 'b'", "UPDATE record SET name = 'c' WHERE name = 'b'",
        "UPDATE record SET version = 7 WHERE name = 'a'", "UPDATE record SET kind = 2 WHERE name = 'a'",
        "UPDATE record SET version = 1, sealed = (SELECT sealed FROM old WHERE name = 'a') WHERE name = 'a'",
        "UPDATE meta SET commits = 2", "UPDATE meta SET state = (SELECT state FROM old_meta)",
        "UPDATE meta SET state = (SELECT state FROM old_meta), commits = 2", "UPDATE meta SET key_check = x'00'",
        "UPDATE meta SET database_id = zeroblob(32)", "DELETE FROM meta",
        "INSERT INTO record SELECT kind, 'x', version, sealed FROM record WHERE name = 'a'"));

TEST_F(StoreTest, ForeignFilesAreRefusedAndLeftAlone) {
  sql("CREATE TABLE theirs(x); INSERT INTO theirs VALUES(1)");
  std::filesystem::permissions(path_, std::filesystem::perms(0600));
  const auto before = std::filesystem::last_write_time(path_);
  auto store = open();
  ASSERT_FALSE(store);
  EXPECT_NE(store.error().message.find("another program"), std::string::npos) << store.error().message;
  EXPECT_EQ(std::filesystem::last_write_time(path_), before);
  EXPECT_FALSE(std::filesystem::exists(directory_ + "/root.key"));

  std::ofstream(path_) << std::string(4096, 'x');
  store = open();
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::kUnauthentic) << store.error().message;
}

TEST_F(StoreTest, UnknownSchemaVersionIsRefused) {
  ASSERT_TRUE(open());
  sql("PRAGMA user_version = 3");
  const auto store = open();
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::kUnsupported);
}

TEST_F(StoreTest, OtherRootKeyIsSaidClearly) {
  ASSERT_TRUE(open());
  std::filesystem::remove(directory_ + "/root.key");
  EXPECT_NE(open().error().message.find("restore it from its backup"), std::string::npos);
  (void)root_key_in_file(directory_ + "/root.key")->root_key(true);
  EXPECT_NE(open().error().message.find("another root key"), std::string::npos);
}

// A file that may not grow stands for a full disk: SQLite gets the same error from write(2).
TEST_F(StoreTest, FullDiskLosesNothing) {
  auto store = open();
  put(**store, "a", 0, "one");
  std::signal(SIGXFSZ, SIG_IGN);
  struct rlimit before {};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  struct rlimit small = before;
  small.rlim_cur = std::filesystem::file_size(path_ + "-wal") + 100;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto refused = (*store)->commit(change(RecordKind::kSession, "big", 0, std::string(100000, 'x')));
  const bool usable = (*store)->usable();
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kFailed);
  EXPECT_FALSE(usable);
  EXPECT_EQ(text(**store, "a"), "one");
  EXPECT_EQ(text(**store, "big"), "NONE");
  put(**store, "big", 0, "two");
  EXPECT_TRUE((*store)->usable());
  *store = nullptr;
  store = open();
  ASSERT_TRUE(store) << store.error().message;
  EXPECT_EQ(text(**store, "a") + text(**store, "big"), "onetwo");
}

TEST_F(StoreTest, ThreadsReadAndWriteAtOnce) {
  auto store = open();
  std::vector<std::thread> threads;
  for (int writer = 0; writer < 2; ++writer) {
    threads.emplace_back([&store, writer] {
      const std::string name = "own/" + std::to_string(writer);
      for (uint64_t version = 0; version < 50; ++version) put(**store, name, version, std::to_string(version));
    });
    threads.emplace_back([&store, writer] {
      const std::string name = "own/" + std::to_string(writer);
      for (int turn = 0; turn < 300; ++turn) EXPECT_NE(text(**store, name), "UNAUTHENTIC");
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE((*store)->commit_count(), 100u);  // some shared a transaction
  EXPECT_EQ(text(**store, "own/1"), "49");
}

}  // namespace
}  // namespace redoubt::cas
