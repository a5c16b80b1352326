// SPDX-License-Identifier: Apache-2.0
//
// From a seal to the tree, and what the walk through it may do.
#include "shim/files/sealed_files.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "shim/files/resolve.h"

namespace redoubt::shim {
namespace {

using volume::SealedEntry;
using enum SealedEntry::Kind;

SealedEntry entry(const std::string& path, SealedEntry::Kind kind, uint16_t mode = 0755) {
  SealedEntry made;
  made.path = path;
  made.kind = kind;
  made.mode = mode;
  made.uid = 7;
  made.gid = 8;
  if (kind == kFile) {
    made.size = 10;
    made.sha256 = {1, 2};
  }
  if (kind == kLink) made.target = "etc/app.conf";
  return made;
}

volume::SealedTree seal_of(std::vector<SealedEntry> entries) {
  volume::SealedTree seal;
  seal.sequence = 3;
  seal.entries = std::move(entries);
  return seal;
}

// Lets nobody into directories without x for others.
class StrictView final : public HostView {
 public:
  Result<HostEntry> look(const Node&, const std::string& path) override {
    looked.push_back(path);
    return HostEntry{HostEntry::Kind::kFile, {}, -1};
  }
  Result<BaseDirectory> directory_of(int) override { return fail(ENOTDIR); }
  VolumeInUse volume(uint32_t) override { std::abort(); }
  Result<void> may_search(const volume::Attributes& directory) override {
    return (directory.mode & S_IXOTH) != 0 ? Result<void>() : fail(EACCES);
  }
  std::vector<std::string> looked;
};

class SealedFiles : public testing::Test {
 protected:
  int error_of(std::vector<SealedEntry> entries, std::string_view path = "/data", NodeKind files = NodeKind::kSealed) {
    const auto added = add_sealed_tree(tree_, path, seal_of(std::move(entries)), files, &culprit_);
    return added ? 0 : number_of(added.error());
  }
  Result<Place> walk(std::string_view path) { return resolve(tree_, view_, std::string("/"), path, Follow::kYes); }

  Tree tree_;
  StrictView view_;
  std::string culprit_;
};

TEST_F(SealedFiles, HaveWhatTheSealSays) {
  ASSERT_EQ(error_of({entry("etc", kDirectory, 0750), entry("etc/app.conf", kFile, 0640), entry("to", kLink)}), 0);
  EXPECT_TRUE(tree_.holds_sealed());
  const Node& file = tree_.node(tree_.find("/data/etc/app.conf"));
  EXPECT_EQ(file.kind, NodeKind::kSealed);
  EXPECT_EQ(file.sha256[1], 2);
  const struct stat status = stat_of_sealed(file);
  EXPECT_EQ(status.st_mode, mode_t{S_IFREG | 0640});
  EXPECT_EQ(status.st_uid, 7u);
  EXPECT_EQ(status.st_gid, 8u);
  EXPECT_EQ(status.st_size, 10);
  EXPECT_EQ(status.st_mtim.tv_sec, 3);
  EXPECT_EQ(stat_of_sealed(tree_.node(tree_.find("/data/etc"))).st_mode, mode_t{S_IFDIR | 0750});
  const struct stat link = stat_of_sealed(tree_.node(tree_.find("/data/to")));
  EXPECT_EQ(link.st_mode & S_IFMT, mode_t{S_IFLNK});
  EXPECT_EQ(link.st_size, 12);
}

TEST_F(SealedFiles, AreCodeWhenTheSessionSaysSo) {
  ASSERT_EQ(error_of({entry("tool", kFile)}, "/data", NodeKind::kCode), 0);
  const Node& file = tree_.node(tree_.find("/data/tool"));
  EXPECT_EQ(file.kind, NodeKind::kCode);
  EXPECT_TRUE(file.sealed);
}

TEST_F(SealedFiles, ResolveWithoutAskingTheHost) {
  tree_.node(*tree_.add("/host", NodeKind::kHost)).target = "/srv";
  ASSERT_EQ(error_of({entry("etc", kDirectory), entry("etc/app.conf", kFile), entry("to", kLink)}, "/host/data"), 0);
  const auto place = walk("/host/data/to");
  ASSERT_TRUE(place);
  EXPECT_EQ(place->kind, PlaceKind::kCode);
  EXPECT_EQ(place->node, tree_.find("/host/data/etc/app.conf"));
  for (const char* absent : {"/host/data/new", "/host/data/etc/new"}) {
    const auto missing = walk(absent);
    ASSERT_TRUE(missing);
    EXPECT_EQ(missing->kind, PlaceKind::kMissing) << absent;
    EXPECT_EQ(missing->mount, kNoNode) << absent;
  }
  EXPECT_TRUE(view_.looked.empty());
}

TEST_F(SealedFiles, AreBehindTheirDirectoriesModes) {
  ASSERT_EQ(error_of({entry("closed", kDirectory, 0750), entry("closed/file", kFile), entry("open", kDirectory),
                      entry("open/file", kFile)}),
            0);
  EXPECT_TRUE(walk("/data/open/file"));
  EXPECT_TRUE(walk("/data/closed"));
  const auto hidden = walk("/data/closed/file");
  ASSERT_FALSE(hidden);
  EXPECT_EQ(hidden.error(), as_errno(EACCES));
}

TEST_F(SealedFiles, LieBelowWhatIsInjected) {
  ASSERT_TRUE(tree_.add_injected("/data/etc/app.conf"));
  ASSERT_EQ(error_of({entry("etc", kDirectory), entry("etc/app.conf", kFile), entry("etc/other", kFile)}), 0);
  ASSERT_TRUE(tree_.add_injected("/data/etc/other"));
  for (const char* path : {"/data/etc/app.conf", "/data/etc/other"}) {
    EXPECT_EQ(tree_.node(tree_.find(path)).kind, NodeKind::kInjected) << path;
    EXPECT_FALSE(tree_.node(tree_.find(path)).sealed) << path;
  }
}

TEST_F(SealedFiles, HideNothing) {
  ASSERT_TRUE(tree_.add("/data/tool", NodeKind::kCode));
  EXPECT_EQ(error_of({entry("tool", kFile)}), EEXIST);
  EXPECT_EQ(culprit_, "/data/tool");
  tree_.node(*tree_.add("/host", NodeKind::kHost)).target = "/srv";
  EXPECT_EQ(error_of({}, "/host"), EEXIST);
  EXPECT_EQ(error_of({entry("a", kFile), entry("a/b", kFile)}, "/other"), ENOTDIR);
  EXPECT_EQ(error_of({}, "relative"), EINVAL);
}

}  // namespace
}  // namespace redoubt::shim
