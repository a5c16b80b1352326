// SPDX-License-Identifier: Apache-2.0
//
// The journal of commits: its frames, and what the store makes of it after a kill, a torn write, an intruder, a full disk. A kill is a
// copy of the files as they are while the store has them open.
#include "cas/store/commit_journal.h"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/resource.h>

#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "cas/store/commit_journal_format.h"
#include "cas/store/sqlite_store.h"

namespace redoubt::cas {
namespace {

namespace fs = std::filesystem;

TEST(Frame, IsReadAsItWasMade) {
  const Bytes sealed(5000, 7);
  Bytes made = make_frame(41, {{6, "name", 3, sealed}, {6, "", 1, {}}});
  ByteArray<32> mac;
  mac.fill(9);
  set_mac(made, mac);
  EXPECT_EQ(made.size(), 2 * kJournalBlock);
  const auto frame = parse_frame(made);
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->commits, 41u);
  EXPECT_EQ(frame->mac, mac);
  ASSERT_EQ(frame->changes.size(), 2u);
  EXPECT_EQ(frame->changes[0].name, "name");
  EXPECT_EQ(frame->changes[0].version, 3u);
  EXPECT_EQ(frame->changes[0].sealed.size(), sealed.size());
  EXPECT_EQ(frame_numbers(made), std::vector<uint64_t>{41});
  EXPECT_TRUE(make_frame(1, {{6, "large", 1, Bytes(kJournalSize)}}).empty());
}

TEST(Frame, CutOrWithWrongSizesIsNone) {
  const Bytes made = make_frame(1, {{6, "name", 3, Bytes(100, 7)}});
  const size_t size = parse_frame(made)->bytes.size();
  for (size_t cut = 0; cut < size; ++cut) EXPECT_FALSE(parse_frame(ByteView(made).first(cut))) << cut;
  // Sizes and counts: no value may make it read beyond.
  for (const size_t at : {offsetof(FrameHeader, size), offsetof(FrameHeader, change_count), sizeof(FrameHeader) + 1,
                          sizeof(FrameHeader) + offsetof(ChangeHeader, sealed_size)}) {
    for (const uint32_t value : {0u, 1u, 59u, 60u, 1u << 20, 0x7fffffffu, 0xffffffffu}) {
      Bytes changed = made;
      const U32Le wrong = value;
      if (std::memcmp(&changed[at], &wrong, sizeof(wrong)) == 0) continue;
      std::memcpy(&changed[at], &wrong, sizeof(wrong));
      EXPECT_FALSE(parse_frame(changed) && value != 1) << at << " " << value;
    }
  }
}

class JournalTest : public testing::Test {
 protected:
  JournalTest() {
    char pattern[] = "/tmp/redoubt-journal.XXXXXX";
    directory_ = mkdtemp(pattern);
  }
  ~JournalTest() override { fs::remove_all(directory_); }

