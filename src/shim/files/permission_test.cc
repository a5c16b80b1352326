// SPDX-License-Identifier: Apache-2.0
//
// The rules as tables: who, what mode, what is wanted, what Linux says.
#include "shim/files/permission.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace redoubt::shim::permission {
namespace {

constexpr uint64_t bit(Capability capability) { return uint64_t{1} << static_cast<unsigned>(capability); }
constexpr uint64_t kAll = UINT64_MAX;

Attributes file(uint32_t mode, uint32_t uid = 10, uint32_t gid = 20) {
  Attributes attributes;
  attributes.mode = (mode & S_IFMT) == 0 ? mode | S_IFREG : mode;
  attributes.uid = uid;
  attributes.gid = gid;
  return attributes;
}
Credentials who(uint32_t uid, uint32_t gid, uint64_t capabilities = 0, std::initializer_list<uint32_t> groups = {}) {
  Credentials one;
  one.uid = uid;
  one.gid = gid;
  one.capabilities = capabilities;
  for (const uint32_t group : groups) one.groups[one.group_count++] = group;
  return one;
}
int error_of(const Result<void>& result) { return result ? 0 : number_of(result.error()); }
template <typename T>
int error_of(const Result<T>& result) {
  return result ? 0 : number_of(result.error());
}

struct AccessCase {
  const char* name;
  uint32_t mode;
  Credentials asks;
  int wanted;
  int error;
};

TEST(Permission, AccessIsTheFirstClassThatMatches) {
  const Credentials owner = who(10, 99), group = who(11, 20), other = who(11, 21);
  const AccessCase cases[] = {
      {"owner reads", 0400, owner, R_OK, 0},
      {"owner is not other", 0077, owner, R_OK, EACCES},
      {"group is not other", 0707, group, R_OK, EACCES},
      {"group by list", 0040, who(11, 21, 0, {5, 20}), R_OK, 0},
      {"other", 0004, other, R_OK, 0},
      {"other writes", 0004, other, R_OK | W_OK, EACCES},
      {"nothing wanted", 0000, other, F_OK, 0},
      {"override reads and writes", 0000, who(0, 0, bit(Capability::kDacOverride)), R_OK | W_OK, 0},
      {"override needs some x", 0666, who(0, 0, kAll), X_OK, EACCES},
      {"override with some x", 0001, who(0, 0, kAll), X_OK, 0},
      {"override of directories", S_IFDIR, who(0, 0, bit(Capability::kDacOverride)), R_OK | W_OK | X_OK, 0},
      {"read search reads", 0000, who(1, 1, bit(Capability::kDacReadSearch)), R_OK, 0},
      {"read search does not write", 0000, who(1, 1, bit(Capability::kDacReadSearch)), W_OK, EACCES},
      {"read search enters", S_IFDIR, who(1, 1, bit(Capability::kDacReadSearch)), R_OK | X_OK, 0},
      {"read search does not change directories", S_IFDIR, who(1, 1, bit(Capability::kDacReadSearch)), W_OK, EACCES},
      {"uid 0 without capabilities", 0000, who(0, 0), R_OK, EACCES},
  };
  for (const AccessCase& one : cases) {
    EXPECT_EQ(error_of(may(file(one.mode), one.asks, one.wanted)), one.error) << one.name;
  }
}

TEST(Permission, StickyDirectoriesKeepTheFilesOfOthers) {
  const Attributes sticky = file(S_IFDIR | 01777, 0, 0);
  const Attributes theirs = file(0666, 10, 20);
  EXPECT_EQ(error_of(may_remove(sticky, theirs, who(11, 20))), EPERM);
  EXPECT_EQ(error_of(may_remove(sticky, theirs, who(10, 20))), 0);
  EXPECT_EQ(error_of(may_remove(file(S_IFDIR | 01777, 11, 0), theirs, who(11, 20))), 0);
  EXPECT_EQ(error_of(may_remove(sticky, theirs, who(11, 20, bit(Capability::kFowner)))), 0);
  EXPECT_EQ(error_of(may_remove(file(S_IFDIR | 0777), theirs, who(11, 99))), 0);
  EXPECT_EQ(error_of(may_remove(file(S_IFDIR | 0755), theirs, who(11, 99))), EACCES);
}

TEST(Permission, NewFilesGetOwnerGroupAndMaskedMode) {
  const Attributes plain = file(S_IFDIR | 0755, 1, 2);
  const Attributes setgid = file(S_IFDIR | 02775, 1, 2);
  const auto made = of_new(plain, who(10, 20), S_IFREG | 0666, 027);
  EXPECT_EQ(made.mode, S_IFREG | 0640U);
  EXPECT_EQ(made.uid, 10U);
  EXPECT_EQ(made.gid, 20U);
  EXPECT_EQ(of_new(setgid, who(10, 20), S_IFREG | 0666, 022).gid, 2U);
  EXPECT_EQ(of_new(setgid, who(10, 20), S_IFDIR | 0777, 022).mode, S_IFDIR | 02755U);
  EXPECT_EQ(of_new(setgid, who(10, 20), S_IFREG | 02755, 0).mode, S_IFREG | 0755U);
  EXPECT_EQ(of_new(setgid, who(10, 2), S_IFREG | 02755, 0).mode, S_IFREG | 02755U);
  EXPECT_EQ(of_new(plain, who(10, 20), S_IFLNK, 077).mode, S_IFLNK | 0777U);
}

TEST(Permission, ModeIsTheOwners) {
  EXPECT_EQ(error_of(changed_permissions(file(0600), who(11, 20), 0777)), EPERM);
  EXPECT_EQ(*changed_permissions(file(0600), who(10, 20), 04755), 04755U);
  EXPECT_EQ(*changed_permissions(file(0600), who(10, 21), 02755), 0755U);
  EXPECT_EQ(*changed_permissions(file(0600), who(10, 21, bit(Capability::kFsetid)), 02755), 02755U);
  EXPECT_EQ(*changed_permissions(file(0600), who(99, 21, bit(Capability::kFowner)), 0755), 0755U);
}

TEST(Permission, OwnerMayGiveTheFileToHisGroupsOnly) {
  constexpr auto kStays = static_cast<uint32_t>(-1);
  const Credentials owner = who(10, 20, 0, {30});
  EXPECT_EQ(error_of(changed_owner(file(0600), owner, 11, kStays)), EPERM);
  EXPECT_EQ(error_of(changed_owner(file(0600), owner, 10, kStays)), 0);
  EXPECT_EQ(error_of(changed_owner(file(0600), owner, kStays, 31)), EPERM);
  EXPECT_EQ(changed_owner(file(0600), owner, kStays, 30)->gid, 30U);
  EXPECT_EQ(error_of(changed_owner(file(0600), who(11, 20), kStays, 20)), EPERM);
  const auto given = changed_owner(file(06755), who(0, 0, kAll), 5, 6);
  EXPECT_EQ(given->uid, 5U);
  EXPECT_EQ(given->permissions, 0755U);
  EXPECT_FALSE(changed_owner(file(S_IFDIR | 02755), who(0, 0, kAll), 5, 6)->permissions);
}

TEST(Permission, ChangedContentLosesSetIds) {
  EXPECT_EQ(after_change_of_content(file(06755), who(10, 20)), 0755U);
  EXPECT_EQ(after_change_of_content(file(06755), who(0, 0, kAll)), 06755U);
  EXPECT_EQ(after_change_of_content(file(02644), who(10, 20)), 02644U);
}

TEST(Permission, ForeignFilesAreNotLinked) {
  EXPECT_EQ(error_of(may_link(file(0644), who(11, 21))), EPERM);
  EXPECT_EQ(error_of(may_link(file(0666), who(11, 21))), 0);
  EXPECT_EQ(error_of(may_link(file(04666), who(11, 21))), EPERM);
  EXPECT_EQ(error_of(may_link(file(S_IFDIR | 0777), who(10, 21))), EPERM);
  EXPECT_EQ(error_of(may_link(file(0600), who(10, 21))), 0);
}

TEST(Permission, ExtendedAttributesByTheirPrefix) {
  const Credentials owner = who(10, 20);
  EXPECT_EQ(error_of(may_extended(file(0600), owner, "user.a", W_OK)), 0);
  EXPECT_EQ(error_of(may_extended(file(0400), owner, "user.a", W_OK)), EACCES);
  EXPECT_EQ(error_of(may_extended(file(S_IFLNK | 0777), owner, "user.a", W_OK)), EPERM);
  EXPECT_EQ(error_of(may_extended(file(0600), owner, "trusted.a", W_OK)), EPERM);
  EXPECT_EQ(error_of(may_extended(file(0600), owner, "trusted.a", R_OK)), ENODATA);
  EXPECT_EQ(error_of(may_extended(file(0600), owner, "security.a", W_OK)), EPERM);
  EXPECT_EQ(error_of(may_extended(file(0600), who(0, 0, kAll), "security.a", W_OK)), 0);
  EXPECT_EQ(error_of(may_extended(file(0600), owner, "system.posix_acl_access", R_OK)), EOPNOTSUPP);
  EXPECT_EQ(error_of(may_extended(file(0600), owner, "nothing", R_OK)), EOPNOTSUPP);
}

TEST(Permission, DevicesNeedACapability) {
  EXPECT_EQ(error_of(may_make_node(S_IFBLK, 0, who(1, 1))), EPERM);
  EXPECT_EQ(error_of(may_make_node(S_IFCHR, 0x105, who(1, 1))), EPERM);
  EXPECT_EQ(error_of(may_make_node(S_IFCHR, 0, who(1, 1))), 0);
  EXPECT_EQ(error_of(may_make_node(S_IFBLK, 1, who(0, 0, bit(Capability::kMknod)))), 0);
  EXPECT_EQ(error_of(may_make_node(S_IFIFO, 0, who(1, 1))), 0);
  EXPECT_EQ(error_of(may_make_node(S_IFDIR, 0, who(0, 0, kAll))), EPERM);
}

}  // namespace
}  // namespace redoubt::shim::permission
