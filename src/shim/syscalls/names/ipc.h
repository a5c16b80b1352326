// SPDX-License-Identifier: Apache-2.0
//
// Names of the constants of System V and POSIX IPC calls. The *ctl commands are in ipc_control.cc.
#pragma once

#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/shm.h>

#include "shim/syscalls/names/name_table.h"

namespace redoubt::shim::names {

inline constexpr NamedValue kGetFlagsValues[] = {
    REDOUBT_NAME(IPC_CREAT),
    REDOUBT_NAME(IPC_EXCL),
    REDOUBT_NAME(IPC_NOWAIT),
};
inline constexpr NameTable kGetFlags = table_of(kGetFlagsValues);

inline constexpr NamedValue kSharedMemoryFlagsValues[] = {
    REDOUBT_NAME(IPC_CREAT),
    REDOUBT_NAME(IPC_EXCL),
    REDOUBT_NAME(SHM_HUGETLB),
    REDOUBT_NAME(SHM_NORESERVE),
};
inline constexpr NameTable kSharedMemoryFlags = table_of(kSharedMemoryFlagsValues);

inline constexpr NamedValue kAttachFlagsValues[] = {
    REDOUBT_NAME(SHM_RDONLY),
    REDOUBT_NAME(SHM_RND),
    REDOUBT_NAME(SHM_REMAP),
    REDOUBT_NAME(SHM_EXEC),
};
inline constexpr NameTable kAttachFlags = table_of(kAttachFlagsValues);

inline constexpr NamedValue kSendFlagsValues[] = {
    REDOUBT_NAME(IPC_NOWAIT),
};
inline constexpr NameTable kSendFlags = table_of(kSendFlagsValues);

inline constexpr NamedValue kReceiveFlagsValues[] = {
    REDOUBT_NAME(IPC_NOWAIT),
    REDOUBT_NAME(MSG_NOERROR),
    REDOUBT_NAME(MSG_EXCEPT),
    {040000, "MSG_COPY"},
};
inline constexpr NameTable kReceiveFlags = table_of(kReceiveFlagsValues);

}  // namespace redoubt::shim::names