  using Opened = Result<std::unique_ptr<SqliteStore>, Error>;
  Opened open(const std::string& name = "live") {
    const std::string directory = directory_ + "/" + name;
    fs::create_directory(directory);
    return SqliteStore::open(directory + "/cas.db", *root_key_in_file(directory + "/root.key"));
  }
  std::string file(const std::string& name, const std::string& suffix = "-commits") const {
    return directory_ + "/" + name + "/cas.db" + suffix;
  }
  // What a kill leaves.
  void kill_into(const std::string& name) {
    fs::remove_all(directory_ + "/" + name);
    fs::copy(directory_ + "/live", directory_ + "/" + name);
  }
  static Result<CommitOutcome, Error> try_tag(Store& store, const std::string& volume, uint64_t replaces) {
    std::vector<Change> changes;
    changes.push_back(
        {RecordKind::kVolumeState, volume, replaces, SecretBytes(std::string_view(std::to_string(replaces + 1)))});
    return store.commit(std::move(changes));
  }
  static void tag(Store& store, const std::string& volume, uint64_t replaces) {
    const auto outcome = try_tag(store, volume, replaces);
    ASSERT_TRUE(outcome) << outcome.error().message;
    ASSERT_EQ(*outcome, CommitOutcome::kCommitted);
  }
  static void put_session(Store& store, const std::string& name) {
    std::vector<Change> changes;
    changes.push_back({RecordKind::kSession, name, 0, SecretBytes(std::string_view("text"))});
    ASSERT_EQ(*store.commit(std::move(changes)), CommitOutcome::kCommitted);
  }
  static std::string read(const Store& store, const std::string& volume) {
    const auto record = store.get(RecordKind::kVolumeState, volume);
    if (!record) return record.error().message;
    return *record ? std::string((*record)->bytes.text()) : "NONE";
  }
  void change_journal(const std::string& name, size_t at, std::string_view bytes) const {
    std::fstream stream(file(name), std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(static_cast<std::streamoff>(at));
    stream << bytes;
    ASSERT_TRUE(stream.good());
  }
  void sql(const std::string& name, const std::string& statement) const {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(file(name, "").c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, statement.c_str(), nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(database);
  }

  std::string directory_;
};

TEST_F(JournalTest, TagsSurviveAKillAndAnEnd) {
  {
    auto store = open();
    ASSERT_TRUE(store) << store.error().message;
    for (uint64_t count = 0; count < 5; ++count) tag(**store, "v", count);
    tag(**store, "w", 0);
    put_session(**store, "s");  // the database takes all
    for (uint64_t count = 5; count < 8; ++count) tag(**store, "v", count);
    EXPECT_EQ(read(**store, "v"), "8");
    EXPECT_EQ(*try_tag(**store, "v", 7), CommitOutcome::kConflict);
    kill_into("killed");
  }
  for (const char* name : {"killed", "killed", "live"}) {
    auto store = open(name);
    ASSERT_TRUE(store) << store.error().message;
    EXPECT_EQ(read(**store, "v") + read(**store, "w"), "81") << name;
    EXPECT_EQ((*store)->commit_count(), 10u);
    EXPECT_EQ(*(*store)->version(RecordKind::kVolumeState, "v"), 8u);
    EXPECT_EQ((*store)->names(RecordKind::kVolumeState, "", "", 9)->size(), 2u);
  }
}

TEST_F(JournalTest, AKillAfterEachOfManyTagsAlsoWhenTheJournalIsFull) {
  auto store = open();
  constexpr uint64_t kTags = kJournalSize / kJournalBlock + 20;
  for (uint64_t count = 0; count < kTags; ++count) {
    tag(**store, "v", count);
    if (count % 100 != 0 && count + 30 < kTags) continue;
    kill_into("killed");
    auto again = open("killed");
    ASSERT_TRUE(again) << count << ": " << again.error().message;
    EXPECT_EQ(read(**again, "v"), std::to_string(count + 1));
    tag(**again, "v", count + 1);
  }
}

TEST_F(JournalTest, ATornTagWasAcknowledgedToNobody) {
  auto store = open();
  for (uint64_t count = 0; count < 3; ++count) tag(**store, "v", count);
  const size_t last = 2 * kJournalBlock;
  const size_t end = last + [&] {
    std::ifstream stream(file("live"), std::ios::binary);
    Bytes bytes(kJournalSize);
    stream.read(reinterpret_cast<char*>(bytes.data()), kJournalSize);
    return parse_frame(ByteView(bytes).subspan(last))->bytes.size();
  }();
  for (size_t at = last; at < end; at += 7) {
    kill_into("killed");
    change_journal("killed", at, std::string(end - at, '\0'));  // what came before `at` is there, the rest is not
    auto again = open("killed");
    ASSERT_TRUE(again) << at << ": " << again.error().message;
    EXPECT_EQ(read(**again, "v"), "2") << at;
    tag(**again, "v", 2);
    EXPECT_EQ(read(**again, "v"), "3");
  }
}

TEST_F(JournalTest, AnAcknowledgedTagThatWasDestroyedIsNoticed) {
  auto store = open();
  for (uint64_t count = 0; count < 4; ++count) tag(**store, "v", count);
  for (const size_t frame : {0u, 1u, 2u}) {
    for (const size_t at :
         {size_t{0}, offsetof(FrameHeader, commits), offsetof(FrameHeader, mac), sizeof(FrameHeader) + 30}) {
      kill_into("killed");
      change_journal("killed", frame * kJournalBlock + at, "\x55");
      const auto again = open("killed");
      ASSERT_FALSE(again) << frame << " " << at;
      EXPECT_EQ(again.error().code, ErrorCode::kUnauthentic) << again.error().message;
    }
  }
}

TEST_F(JournalTest, ADatabaseThatWasPutBackIsNoticed) {
  {
    auto store = open();
    tag(**store, "v", 0);
    put_session(**store, "s");
  }
  kill_into("old");
  {
    auto store = open();
    for (uint64_t count = 1; count < 4; ++count) tag(**store, "v", count);
    put_session(**store, "t");
    for (uint64_t count = 4; count < 6; ++count) tag(**store, "v", count);
    kill_into("killed");
  }
  fs::remove(file("killed", "-wal"));
  fs::remove(file("killed", "-shm"));
  fs::copy_file(file("old", ""), file("killed", ""), fs::copy_options::overwrite_existing);
  const auto again = open("killed");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kUnauthentic) << again.error().message;
}

// Frames with the right numbers of another history of the same database.
TEST_F(JournalTest, AnotherHistoryIsNotTaken) {
  {
    auto store = open();
    put_session(**store, "s");
  }
  kill_into("fork");
  {
    auto store = open("fork");
    tag(**store, "v", 0);
    fs::copy_file(file("fork"), directory_ + "/frames");
  }
  auto store = open();
  put_session(**store, "t");  // commit 2 of this one
  tag(**store, "w", 0);
  put_session(**store, "u");
  kill_into("killed");
  fs::copy_file(directory_ + "/frames", file("killed"), fs::copy_options::overwrite_existing);
  auto again = open("killed");
  ASSERT_TRUE(again) << again.error().message;  // older than the database
  EXPECT_EQ(read(**again, "v"), "NONE");

  store = open("second");  // another database altogether
  put_session(**store, "s");
  (*store).reset();
  fs::copy_file(directory_ + "/frames", file("second"), fs::copy_options::overwrite_existing);
  again = open("second");
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(read(**again, "v"), "NONE");
}

TEST_F(JournalTest, WithoutItsJournalADatabaseIsNotTaken) {
  auto store = open();
  tag(**store, "v", 0);
  kill_into("killed");
  fs::resize_file(file("killed"), kJournalSize - kJournalBlock);
  auto again = open("killed");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kUnauthentic);
  fs::remove(file("killed"));
  again = open("killed");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kUnauthentic);
  EXPECT_NE(again.error().message.find("no file"), std::string::npos) << again.error().message;
}

