// SPDX-License-Identifier: Apache-2.0
//
// Path resolution over a small tree, against path_resolution(7). The host below the mounts is a table.
#include "shim/files/resolve.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <map>

namespace redoubt::shim {
namespace {

using Kind = HostEntry::Kind;

// Host paths and what is there; everything else is missing.
class TableView final : public HostView {
 public:
  Result<HostEntry> look(const Node&, const std::string& path) override {
    looked.push_back(path);
    if (path.starts_with("/srv/host/closed/")) return fail(EACCES);
    const auto found = entries.find(path);
    return found == entries.end() ? HostEntry{} : found->second;
  }
  Result<BaseDirectory> directory_of(int fd) override {
    if (fd == 3) return BaseDirectory("/usr/lib");
    if (fd == 4) return BaseDirectory("/tmp/dir");
    return fail(ENOTDIR);
  }

  VolumeInUse volume(uint32_t) override { std::abort(); }
  Result<void> may_search(const volume::Attributes&) override { return {}; }

  std::vector<std::string> looked;
  std::map<std::string, HostEntry> entries = {
      {"/srv/host/file", {Kind::kFile, {}, -1}},
      {"/srv/host/dir", {Kind::kDirectory, {}, -1}},
      {"/srv/host/dir/inner", {Kind::kFile, {}, -1}},
      {"/srv/host/dir/sub", {Kind::kDirectory, {}, -1}},
      {"/srv/host/to_file", {Kind::kLink, "file", -1}},
      {"/srv/host/to_dir", {Kind::kLink, "dir/", -1}},
      {"/srv/host/to_sub", {Kind::kLink, "dir/sub", -1}},
      {"/srv/host/escape", {Kind::kLink, "/etc/shadow", -1}},
      {"/srv/host/climb", {Kind::kLink, "../../../etc/shadow", -1}},
      {"/srv/host/to_code", {Kind::kLink, "/usr/bin/tool", -1}},
      {"/srv/host/up", {Kind::kLink, "../usr/bin", -1}},
      {"/srv/host/loop", {Kind::kLink, "loop", -1}},
      {"/srv/host/ring_a", {Kind::kLink, "/tmp/ring_b", -1}},
      {"/srv/host/ring_b", {Kind::kLink, "/tmp/ring_a", -1}},
      {"/srv/host/dangling", {Kind::kLink, "nowhere", -1}},
      {"/srv/host/empty", {Kind::kLink, "", -1}},
      {"/srv/host/closed", {Kind::kDirectory, {}, -1}},
      {"/srv/host/conf", {Kind::kDirectory, {}, -1}},
      {"/srv/host/conf/app.conf", {Kind::kFile, {}, -1}},
      {"/srv/host/conf/other", {Kind::kFile, {}, -1}},
      {"/srv/host/to_secret", {Kind::kLink, "/etc/app/secret.conf", -1}},
      {"/srv/host/to_secrets", {Kind::kLink, "/etc/app", -1}},
      {"/srv/host/to_root", {Kind::kLink, "/", -1}},
      {"/srv/host/to_link", {Kind::kLink, "to_secret", -1}},
      {"/srv/host/to_proc", {Kind::kLink, "/proc/environ", -1}},
      {"/srv/host/to_stdout", {Kind::kLink, "/proc/fd1", -1}},
      {"/srv/host/to_fd", {Kind::kLink, "/proc/fd4", -1}},
      {"/srv/host/to_null", {Kind::kLink, "/dev/null", -1}},
      {"/proc/environ", {Kind::kFile, {}, -1}},
      {"/proc/fd1", {Kind::kDescriptor, {}, 1}},
      {"/proc/fd4", {Kind::kDescriptor, {}, 4}},
      {"/srv/host/fd3", {Kind::kDescriptor, {}, 3}},
      {"/srv/host/fd4", {Kind::kDescriptor, {}, 4}},
      {"/srv/host/fd5", {Kind::kDescriptor, {}, 5}},
  };
};

class Resolve : public testing::Test {
 protected:
  Resolve() {
    add("/usr/bin/tool", NodeKind::kCode);
    add("/usr/lib/libx.so.1", NodeKind::kCode);
    add("/usr/lib/libx.so", NodeKind::kLink, "libx.so.1");
    add("/bin", NodeKind::kLink, "usr/bin");
    add("/opt/app/current", NodeKind::kLink, "../../usr/lib");
    add("/opt/app/absolute", NodeKind::kLink, "/usr/bin/tool");
    add("/opt/app/slash", NodeKind::kLink, "/usr/bin/tool/");
    add("/opt/app/self", NodeKind::kLink, "self");
    add("/opt/app/out", NodeKind::kLink, "/etc/passwd");
    add("/opt/app/to_tmp", NodeKind::kLink, "/tmp/dir");
    add("/dev/null", NodeKind::kDevice, "/dev/null");
    add("/tmp", NodeKind::kHost, "/srv/host");
    add("/proc", NodeKind::kKernel, "/proc");
    add("/opt/app/log", NodeKind::kLink, "/etc/app/secret.conf");
    EXPECT_TRUE(tree_.add_injected("/etc/app/secret.conf"));
    EXPECT_TRUE(tree_.add_injected("/tmp/conf/app.conf"));
    for (int i = 0; i <= 40; ++i) {
      const std::string name = "/chain/" + std::to_string(i);
      add(name, NodeKind::kLink, i == 0 ? "/usr/bin/tool" : std::to_string(i - 1));
    }
  }
  void add(const std::string& path, NodeKind kind, const std::string& target = {}) {
    const auto added = tree_.add(path, kind);
    ASSERT_TRUE(added) << path;
    tree_.node(*added).target = target;
  }
  // "kind path", "kind path = host path", or the errno's number.
  std::string result(std::string_view path, Follow follow = Follow::kYes, std::string_view base = "/") {
    const auto place = resolve(tree_, view_, std::string(base), path, follow);
    if (!place) return std::to_string(number_of(place.error()));
    static constexpr const char* kNames[] = {"missing", "directory", "code",   "link",      "injected",
                                             "device",  "host",      "volume", "descriptor"};
    std::string text = std::string(kNames[static_cast<int>(place->kind)]) + " " + place->path;
    if (!place->host_path.empty()) text += " = " + place->host_path;
    return text;
  }

