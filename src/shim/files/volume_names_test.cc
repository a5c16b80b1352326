// SPDX-License-Identifier: Apache-2.0
//
// Names, openings and attributes of a volume in memory, as several users: what the handlers allow, in which order they refuse, and
// what is left afterwards. Against rename(2), link(2), unlink(2), open(2).
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "shim/files/volume_calls.h"
#include "shim/files/volume_paths.h"
#include "shim/files/volumes_fake.h"
#include "shim/files/working_directory.h"
#include "shim/gate/fake/fake_gate.h"
#include "volume/test_volume.h"

namespace redoubt::shim::file_namespace {
namespace {

using volume::InodeNumber;
using volume::kRootInode;

constexpr uint32_t kUser = 1000, kOther = 1001, kRoot = 0;

class VolumeNames : public testing::Test {
 protected:
  VolumeNames()
      : gate_([this](const gate::HostCall& call) -> int64_t {
          switch (call.number) {
            case SYS_setfsuid:
            case SYS_setfsgid: return user_;
            case SYS_getgroups: return 0;
            case SYS_capget: {
              auto* const data = reinterpret_cast<__user_cap_data_struct*>(call.args[1]);
              data[0] = data[1] = {};
              if (user_ == kRoot) data[0].effective = data[1].effective = UINT32_MAX;
              return 0;
            }
            default: return gate::real_host(call);
          }
        }) {
    memory_.initialise();
    volumes::fake_volume = memory_.volume.get();
    state() = State();
    EXPECT_TRUE(state().tree.add_injected("/data/conf/secret"));
    EXPECT_TRUE(state().tree.add_volume("/data", 0, "/cipher"));
    state().tree.node(*state().tree.add("/usr/bin/tool", NodeKind::kCode));
    working_directory().set_umask(022);
    make("open", S_IFDIR | 0777, kUser);
    make("sticky", S_IFDIR | 01777, kRoot);
    make("closed", S_IFDIR | 0755, kRoot);
    make("open/file", S_IFREG | 0644, kUser);
    make("open/theirs", S_IFREG | 0600, kOther);
    make("sticky/theirs", S_IFREG | 0666, kOther);
    make("closed/file", S_IFREG | 0666, kRoot);
    make("open/empty", S_IFDIR | 0755, kUser);
    make("open/full", S_IFDIR | 0755, kUser);
    make("open/full/file", S_IFREG | 0644, kUser);
    make("open/theirs.d", S_IFDIR | 0755, kOther);
  }
  ~VolumeNames() override {
    volumes::fake_volume = nullptr;
    state() = State();
  }

  void make(const std::string& path, uint32_t mode, uint32_t owner) {
    const size_t slash = path.rfind('/');
    const InodeNumber directory = slash == std::string::npos ? kRootInode : inode(path.substr(0, slash));
    EXPECT_TRUE(memory_.volume->create(directory, path.substr(slash + 1), mode, owner, owner)) << path;
  }
  InodeNumber inode(const std::string& path) {
    user_ = kRoot;
    const auto place = at(path);
    user_ = kUser;
    return place.kind == PlaceKind::kVolume ? place.attributes.inode : 0;
  }
  // Below the volume, or absolute.
  Place at(const std::string& path) {
    const auto place = place_of(AT_FDCWD, path.starts_with('/') ? path : "/data/" + path, Follow::kNo);
    EXPECT_TRUE(place) << path << ": " << number_of(place.error());
    return place ? *place : Place();
  }
  FileId file_at(const std::string& path) {
    const auto file = volume_file(at(path));
    EXPECT_TRUE(file) << path;
    return file.value_or(FileId{});
  }
  template <typename T>
  static int error_of(const Result<T>& result) {
    return result ? 0 : number_of(result.error());
  }
  int rename(const std::string& from, const std::string& to, uint64_t flags = 0) {
    return error_of(rename_in_volume(at(from), at(to), flags));
  }
  int remove(const std::string& path, bool directory = false) {
    return error_of(remove_in_volume(at(path), directory));
  }
  int link(const std::string& from, const std::string& to) { return error_of(link_in_volume(file_at(from), at(to))); }
  int open(const std::string& path, int flags, uint64_t mode = 0) {
    return error_of(open_in_volume(at(path), {.flags = flags, .mode = mode}));
  }
  volume::Attributes attributes(const std::string& path) { return *memory_.volume->attributes(inode(path)); }

