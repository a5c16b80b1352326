// SPDX-License-Identifier: Apache-2.0
//
// Who may do what with a file of a volume: the rules of inode(7), path_resolution(7), chmod(2), chown(2), unlink(2), as fs/namei.c
// and fs/attr.c have them. Pure: attributes and credentials in, an errno out. The volume records permissions, here they are
// enforced. There are no access control lists.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "shim/files/credentials.h"
#include "volume/volume.h"

namespace redoubt::shim::permission {

using volume::Attributes;

// `wanted`: bits of R_OK, W_OK, X_OK. EACCES.
Result<void> may(const Attributes& file, const Credentials& who, int wanted);
bool is_owner(const Attributes& file, const Credentials& who);  // or as good as one (CAP_FOWNER)

// A name in `directory`: to make one; to take `file`'s away (EACCES, EPERM in a sticky directory).
Result<void> may_create(const Attributes& directory, const Credentials& who);
Result<void> may_remove(const Attributes& directory, const Attributes& file, const Credentials& who);
// Another name for `file`, as with fs.protected_hardlinks. EPERM.
Result<void> may_link(const Attributes& file, const Credentials& who);
// A node of a kind: EPERM for devices without CAP_MKNOD.
Result<void> may_make_node(uint32_t mode, uint64_t device, const Credentials& who);

// What a new file in `directory` gets: owner, group (the directory's, if that is setgid) and mode, less `mask`.
struct Ownership {
  uint32_t mode, uid, gid;
};
Ownership of_new(const Attributes& directory, const Credentials& who, uint32_t mode, uint32_t mask);

// chmod: the permissions that are set. EPERM.
Result<uint32_t> changed_permissions(const Attributes& file, const Credentials& who, uint32_t wanted);
// chown: what changes, owner and group and the bits that are lost. An id of -1 stays. EPERM.
Result<volume::AttributeChange> changed_owner(const Attributes& file, const Credentials& who, uint32_t uid,
                                              uint32_t gid);
// The permissions after somebody changed the content: less setuid and setgid, unless `who` may keep them.
uint32_t after_change_of_content(const Attributes& file, const Credentials& who);

// Extended attributes by name, xattr(7). `wanted` R_OK or W_OK. EPERM, EACCES, ENODATA, EOPNOTSUPP.
Result<void> may_extended(const Attributes& file, const Credentials& who, std::string_view name, int wanted);
// Whether a listing shows it.
bool shows_extended(const Credentials& who, std::string_view name);

}  // namespace redoubt::shim::permission