  Tree tree_;
  TableView view_;
};

struct Case {
  const char* path;
  const char* followed;
  const char* not_followed = nullptr;  // where it differs
};

TEST_F(Resolve, NamesInTheTree) {
  const Case cases[] = {
      {"/", "directory /"},
      {"//", "directory /"},
      {"/.", "directory /"},
      {"/..", "directory /"},
      {"/../../..", "directory /"},
      {"/usr", "directory /usr"},
      {"/usr/", "directory /usr"},
      {"//usr///bin//", "directory /usr/bin"},
      {"/usr/bin/tool", "code /usr/bin/tool"},
      {"/usr/bin/../bin/./tool", "code /usr/bin/tool"},
      {"/usr/lib/libx.so", "code /usr/lib/libx.so.1", "link /usr/lib/libx.so"},
      {"/bin/tool", "code /usr/bin/tool"},
      {"/bin", "directory /usr/bin", "link /bin"},
      {"/bin/", "directory /usr/bin"},
      {"/bin/.", "directory /usr/bin"},
      // ".." goes up from where the link led, not from where it stands.
      {"/bin/..", "directory /usr"},
      {"/bin/../lib/libx.so.1", "code /usr/lib/libx.so.1"},
      {"/opt/app/current/../bin/tool", "code /usr/bin/tool"},
      {"/opt/app/current/libx.so", "code /usr/lib/libx.so.1", "link /usr/lib/libx.so"},
      {"/opt/app/absolute", "code /usr/bin/tool", "link /opt/app/absolute"},
      {"/dev/null", "device /dev/null = /dev/null"},
      {"/etc/app/secret.conf", "injected /etc/app/secret.conf"},
      {"/nowhere", "missing /nowhere"},
      {"/usr/nowhere/", "missing /usr/nowhere"},
      {"/opt/app/out", "missing /etc/passwd", "link /opt/app/out"},
      {"/nowhere/deeper", "2"},
      {"/nowhere/..", "2"},
      {"", "2"},
      {"/usr/bin/tool/", "20"},
      {"/usr/bin/tool/.", "20"},
      {"/usr/bin/tool/x", "20"},
      {"/usr/bin/tool/..", "20"},
      {"/etc/app/secret.conf/x", "20"},
      {"/dev/null/", "20"},
      {"/opt/app/absolute/", "20"},
      {"/opt/app/slash", "20", "link /opt/app/slash"},
      {"/opt/app/self", "40", "link /opt/app/self"},
      {"/opt/app/self/", "40"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(result(c.path, Follow::kYes), c.followed) << c.path;
    EXPECT_EQ(result(c.path, Follow::kNo), c.not_followed != nullptr ? c.not_followed : c.followed) << c.path;
  }
}

TEST_F(Resolve, BelowAMount) {
  const Case cases[] = {
      {"/tmp", "host /tmp = /srv/host"},
      {"/tmp/", "host /tmp = /srv/host"},
      {"/tmp/..", "directory /"},
      {"/tmp/../../usr", "directory /usr"},
      {"/tmp/file", "host /tmp/file = /srv/host/file"},
      {"/tmp/file/", "20"},
      {"/tmp/file/x", "20"},
      {"/tmp/new", "missing /tmp/new = /srv/host/new"},
      {"/tmp/new/", "missing /tmp/new = /srv/host/new"},
      {"/tmp/new/x", "2"},
      {"/tmp/dir/inner", "host /tmp/dir/inner = /srv/host/dir/inner"},
      {"/tmp/dir/../file", "host /tmp/file = /srv/host/file"},
      {"/tmp/to_file", "host /tmp/file = /srv/host/file", "host /tmp/to_file = /srv/host/to_file"},
      {"/tmp/to_dir/inner", "host /tmp/dir/inner = /srv/host/dir/inner"},
      {"/tmp/to_sub/../inner", "host /tmp/dir/inner = /srv/host/dir/inner"},
      {"/opt/app/to_tmp/inner", "host /tmp/dir/inner = /srv/host/dir/inner"},
      // What leads out is looked for in the namespace, where the host's /etc/shadow does not exist.
      {"/tmp/escape", "missing /etc/shadow", "host /tmp/escape = /srv/host/escape"},
      {"/tmp/climb", "missing /etc/shadow", "host /tmp/climb = /srv/host/climb"},
      {"/tmp/to_code", "code /usr/bin/tool", "host /tmp/to_code = /srv/host/to_code"},
      {"/tmp/up/tool", "code /usr/bin/tool"},
      {"/tmp/loop", "40", "host /tmp/loop = /srv/host/loop"},
      {"/tmp/ring_a", "40", "host /tmp/ring_a = /srv/host/ring_a"},
      {"/tmp/dangling", "missing /tmp/nowhere = /srv/host/nowhere", "host /tmp/dangling = /srv/host/dangling"},
      {"/tmp/empty", "2", "host /tmp/empty = /srv/host/empty"},
      {"/tmp/closed/x", "13"},
      // An injected file hides the host's; its neighbours stay.
      {"/tmp/conf/app.conf", "injected /tmp/conf/app.conf"},
      {"/tmp/conf", "host /tmp/conf = /srv/host/conf"},
      {"/tmp/conf/other", "host /tmp/conf/other = /srv/host/conf/other"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(result(c.path, Follow::kYes), c.followed) << c.path;
    EXPECT_EQ(result(c.path, Follow::kNo), c.not_followed != nullptr ? c.not_followed : c.followed) << c.path;
  }
}

TEST_F(Resolve, TheHostIsAskedOnlyBelowMounts) {
  result("/usr/bin/tool");
  result("/etc/passwd");
  EXPECT_TRUE(view_.looked.empty());
  result("/tmp/escape");
  EXPECT_EQ(view_.looked, std::vector<std::string>{"/srv/host/escape"});
}

TEST_F(Resolve, FortyLinksAreFollowed) {
  EXPECT_EQ(result("/chain/39"), "code /usr/bin/tool");  // 40 links
  EXPECT_EQ(result("/chain/40"), std::to_string(ELOOP));
}

TEST_F(Resolve, LongNamesAndPaths) {
  const std::string longest(255, 'x');
  EXPECT_EQ(result("/" + longest), "missing /" + longest);
  EXPECT_EQ(result("/" + longest + "x"), std::to_string(ENAMETOOLONG));
  EXPECT_EQ(result(std::string(4096, '/')), std::to_string(ENAMETOOLONG));
  EXPECT_EQ(result(std::string(4095, '/')), "directory /");
}

TEST_F(Resolve, RelativePathsStartAtTheBase) {
  EXPECT_EQ(result("tool", Follow::kYes, "/usr/bin"), "code /usr/bin/tool");
  EXPECT_EQ(result("../lib/libx.so", Follow::kYes, "/usr/bin"), "code /usr/lib/libx.so.1");
  EXPECT_EQ(result("../../..", Follow::kYes, "/usr/bin"), "directory /");
  EXPECT_EQ(result(".", Follow::kYes, "/usr/bin"), "directory /usr/bin");
  EXPECT_EQ(result("inner", Follow::kYes, "/tmp/dir"), "host /tmp/dir/inner = /srv/host/dir/inner");
  EXPECT_EQ(result("..", Follow::kYes, "/tmp/dir"), "host /tmp = /srv/host");
  EXPECT_EQ(result("../..", Follow::kYes, "/tmp/dir"), "directory /");
  EXPECT_EQ(result("app.conf", Follow::kYes, "/tmp/conf"), "injected /tmp/conf/app.conf");
  EXPECT_EQ(result("/usr/bin/tool", Follow::kYes, "/tmp/dir"), "code /usr/bin/tool");
}

TEST_F(Resolve, DescriptorsInTheMiddleOfAPath) {
  EXPECT_EQ(result("/tmp/fd3/libx.so.1"), "code /usr/lib/libx.so.1");
  EXPECT_EQ(result("/tmp/fd3/../bin/tool"), "code /usr/bin/tool");
  EXPECT_EQ(result("/tmp/fd4/inner"), "host /tmp/dir/inner = /srv/host/dir/inner");
  EXPECT_EQ(result("/tmp/fd5/x"), std::to_string(ENOTDIR));
  EXPECT_EQ(result("/tmp/fd3", Follow::kYes), "descriptor /tmp/fd3 = /srv/host/fd3");
  EXPECT_EQ(result("/tmp/fd3", Follow::kNo), "host /tmp/fd3 = /srv/host/fd3");
}

TEST_F(Resolve, SaysHowThePathEnded) {
  const auto dots = resolve(tree_, view_, std::string("/"), "/tmp/dir/.", Follow::kNo);
  ASSERT_TRUE(dots);
  EXPECT_TRUE(dots->ends_in_dots);
  const auto slash = resolve(tree_, view_, std::string("/"), "/tmp/new/", Follow::kNo);
  ASSERT_TRUE(slash);
  EXPECT_TRUE(slash->wants_directory);
  EXPECT_FALSE(slash->ends_in_dots);
}

// Whoever owns a host directory must not make the program read its own secrets as if they were his data, or write over them.
TEST_F(Resolve, LinksOfTheHostReachNothingPrivate) {
  const std::string refused = std::to_string(EACCES);
  for (const char* path : {"/tmp/to_secret", "/tmp/to_link", "/tmp/to_secrets/secret.conf", "/tmp/to_secrets",
                           "/tmp/to_root", "/tmp/to_proc", "/tmp/to_fd"}) {
    EXPECT_EQ(result(path), refused) << path;
  }
  EXPECT_EQ(result("/tmp/to_secret", Follow::kNo), "host /tmp/to_secret = /srv/host/to_secret");
  EXPECT_EQ(result("/tmp/to_null"), "device /dev/null = /dev/null");
  EXPECT_EQ(result("/tmp/to_stdout"), "descriptor /proc/fd1 = /proc/fd1");
  // What the session itself links to is the program's.
  EXPECT_EQ(result("/opt/app/log"), "injected /etc/app/secret.conf");
  EXPECT_EQ(result("/proc/environ"), "host /proc/environ = /proc/environ");
}

}  // namespace
}  // namespace redoubt::shim
