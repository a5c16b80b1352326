// SPDX-License-Identifier: Apache-2.0
//
// Path resolution below the mounts of volumes: real volumes in memory, a table for the host, permissions by the mode's last digit.
#include <fcntl.h>
#include <sys/stat.h>

#include <map>

#include "shim/files/resolve.h"
#include "volume/test_volume.h"

namespace redoubt::shim {
namespace {

using volume::InodeNumber;
using volume::kRootInode;

class VolumeView final : public HostView {
 public:
  VolumeView() {
    for (volume::TestVolume& one : volumes) one.initialise();
  }
  Result<HostEntry> look(const Node&, const std::string& path) override {
    if (path == "/srv/host/into") return HostEntry{HostEntry::Kind::kLink, "/data/file", -1};
    if (path == "/srv/host/above") return HostEntry{HostEntry::Kind::kLink, "/data", -1};
    if (path == "/srv/host/missing") return HostEntry{HostEntry::Kind::kLink, "/data/none", -1};
    if (path == "/srv/host/file") return HostEntry{HostEntry::Kind::kFile, {}, -1};
    return HostEntry{};
  }
  Result<BaseDirectory> directory_of(int) override { return fail(ENOTDIR); }
  VolumeInUse volume(uint32_t index) override { return VolumeInUse(*volumes[index].volume); }
  Result<void> may_search(const volume::Attributes& directory) override {
    return (directory.mode & S_IXOTH) != 0 ? Result<void>() : fail(EACCES);
  }

  volume::TestVolume volumes[2];
};

class ResolveVolume : public testing::Test {
 protected:
  ResolveVolume() {
    tree_.node(*tree_.add("/usr/bin/tool", NodeKind::kCode));
    tree_.node(*tree_.add("/host", NodeKind::kHost)).target = "/srv/host";
    EXPECT_TRUE(tree_.add_injected("/data/conf/secret"));
    EXPECT_TRUE(tree_.add_volume("/data", 0, "/srv/cipher"));
    EXPECT_TRUE(tree_.add_volume("/data/inner/second", 1, "/srv/cipher2"));
    tree_.node(*tree_.add("/data/outside", NodeKind::kHost)).target = "/srv/host";
    file_ = make(0, kRootInode, "file", S_IFREG | 0644);
    dir_ = make(0, kRootInode, "dir", S_IFDIR | 0755);
    sub_ = make(0, dir_, "sub", S_IFDIR | 0755);
    deep_ = make(0, sub_, "deep", S_IFREG | 0644);
    closed_ = make(0, kRootInode, "closed", S_IFDIR | 0750);
    make(0, closed_, "hidden", S_IFREG | 0644);
    link(0, kRootInode, "to_deep", "dir/sub/deep");
    link(0, dir_, "up", "../file");
    link(0, sub_, "out", "/usr/bin/tool");
    link(0, kRootInode, "to_dir", "dir");
    link(0, kRootInode, "loop", "loop");
    link(0, kRootInode, "dangling", "dir/new");
    link(0, kRootInode, "away", "../../usr/bin");
    other_ = make(1, kRootInode, "other", S_IFREG | 0644);
  }

  InodeNumber make(int index, InodeNumber directory, const char* name, uint32_t mode) {
    const auto inode = view_.volumes[index].volume->create(directory, name, mode, 0, 0);
    EXPECT_TRUE(inode) << name;
    return inode ? *inode : 0;
  }
  void link(int index, InodeNumber directory, const char* name, const char* target) {
    EXPECT_TRUE(view_.volumes[index].volume->create(directory, name, S_IFLNK | 0777, 0, 0, 0, target)) << name;
  }
  Result<Place> at(std::string_view path, Follow follow = Follow::kYes, const BaseDirectory& base = std::string("/")) {
    return resolve(tree_, view_, base, path, follow);
  }
  // The inode of what is there; 0 and a failed test when it is nothing of a volume.
  InodeNumber inode_at(std::string_view path, Follow follow = Follow::kYes,
                       const BaseDirectory& base = std::string("/")) {
    const auto place = at(path, follow, base);
    EXPECT_TRUE(place) << path << ": " << number_of(place.error());
    if (!place) return 0;
    EXPECT_EQ(place->kind, PlaceKind::kVolume) << path;
    return place->attributes.inode;
  }
  int error_at(std::string_view path, Follow follow = Follow::kYes, const BaseDirectory& base = std::string("/")) {
    const auto place = at(path, follow, base);
    return place ? 0 : number_of(place.error());
  }