  uint32_t user_ = kUser;
  gate::FakeGate gate_;
  volume::TestVolume memory_;
};

TEST_F(VolumeNames, RenameWithinOneVolume) {
  const InodeNumber file = inode("open/file");
  EXPECT_EQ(rename("open/file", "open/new"), 0);
  EXPECT_EQ(inode("open/new"), file);
  EXPECT_EQ(inode("open/file"), 0U);
  EXPECT_EQ(rename("open/new", "open/full/file"), 0);
  EXPECT_EQ(inode("open/full/file"), file);
  EXPECT_EQ(rename("open/full", "open/empty"), 0);
  EXPECT_EQ(inode("open/empty/file"), file);
}

TEST_F(VolumeNames, RenameRefusals) {
  EXPECT_EQ(rename("open/full", "open/full/below"), EINVAL);
  EXPECT_EQ(rename("open/empty", "open/full"), ENOTEMPTY);
  EXPECT_EQ(rename("open/file", "open/empty"), EISDIR);
  EXPECT_EQ(rename("open/empty", "open/file"), ENOTDIR);
  EXPECT_EQ(rename("open/file", "open/new/"), ENOTDIR);
  EXPECT_EQ(rename("open/file", "closed/new"), EACCES);
  EXPECT_EQ(rename("closed/file", "open/new"), EACCES);
  EXPECT_EQ(rename("sticky/theirs", "open/new"), EPERM);
  EXPECT_EQ(rename("open/file", "sticky/theirs"), EPERM);
  // Its ".." would change, and it is somebody else's.
  EXPECT_EQ(rename("open/theirs.d", "sticky/moved"), EACCES);
  EXPECT_EQ(rename("open/theirs.d", "open/moved"), 0);
  EXPECT_EQ(rename("open/file", "open/theirs", RENAME_NOREPLACE), EEXIST);
  EXPECT_EQ(rename("open/file", "open/none", RENAME_EXCHANGE), ENOENT);
  EXPECT_EQ(rename("open/file", "open/none", RENAME_WHITEOUT), EINVAL);
  EXPECT_EQ(rename("open/file", "open/none", RENAME_NOREPLACE | RENAME_EXCHANGE), EINVAL);
}

TEST_F(VolumeNames, RenameToItselfDoesNothingWhoeverAsks) {
  user_ = kRoot;
  EXPECT_EQ(link("closed/file", "closed/again"), 0);
  user_ = kUser;
  EXPECT_EQ(rename("closed/file", "closed/again"), 0);
  EXPECT_NE(inode("closed/file"), 0U);
}

TEST_F(VolumeNames, ExchangeSwapsAFileWithADirectory) {
  const InodeNumber file = inode("open/file"), directory = inode("open/full");
  EXPECT_EQ(rename("open/file", "open/full", RENAME_EXCHANGE), 0);
  EXPECT_EQ(inode("open/full"), file);
  EXPECT_EQ(inode("open/file"), directory);
}

TEST_F(VolumeNames, WhatTheTreeHasStays) {
  user_ = kRoot;
  EXPECT_EQ(rename("/data", "/data/open/x"), EBUSY);
  EXPECT_EQ(rename("conf", "open/x"), EBUSY);
  EXPECT_EQ(rename("conf/secret", "open/x"), EBUSY);
  EXPECT_EQ(rename("open/file", "conf/secret"), EBUSY);
  EXPECT_EQ(remove("/data", true), EBUSY);
  make("conf", S_IFDIR | 0777, kUser);
  EXPECT_EQ(rename("conf", "open/x"), EBUSY);
  EXPECT_EQ(remove("conf", true), EBUSY);
  EXPECT_EQ(rename("/usr/bin/tool", "open/x"), EXDEV);
  EXPECT_EQ(rename("open/file", "/usr/bin/new"), EXDEV);
}

TEST_F(VolumeNames, Removal) {
  EXPECT_EQ(remove("open/empty"), EISDIR);
  EXPECT_EQ(remove("open/file", true), ENOTDIR);
  EXPECT_EQ(remove("open/full", true), ENOTEMPTY);
  EXPECT_EQ(remove("closed/file"), EACCES);
  EXPECT_EQ(remove("sticky/theirs"), EPERM);
  EXPECT_EQ(remove("open/theirs"), 0);
  EXPECT_EQ(remove("open/empty", true), 0);
  EXPECT_EQ(inode("open/empty"), 0U);
}

TEST_F(VolumeNames, Links) {
  EXPECT_EQ(link("open/file", "open/again"), 0);
  EXPECT_EQ(attributes("open/file").links, 2U);
  EXPECT_EQ(link("open/theirs", "open/stolen"), EPERM);
  EXPECT_EQ(link("open/empty", "open/directory"), EPERM);
  EXPECT_EQ(link("open/file", "closed/new"), EACCES);
  EXPECT_EQ(link("open/file", "/usr/bin/new"), EXDEV);
}

TEST_F(VolumeNames, Opening) {
  EXPECT_EQ(open("open/theirs", O_RDONLY), EACCES);
  EXPECT_EQ(open("open/theirs", O_PATH), 0);
  EXPECT_EQ(open("open/theirs.d", O_RDONLY | O_DIRECTORY), 0);
  EXPECT_EQ(open("open/empty", O_RDWR), EISDIR);
  EXPECT_EQ(open("open/file", O_RDONLY | O_DIRECTORY), ENOTDIR);
  EXPECT_EQ(open("open/file", O_RDWR | O_CREAT | O_EXCL), EEXIST);
  EXPECT_EQ(open("sticky/theirs", O_RDONLY | O_NOATIME), EPERM);
  EXPECT_EQ(open("closed/new", O_WRONLY | O_CREAT, 0600), EACCES);
  EXPECT_EQ(open("open/none", O_RDONLY), ENOENT);
  EXPECT_EQ(open("open/empty", O_RDONLY | O_TMPFILE, 0600), EINVAL);
  EXPECT_EQ(open("closed", O_RDWR | O_TMPFILE, 0600), EACCES);
  EXPECT_EQ(open("open/new", O_WRONLY | O_CREAT, 0666), 0);
  const volume::Attributes made = attributes("open/new");
  EXPECT_EQ(made.mode, S_IFREG | 0644U);
  EXPECT_EQ(made.uid, kUser);
}

TEST_F(VolumeNames, NamesOfOpenFiles) {
  ASSERT_EQ(open("open/file", O_RDONLY), 0);
  const FileId file = file_at("open/file");
  EXPECT_EQ(volume_paths::of_file(file), "/data/open/file");
  ASSERT_EQ(rename("open/file", "open/full/moved"), 0);
  EXPECT_EQ(volume_paths::of_file(file), "/data/open/full/moved");
  ASSERT_EQ(rename("open/full", "sticky/full"), 0);
  EXPECT_EQ(volume_paths::of_file(file), "/data/sticky/full/moved");
  EXPECT_EQ(volume_paths::of_base(BaseDirectory({}, 0, inode("sticky/full"))), "/data/sticky/full");
  ASSERT_EQ(remove("sticky/full/moved"), 0);
  EXPECT_EQ(volume_paths::of_file(file), "/data/sticky/full/moved (deleted)");
}

TEST_F(VolumeNames, TruncatingTakesSetIds) {
  user_ = kRoot;
  make("sticky/program", S_IFREG | 06777, kOther);
  user_ = kUser;
  EXPECT_EQ(error_of(truncate_in_volume(file_at("sticky/program"), 0)), 0);
  EXPECT_EQ(attributes("sticky/program").mode, S_IFREG | 0777U);
  EXPECT_EQ(error_of(truncate_in_volume(file_at("open/empty"), 0)), EISDIR);
  EXPECT_EQ(error_of(truncate_in_volume(file_at("closed/file"), -1)), EINVAL);
}

}  // namespace
}  // namespace redoubt::shim::file_namespace
