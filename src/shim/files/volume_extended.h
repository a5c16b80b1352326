// SPDX-License-Identifier: Apache-2.0
//
// Extended attributes in a volume (xattr(7)): user, trusted and security, with the kernel's limits. There are no access control
// lists: system.* is EOPNOTSUPP, and programs go by the mode. `args` are the call's arguments after the file.
#pragma once

#include "shim/files/volume_calls.h"

namespace redoubt::shim::file_namespace {

int64_t set_extended(Call& call, const FileId& file, const uint64_t* args);
int64_t get_extended(Call& call, const FileId& file, const uint64_t* args);
int64_t list_extended(Call& call, const FileId& file, const uint64_t* args);
int64_t remove_extended(Call& call, const FileId& file, const uint64_t* args);

}  // namespace redoubt::shim::file_namespace
