// SPDX-License-Identifier: Apache-2.0
#include "shim/files/tree.h"

#include <gtest/gtest.h>

namespace redoubt::shim {
namespace {

int error_of(const Result<NodeId>& result) { return result ? 0 : number_of(result.error()); }

TEST(NormalPath, OnlyWhatResolutionWouldLeaveAlone) {
  for (const char* path : {"/", "/a", "/a/b.c", "/a/...", "/a/ b"}) EXPECT_TRUE(is_normal_path(path)) << path;
  for (const char* path : {"", "a", "a/b", "//", "/a/", "//a", "/a//b", "/.", "/a/.", "/a/..", "/../a", "/a/./b"}) {
    EXPECT_FALSE(is_normal_path(path)) << path;
  }
  EXPECT_FALSE(is_normal_path(std::string_view("/a\0b", 4)));
  EXPECT_TRUE(is_normal_path("/" + std::string(255, 'x')));
  EXPECT_FALSE(is_normal_path("/" + std::string(256, 'x')));
  std::string deep;
  while (deep.size() < 4096) deep += "/x";
  EXPECT_FALSE(is_normal_path(deep));
}

TEST(Tree, MakesTheDirectoriesAbove) {
  Tree tree;
  ASSERT_TRUE(tree.add("/a/b/c", NodeKind::kCode));
  EXPECT_EQ(tree.node(tree.find("/a/b")).kind, NodeKind::kDirectory);
  EXPECT_EQ(tree.path_of(tree.find("/a/b/c")), "/a/b/c");
  EXPECT_EQ(tree.path_of(kRootNode), "/");
  EXPECT_EQ(tree.find("/a/x"), kNoNode);
  EXPECT_EQ(tree.node(tree.find("/a")).subdirectories, 1U);
}

TEST(Tree, RefusesContradictions) {
  Tree tree;
  ASSERT_TRUE(tree.add("/a/file", NodeKind::kCode));
  ASSERT_TRUE(tree.add("/a/link", NodeKind::kLink));
  EXPECT_EQ(error_of(tree.add("/a/file", NodeKind::kCode)), EEXIST);
  EXPECT_EQ(error_of(tree.add("/a/file/below", NodeKind::kCode)), ENOTDIR);
  EXPECT_EQ(error_of(tree.add("/a/link/below", NodeKind::kCode)), ENOTDIR);
  EXPECT_EQ(error_of(tree.add("/a", NodeKind::kHost)), EEXIST);  // would hide code
  EXPECT_EQ(error_of(tree.add("relative", NodeKind::kCode)), EINVAL);
  EXPECT_EQ(error_of(tree.add("/", NodeKind::kHost)), EINVAL);
}

TEST(Tree, InjectedFilesReplaceCodeOnly) {
  Tree tree;
  const auto code = tree.add("/etc/template", NodeKind::kCode);
  ASSERT_TRUE(code && tree.add("/etc/link", NodeKind::kLink));
  EXPECT_EQ(tree.add_injected("/etc/template"), code);
  EXPECT_EQ(tree.node(*code).kind, NodeKind::kInjected);
  EXPECT_EQ(error_of(tree.add_injected("/etc")), EISDIR);
  EXPECT_EQ(error_of(tree.add_injected("/etc/link")), EEXIST);
  EXPECT_TRUE(tree.add_injected("/new/place"));
}

TEST(Tree, InjectedBelowAMountLeavesTheRestVisible) {
  Tree tree;
  const auto mount = tree.add("/data", NodeKind::kHost);
  ASSERT_TRUE(mount);
  tree.node(*mount).target = "/srv/data";
  ASSERT_TRUE(tree.add_injected("/data/x/y/file"));
  const Node& between = tree.node(tree.find("/data/x/y"));
  EXPECT_EQ(between.kind, NodeKind::kHost);
  EXPECT_EQ(between.target, "/srv/data/x/y");
}

TEST(Tree, FindsHostPathsUnderTheLongestMount) {
  Tree tree;
  tree.node(*tree.add("/data", NodeKind::kHost)).target = "/srv/data";
  tree.node(*tree.add("/logs", NodeKind::kHost)).target = "/srv/data/logs";
  EXPECT_EQ(tree.path_of_host("/srv/data"), "/data");
  EXPECT_EQ(tree.path_of_host("/srv/data/a/b"), "/data/a/b");
  EXPECT_EQ(tree.path_of_host("/srv/data/logs/today"), "/logs/today");
  EXPECT_EQ(tree.path_of_host("/srv/database"), "");
  EXPECT_EQ(tree.path_of_host("/etc/passwd"), "");
}

TEST(Tree, RestoredTreesKeepTheirNumbers) {
  Tree tree;
  ASSERT_TRUE(tree.add("/a/b", NodeKind::kCode) && tree.add("/a/c", NodeKind::kLink));
  Tree restored;
  for (NodeId id = 1; id < tree.size(); ++id) {
    const Node& node = tree.node(id);
    EXPECT_EQ(restored.append_saved(node.parent, node.name, node.kind), id);
  }
  EXPECT_EQ(restored.find("/a/c"), tree.find("/a/c"));
  EXPECT_EQ(error_of(restored.append_saved(99, "x", NodeKind::kCode)), EINVAL);
  EXPECT_EQ(error_of(restored.append_saved(restored.find("/a/b"), "x", NodeKind::kCode)), EINVAL);
  EXPECT_EQ(error_of(restored.append_saved(restored.find("/a"), "b", NodeKind::kCode)), EINVAL);
}

}  // namespace
}  // namespace redoubt::shim
