// SPDX-License-Identifier: Apache-2.0
//
// Names of the constants of the calls of the kernel as a whole.
#pragma once

#include <sys/mount.h>
#include <sys/random.h>

#include "shim/syscalls/names/name_table.h"

namespace redoubt::shim::names {

inline constexpr NamedValue kRandomFlagsValues[] = {
    REDOUBT_NAME(GRND_NONBLOCK),
    REDOUBT_NAME(GRND_RANDOM),
    REDOUBT_NAME(GRND_INSECURE),
};
inline constexpr NameTable kRandomFlags = table_of(kRandomFlagsValues);

inline constexpr NamedValue kUnmountFlagsValues[] = {
    REDOUBT_NAME(MNT_FORCE),
    REDOUBT_NAME(MNT_DETACH),
    REDOUBT_NAME(MNT_EXPIRE),
    REDOUBT_NAME(UMOUNT_NOFOLLOW),
};
inline constexpr NameTable kUnmountFlags = table_of(kUnmountFlagsValues);

}  // namespace redoubt::shim::names