TEST_F(JournalTest, ADatabaseFromBeforeTheJournalGetsOne) {
  {
    auto store = open();
    tag(**store, "v", 0);
  }
  fs::remove(file("live"));
  sql("live", "PRAGMA user_version = 1");
  for (int turn = 0; turn < 2; ++turn) {
    auto store = open();
    ASSERT_TRUE(store) << store.error().message;
    EXPECT_EQ(read(**store, "v"), "1");
    EXPECT_EQ(fs::file_size(file("live")), kJournalSize);
  }
}

TEST_F(JournalTest, AJournalWithCommitsIsNotReplaced) {
  {
    auto store = open();
    tag(**store, "v", 0);
    kill_into("killed");
  }
  sql("killed", "PRAGMA user_version = 1");
  auto again = open("killed");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kUnauthentic);
  sql("killed", "PRAGMA user_version = 2");
  again = open("killed");
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(read(**again, "v"), "1");
}

// Neither the journal nor the database can be written: a file that may not be written behind its beginning stands for a broken disk.
TEST_F(JournalTest, ADiskThatTakesNothingLosesNothing) {
  auto store = open();
  for (uint64_t count = 0; count < 3; ++count) tag(**store, "v", count);
  std::signal(SIGXFSZ, SIG_IGN);
  struct rlimit before {};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  struct rlimit small = before;
  small.rlim_cur = 2 * kJournalBlock;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto refused = try_tag(**store, "v", 3);
  const bool usable = (*store)->usable();
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  ASSERT_FALSE(refused);
  EXPECT_FALSE(usable);
  EXPECT_EQ(read(**store, "v"), "3");
  kill_into("killed");
  EXPECT_EQ(read(**open("killed"), "v"), "3");
  // The next one goes to the database, those behind it to the journal again.
  for (uint64_t count = 3; count < 6; ++count) tag(**store, "v", count);
  EXPECT_TRUE((*store)->usable());
  kill_into("killed");
  auto again = open("killed");
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(read(**again, "v"), "6");
}

}  // namespace
}  // namespace redoubt::cas
