// SPDX-License-Identifier: Apache-2.0
//
// The order of checks is the kernel's, since it decides which errno a program sees.
#include "shim/files/permission.h"

#include <sys/stat.h>
#include <unistd.h>

namespace redoubt::shim::permission {
namespace {

constexpr uint32_t kPermissions = 07777;
constexpr uint32_t kAnyExecute = S_IXUSR | S_IXGRP | S_IXOTH;

uint32_t bits_for(const Attributes& file, const Credentials& who) {
  if (who.uid == file.uid) return file.mode >> 6 & 7;
  if (who.in_group(file.gid)) return file.mode >> 3 & 7;
  return file.mode & 7;
}

// chown and writing take setuid away, and setgid where it means a program and not mandatory locking.
uint32_t without_set_ids(uint32_t mode, bool keeps_group) {
  mode &= kPermissions & ~uint32_t{S_ISUID};
  return (mode & S_IXGRP) != 0 || !keeps_group ? mode & ~uint32_t{S_ISGID} : mode;
}

}  // namespace

Result<void> may(const Attributes& file, const Credentials& who, int wanted) {
  if ((static_cast<uint32_t>(wanted) & ~bits_for(file, who) & (R_OK | W_OK | X_OK)) == 0) return {};
  const bool reads = wanted == R_OK;
  if (S_ISDIR(file.mode)) {
    if ((wanted & W_OK) == 0 && who.can(Capability::kDacReadSearch)) return {};
    return who.can(Capability::kDacOverride) ? Result<void>() : fail(EACCES);
  }
  if (reads && who.can(Capability::kDacReadSearch)) return {};
  const bool may_ever = (wanted & X_OK) == 0 || (file.mode & kAnyExecute) != 0;
  return may_ever && who.can(Capability::kDacOverride) ? Result<void>() : fail(EACCES);
}

bool is_owner(const Attributes& file, const Credentials& who) {
  return who.uid == file.uid || who.can(Capability::kFowner);
}

Result<void> may_create(const Attributes& directory, const Credentials& who) {
  return may(directory, who, W_OK | X_OK);
}

Result<void> may_remove(const Attributes& directory, const Attributes& file, const Credentials& who) {
  TRY_VOID(may(directory, who, W_OK | X_OK));
  if ((directory.mode & S_ISVTX) == 0 || who.uid == file.uid || who.uid == directory.uid) return {};
  return who.can(Capability::kFowner) ? Result<void>() : fail(EPERM);
}

Result<void> may_link(const Attributes& file, const Credentials& who) {
  if (S_ISDIR(file.mode)) return fail(EPERM);
  if (is_owner(file, who)) return {};
  constexpr uint32_t kSetGroup = S_ISGID | S_IXGRP;
  const bool is_safe = S_ISREG(file.mode) && (file.mode & S_ISUID) == 0 && (file.mode & kSetGroup) != kSetGroup;
  return is_safe && may(file, who, R_OK | W_OK) ? Result<void>() : fail(EPERM);
}

Result<void> may_make_node(uint32_t mode, uint64_t device, const Credentials& who) {
  switch (mode & S_IFMT) {
    case 0:
    case S_IFREG:
    case S_IFIFO:
    case S_IFSOCK: return {};
    case S_IFCHR:
      if (device == 0) return {};  // a whiteout
      [[fallthrough]];
    case S_IFBLK: return who.can(Capability::kMknod) ? Result<void>() : fail(EPERM);
    case S_IFDIR: return fail(EPERM);
    default: return fail(EINVAL);
  }
}

Ownership of_new(const Attributes& directory, const Credentials& who, uint32_t mode, uint32_t mask) {
  const uint32_t kind = mode & S_IFMT;
  Ownership made{.mode = kind | (mode & kPermissions & ~mask), .uid = who.uid, .gid = who.gid};
  if (kind == S_IFLNK) made.mode = S_IFLNK | 0777;
  if ((directory.mode & S_ISGID) == 0) return made;
  made.gid = directory.gid;
  if (kind == S_IFDIR) {
    made.mode |= S_ISGID;
  } else if ((made.mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) && !who.in_group(directory.gid) &&
             !who.can(Capability::kFsetid)) {
    made.mode &= ~uint32_t{S_ISGID};
  }
  return made;
}

Result<uint32_t> changed_permissions(const Attributes& file, const Credentials& who, uint32_t wanted) {
  if (!is_owner(file, who)) return fail(EPERM);
  wanted &= kPermissions;
  return who.in_group(file.gid) || who.can(Capability::kFsetid) ? wanted : wanted & ~uint32_t{S_ISGID};
}

Result<volume::AttributeChange> changed_owner(const Attributes& file, const Credentials& who, uint32_t uid,
                                              uint32_t gid) {
  constexpr auto kStays = static_cast<uint32_t>(-1);
  const bool may_chown = who.can(Capability::kChown);
  volume::AttributeChange change;
  if (uid != kStays) {
    if (!may_chown && (who.uid != file.uid || uid != file.uid)) return fail(EPERM);
    change.uid = uid;
  }
  if (gid != kStays) {
    if (!may_chown && (who.uid != file.uid || (!who.in_group(gid) && gid != file.gid))) return fail(EPERM);
    change.gid = gid;
  }
  const uint32_t permissions = file.mode & kPermissions;
  if (!S_ISDIR(file.mode) && !S_ISLNK(file.mode)) {
    const bool keeps_group = who.in_group(file.gid) || who.can(Capability::kFsetid);
    const uint32_t left = without_set_ids(permissions, keeps_group);
    if (left != permissions && !is_owner(file, who)) return fail(EPERM);  // it would be a change of mode
    if (left != permissions) change.permissions = left;
  }
  return change;
}

uint32_t after_change_of_content(const Attributes& file, const Credentials& who) {
  if (!S_ISREG(file.mode) || who.can(Capability::kFsetid)) return file.mode & kPermissions;
  return without_set_ids(file.mode & kPermissions, who.in_group(file.gid));
}

Result<void> may_extended(const Attributes& file, const Credentials& who, std::string_view name, int wanted) {
  const bool writes = (wanted & W_OK) != 0;
  if (name.starts_with("user.")) {
    // Only where a quota and an owner can stand for them.
    if (!S_ISREG(file.mode) && !S_ISDIR(file.mode)) return fail(writes ? EPERM : ENODATA);
    if (writes && S_ISDIR(file.mode) && (file.mode & S_ISVTX) != 0 && !is_owner(file, who)) return fail(EPERM);
    return may(file, who, wanted);
  }
  const bool is_administrator = who.can(Capability::kSysAdmin);
  if (name.starts_with("trusted.")) return is_administrator ? Result<void>() : fail(writes ? EPERM : ENODATA);
  if (name.starts_with("security.")) {
    if (!writes || is_administrator) return {};
    return name == "security.capability" && who.can(Capability::kSetfcap) ? Result<void>() : fail(EPERM);
  }
  return fail(EOPNOTSUPP);
}

bool shows_extended(const Credentials& who, std::string_view name) {
  return !name.starts_with("trusted.") || who.can(Capability::kSysAdmin);
}

}  // namespace redoubt::shim::permission
