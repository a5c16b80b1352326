// SPDX-License-Identifier: Apache-2.0
#include "las/file_systems.h"

#include <gtest/gtest.h>

namespace redoubt::las {
namespace {

constexpr const char* kMounts =
    "22 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n"
    "23 22 0:5 / /a\\040-\\040b rw shared:1 master:2 - overlay overlay rw,lowerdir=/x\n"
    "24 22 0:6 / /f rw - fuse.sshfs ext4 rw\n"
    "25 22 0:7 / /g rw - 9p - rw\n"
    "26 22 0:8 / /h rw\n";

TEST(FileSystems, KnowsItsTable) {
  EXPECT_STREQ((*find_file_system(kMounts, "22"))->name, "ext4");
  EXPECT_TRUE((*find_file_system(kMounts, "23"))->layered);
  const auto why = [](const char* id) { return find_file_system(kMounts, id).error().actual; };
  EXPECT_EQ(why("24"), "fuse.sshfs");
  EXPECT_EQ(why("25"), "9p");
  EXPECT_EQ(why("26"), "a mount that the process cannot see");
  EXPECT_EQ(why("2"), "a mount that the process cannot see");
  EXPECT_FALSE(find_file_system("", "22"));
}

}  // namespace
}  // namespace redoubt::las