  Tree tree_;
  VolumeView view_;
  InodeNumber file_, dir_, sub_, deep_, closed_, other_;
};

TEST_F(ResolveVolume, FindsByName) {
  EXPECT_EQ(inode_at("/data/file"), file_);
  EXPECT_EQ(inode_at("/data//dir/./sub/deep"), deep_);
  EXPECT_EQ(inode_at("/data"), kRootInode);
  EXPECT_EQ(inode_at("/data/dir/"), dir_);
  const auto place = at("/data/dir/sub");
  EXPECT_EQ(place->directory.inode, dir_);
  EXPECT_EQ(place->name, "sub");
  EXPECT_EQ(place->path, "/data/dir/sub");
  EXPECT_EQ(place->node, kNoNode);
}

TEST_F(ResolveVolume, SaysWhatIsMissing) {
  const auto place = at("/data/dir/new");
  EXPECT_EQ(place->kind, PlaceKind::kMissing);
  EXPECT_EQ(place->directory.inode, dir_);
  EXPECT_EQ(place->name, "new");
  EXPECT_EQ(place->volume, 0U);
  EXPECT_EQ(error_at("/data/none/below"), ENOENT);
  EXPECT_EQ(error_at("/data/file/below"), ENOTDIR);
  EXPECT_EQ(error_at("/data/file/"), ENOTDIR);
  EXPECT_EQ(error_at("/data/file/.."), ENOTDIR);
  EXPECT_EQ(error_at("/data/" + std::string(256, 'n')), ENAMETOOLONG);
  EXPECT_EQ(at("/data/" + std::string(255, 'n'))->kind, PlaceKind::kMissing);
}

TEST_F(ResolveVolume, FollowsLinksInTheNamespace) {
  EXPECT_EQ(inode_at("/data/to_deep"), deep_);
  EXPECT_EQ(inode_at("/data/to_dir/up"), file_);
  EXPECT_TRUE(S_ISLNK(at("/data/to_deep", Follow::kNo)->attributes.mode));
  EXPECT_EQ(inode_at("/data/to_dir/", Follow::kNo), dir_);
  EXPECT_EQ(at("/data/dir/sub/out")->kind, PlaceKind::kCode);
  EXPECT_EQ(at("/data/away/tool")->kind, PlaceKind::kCode);
  EXPECT_EQ(error_at("/data/loop"), ELOOP);
  EXPECT_EQ(error_at("/data/to_deep/"), ENOTDIR);
  const auto dangling = at("/data/dangling");
  EXPECT_EQ(dangling->kind, PlaceKind::kMissing);
  EXPECT_EQ(dangling->directory.inode, dir_);
  EXPECT_EQ(dangling->name, "new");
}

TEST_F(ResolveVolume, GoesUpOutOfTheVolume) {
  EXPECT_EQ(inode_at("/data/dir/sub/../../file"), file_);
  EXPECT_EQ(inode_at("/data/dir/.."), kRootInode);
  EXPECT_EQ(at("/data/..")->kind, PlaceKind::kDirectory);
  EXPECT_EQ(at("/data/dir/../../usr/bin/tool")->kind, PlaceKind::kCode);
  EXPECT_TRUE(at("/data/dir/.")->ends_in_dots);
}

TEST_F(ResolveVolume, SearchesOnlyWhereItMay) {
  EXPECT_EQ(error_at("/data/closed/hidden"), EACCES);
  EXPECT_EQ(error_at("/data/closed/none"), EACCES);
  EXPECT_EQ(error_at("/data/closed/.."), EACCES);
  EXPECT_EQ(inode_at("/data/closed"), closed_);
  EXPECT_EQ(inode_at("/data/closed/"), closed_);
}

TEST_F(ResolveVolume, StartsAtAnInode) {
  const BaseDirectory sub({}, 0, sub_);
  EXPECT_EQ(inode_at("deep", Follow::kYes, sub), deep_);
  EXPECT_EQ(inode_at("../up", Follow::kYes, sub), file_);
  EXPECT_EQ(inode_at("..", Follow::kYes, sub), dir_);
  EXPECT_EQ(inode_at("../../file", Follow::kYes, sub), file_);
  EXPECT_EQ(inode_at("../..", Follow::kYes, sub), kRootInode);
  EXPECT_EQ(at("../../../usr/bin/tool", Follow::kYes, sub)->kind, PlaceKind::kCode);
  EXPECT_EQ(inode_at("./", Follow::kYes, sub), sub_);
  // Renamed since: the same directory, elsewhere.
  ASSERT_TRUE(view_.volumes[0].volume->rename(dir_, "sub", kRootInode, "moved", 0));
  EXPECT_EQ(inode_at("deep", Follow::kYes, sub), deep_);
  EXPECT_EQ(inode_at("../file", Follow::kYes, sub), file_);
  // Removed since.
  ASSERT_TRUE(view_.volumes[0].volume->unlink(sub_, "deep", false));
  ASSERT_TRUE(view_.volumes[0].volume->unlink(sub_, "out", false));
  ASSERT_TRUE(view_.volumes[0].volume->unlink(kRootInode, "moved", true));
  EXPECT_EQ(error_at("anything", Follow::kYes, sub), ENOENT);
}

TEST_F(ResolveVolume, WhatTheTreeHasLiesOverTheVolume) {
  EXPECT_EQ(at("/data/conf/secret")->kind, PlaceKind::kInjected);
  // Only the way to it, as long as the volume has no such directory.
  EXPECT_EQ(at("/data/conf")->kind, PlaceKind::kDirectory);
  EXPECT_EQ(at("/data/conf/other")->kind, PlaceKind::kMissing);
  EXPECT_EQ(at("/data/conf/other")->mount, kNoNode);
  EXPECT_EQ(inode_at("/data/conf/../file"), file_);
  const InodeNumber conf = make(0, kRootInode, "conf", S_IFDIR | 0755);
  const InodeNumber beside = make(0, conf, "other", S_IFREG | 0644);
  make(0, conf, "secret", S_IFREG | 0644);
  EXPECT_EQ(inode_at("/data/conf"), conf);
  EXPECT_NE(at("/data/conf")->node, kNoNode);
  EXPECT_EQ(inode_at("/data/conf/other"), beside);
  EXPECT_EQ(at("/data/conf/secret")->kind, PlaceKind::kInjected);
  // Also when it was entered by its inode.
  EXPECT_EQ(at("secret", Follow::kYes, BaseDirectory({}, 0, conf))->kind, PlaceKind::kInjected);
  EXPECT_EQ(inode_at("other", Follow::kYes, BaseDirectory({}, 0, conf)), beside);
}

TEST_F(ResolveVolume, OtherMountsBelow) {
  const auto place = at("/data/inner/second/other");
  EXPECT_EQ(place->attributes.inode, other_);
  EXPECT_EQ(place->volume, 1U);
  EXPECT_EQ(inode_at("/data/inner/second/../../file"), file_);
  EXPECT_EQ(at("/data/outside/file")->kind, PlaceKind::kHost);
  EXPECT_EQ(at("/data/outside/file")->host_path, "/srv/host/file");
  EXPECT_EQ(inode_at("/data/outside/../file"), file_);
  EXPECT_EQ(inode_at("../file", Follow::kYes, std::string("/data/outside")), file_);
}

TEST_F(ResolveVolume, LinksOfTheHostLeadIntoNoVolume) {
  EXPECT_EQ(error_at("/host/into"), EACCES);
  EXPECT_EQ(error_at("/host/above"), EACCES);
  EXPECT_EQ(error_at("/host/missing"), EACCES);
  EXPECT_EQ(error_at("/host/above/file"), EACCES);
  EXPECT_EQ(at("/host/into", Follow::kNo)->kind, PlaceKind::kHost);
}

TEST(TreeVolume, MountsOverWhatIsThere) {
  Tree tree;
  ASSERT_TRUE(tree.add_injected("/a/b/secret"));
  ASSERT_TRUE(tree.add_volume("/a", 3, "/cipher"));
  EXPECT_EQ(tree.root_of_volume(3), tree.find("/a"));
  EXPECT_EQ(tree.root_of_volume(0), kNoNode);
  EXPECT_EQ(tree.node(tree.find("/a/b")).kind, NodeKind::kVolume);
  EXPECT_EQ(tree.node(tree.find("/a/b/secret")).kind, NodeKind::kInjected);
  ASSERT_TRUE(tree.add_injected("/a/c/other"));
  EXPECT_EQ(tree.node(tree.find("/a/c")).volume, 3U);
  EXPECT_EQ(number_of(tree.add_volume("/a", 1, "/cipher").error()), EEXIST);
  EXPECT_EQ(number_of(tree.add_volume("/", 1, "/cipher").error()), EINVAL);
  EXPECT_EQ(number_of(tree.add_volume("/a/../b", 1, "/cipher").error()), EINVAL);
  EXPECT_EQ(number_of(tree.add_volume("/a/b/secret/x", 1, "/cipher").error()), ENOTDIR);
  EXPECT_EQ(tree.path_of_host("/cipher/data.0"), "");
}

}  // namespace
}  // namespace redoubt::shim
