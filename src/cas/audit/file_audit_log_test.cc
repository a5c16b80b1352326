// SPDX-License-Identifier: Apache-2.0
#include "cas/audit/file_audit_log.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace redoubt::cas {
namespace {

class FileAuditLogTest : public testing::Test {
 protected:
  FileAuditLogTest() {
    char pattern[] = "/tmp/redoubt-audit.XXXXXX";
    directory_ = mkdtemp(pattern);
  }
  ~FileAuditLogTest() override {
    log_ = nullptr;
    store_ = nullptr;
    std::filesystem::remove_all(directory_);
  }

  // Empty, or why it does not open.
  std::string open() {
    close();
    auto store = SqliteStore::open(directory_ + "/cas.db", *root_key_in_file(directory_ + "/root.key"));
    if (!store) return store.error().message;
    store_ = std::move(*store);
    auto log = FileAuditLog::open(directory_, *store_, [] { return utc_time_from_unix(1800000000); });
    if (!log) return log.error().message;
    log_ = std::move(*log);
    return "";
  }
  void close() {
    log_ = nullptr;
    store_ = nullptr;
  }
  void record(int count) {
    for (int number = 0; number < count; ++number) {
      ASSERT_TRUE(log_->record({"session.read", "allowed", "shop/cache", "ab", {{"number", std::to_string(number)}}}));
    }
  }
  std::string file() const { return directory_ + "/audit.log"; }
  std::string text() const {
    std::ifstream stream(file(), std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  void write(const std::string& text) const { std::ofstream(file(), std::ios::binary) << text; }
  AuditVerdict verdict() const {
    std::ifstream stream(directory_ + "/audit.pub");
    const std::string pem{std::istreambuf_iterator<char>(stream), {}};
    return verify_audit_log(text(), *AuditPublicKey::from_pem(pem));
  }

  std::string directory_;
  std::unique_ptr<SqliteStore> store_;
  std::unique_ptr<FileAuditLog> log_;
};

TEST_F(FileAuditLogTest, GoesOnWhereItStopped) {
  ASSERT_EQ(open(), "");
  record(3);
  ASSERT_EQ(open(), "");
  record(2);
  EXPECT_EQ(log_->sequence(), 5u);
  EXPECT_FALSE(verdict().bad);
  EXPECT_EQ(verdict().head.sequence, 5u);
}

TEST_F(FileAuditLogTest, CutOrChangedLogIsRefused) {
  ASSERT_EQ(open(), "");
  record(5);
  close();
  const std::string good = text();
  const std::string without_last = good.substr(0, good.rfind('\n', good.size() - 2) + 1);
  write(without_last);
  EXPECT_NE(open().find("found it cut"), std::string::npos);
  write("");
  EXPECT_NE(open().find("found it cut"), std::string::npos);
  std::filesystem::remove(file());
  EXPECT_NE(open().find("found no file"), std::string::npos);

  std::string changed = good;
  changed[good.size() - 10] ^= 1;
  write(changed);
  std::filesystem::permissions(file(), std::filesystem::perms(0600));
  EXPECT_NE(open().find("is not the one that CAS wrote"), std::string::npos);
  write(good + "{}\n");
  EXPECT_NE(open().find("does not end with a signature"), std::string::npos);
  write(good);
  EXPECT_EQ(open(), "");
}

TEST_F(FileAuditLogTest, TornLineIsRemovedAndSaid) {
  ASSERT_EQ(open(), "");
  record(2);
  close();
  write(text() + "{\"sequence\":3,\"ti");
  ASSERT_EQ(open(), "");
  EXPECT_FALSE(verdict().bad);
  EXPECT_EQ(verdict().head.sequence, 3u);
  EXPECT_NE(text().find("audit.torn_line_removed"), std::string::npos);
}

TEST_F(FileAuditLogTest, LinesAfterTheCheckpointAreVerified) {
  ASSERT_EQ(open(), "");
  record(2);
  ASSERT_TRUE(log_->checkpoint());
  std::filesystem::copy_file(directory_ + "/cas.db", directory_ + "/saved.db");
  std::filesystem::copy_file(directory_ + "/cas.db-wal", directory_ + "/saved.db-wal");
  record(3);
  close();
  // As after a kill: the checkpoint is older than the log.
  const auto put_back = [&] {
    for (const char* suffix : {"", "-wal"}) {
      std::filesystem::copy_file(directory_ + "/saved.db" + suffix, directory_ + "/cas.db" + suffix,
                                 std::filesystem::copy_options::overwrite_existing);
    }
    std::filesystem::remove(directory_ + "/cas.db-shm");
  };
  const std::string good = text();
  std::string changed = good;
  changed[good.size() - 10] ^= 1;
  write(changed);
  put_back();
  EXPECT_NE(open().find("signature"), std::string::npos);
  write(good);
  put_back();
  EXPECT_EQ(open(), "");
  EXPECT_EQ(log_->sequence(), 5u);
}

TEST_F(FileAuditLogTest, DatabaseThatWasPutBackIsRefused) {
  ASSERT_EQ(open(), "");
  record(1);
  close();
  std::filesystem::copy_file(directory_ + "/cas.db", directory_ + "/saved.db");
  ASSERT_EQ(open(), "");
  std::vector<Change> changes;
  changes.push_back({RecordKind::kSession, "a", 0, SecretBytes(std::string_view("x"))});
  ASSERT_TRUE(store_->commit(std::move(changes)));
  record(1);
  close();
  std::filesystem::copy_file(directory_ + "/saved.db", directory_ + "/cas.db",
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_NE(open().find("put back to an older state"), std::string::npos);
}

TEST_F(FileAuditLogTest, FullDiskRefusesAndRecovers) {
  ASSERT_EQ(open(), "");
  record(1);
  std::signal(SIGXFSZ, SIG_IGN);
  struct rlimit before {};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  struct rlimit small = before;
  small.rlim_cur = std::filesystem::file_size(file()) + 100;  // room for a part of a line
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto refused = log_->record({"session.read", "allowed", "", "", {}});
  const bool usable = log_->usable();
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_FALSE(refused);
  EXPECT_FALSE(usable);
  log_->probe();
  EXPECT_TRUE(log_->usable());
  EXPECT_FALSE(verdict().bad);
  EXPECT_EQ(verdict().head.sequence, 2u);
}

TEST_F(FileAuditLogTest, ThreadsShareSyncs) {
  ASSERT_EQ(open(), "");
  std::vector<std::thread> threads;
  const auto begin = std::chrono::steady_clock::now();
  for (int thread = 0; thread < 8; ++thread) threads.emplace_back([this] { record(100); });
  for (std::thread& thread : threads) thread.join();
  const auto took = std::chrono::steady_clock::now() - begin;
  std::printf("800 events of 8 threads in %lld ms\n",
              static_cast<long long>(std::chrono::duration_cast<std::chrono::milliseconds>(took).count()));
  EXPECT_EQ(verdict().head.sequence, 800u);
  EXPECT_FALSE(verdict().bad);
}

}  // namespace
}  // namespace redoubt::cas
