// SPDX-License-Identifier: Apache-2.0
//
// Calls about files of volumes, by path and by descriptor: what the handlers of attested_calls.h do when a place is in a volume.
// Here permissions are enforced (permission.h), the mask and the owner of new files applied, and Linux's order of errors kept; the
// volume itself knows inodes only. Reading, writing, locking and mapping of descriptors is volumes/open_file.h.
//
// Devices, fifos and sockets are kept in a volume as names with attributes. To open one is ENXIO: the host would be on its other
// side.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "shim/files/attested_calls.h"
#include "shim/files/open_request.h"
#include "shim/volumes/open_file.h"

namespace redoubt::shim::file_namespace {

using volumes::FileId;

VolumeInUse volume_of(const FileId& file);

// The file of a volume that a place means, also through a descriptor; nothing: it means something else.
std::optional<FileId> volume_file(const Place& place);
// Something in a volume, or a name for it there.
bool is_in_volume(const Place& place);

// ---- by path ----
// ESTALE: the name has come into being meanwhile; resolve again.
Result<int> open_in_volume(const Place& place, const OpenRequest& request);
// An open file anew, as /proc/self/fd/N.
Result<int> reopen_in_volume(const FileId& file, const OpenRequest& request);

Result<void> create_in_volume(Call& call, const PathRule& rule, const Place& place);
Result<void> remove_in_volume(const Place& place, bool of_directory);
// Both places; at least one is in a volume.
Result<void> rename_in_volume(const Place& from, const Place& to, uint64_t flags);
Result<void> link_in_volume(const FileId& file, const Place& to);
Result<void> truncate_in_volume(const FileId& file, int64_t size);
Result<void> access_in_volume(const FileId& file, const Credentials& who, int wanted);
Result<void> may_enter(const Place& directory);

// ---- by path or descriptor ----
// Before content changes: set-user-ID and set-group-ID bits go, unless CAP_FSETID.
Result<void> drop_set_ids(const FileId& file);
Result<void> drop_set_ids(const FileId& file, const volume::Attributes& attributes, const Credentials& who);
Result<struct stat> stat_in_volume(const FileId& file);
Result<struct statx> statx_in_volume(const FileId& file);
Result<struct statfs> statfs_of_volume(size_t volume);
// chmod, chown, utimens, extended attributes and their kin, each by the call's own arguments; nothing: `call` is none of them.
std::optional<int64_t> attribute_call(Call& call, const FileId& file);
int64_t list_volume_directory(Call& call, int fd, const volumes::OpenFile& directory);

// Calls on descriptors of volumes that are answered in this folder.
std::optional<int64_t> intercept_volume_descriptors(Call& call);

}  // namespace redoubt::shim::file_namespace
