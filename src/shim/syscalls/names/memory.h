// SPDX-License-Identifier: Apache-2.0
//
// Names of the constants of memory calls.
#pragma once

#include <linux/memfd.h>
#include <linux/mempolicy.h>
#include <sys/mman.h>

#include "shim/syscalls/names/name_table.h"

namespace redoubt::shim::names {

inline constexpr NamedValue kProtectionsValues[] = {
    REDOUBT_NAME(PROT_NONE), REDOUBT_NAME(PROT_READ),      REDOUBT_NAME(PROT_WRITE),
    REDOUBT_NAME(PROT_EXEC), REDOUBT_NAME(PROT_GROWSDOWN), REDOUBT_NAME(PROT_GROWSUP),
};
inline constexpr NameTable kProtections = table_of(kProtectionsValues);

inline constexpr NamedValue kMapFlagsValues[] = {
    REDOUBT_NAME(MAP_SHARED),    REDOUBT_NAME(MAP_PRIVATE),         REDOUBT_NAME(MAP_SHARED_VALIDATE),
    REDOUBT_NAME(MAP_FIXED),     REDOUBT_NAME(MAP_ANONYMOUS),       REDOUBT_NAME(MAP_32BIT),
    REDOUBT_NAME(MAP_GROWSDOWN), REDOUBT_NAME(MAP_DENYWRITE),       REDOUBT_NAME(MAP_EXECUTABLE),
    REDOUBT_NAME(MAP_LOCKED),    REDOUBT_NAME(MAP_NORESERVE),       REDOUBT_NAME(MAP_POPULATE),
    REDOUBT_NAME(MAP_NONBLOCK),  REDOUBT_NAME(MAP_STACK),           REDOUBT_NAME(MAP_HUGETLB),
    REDOUBT_NAME(MAP_SYNC),      REDOUBT_NAME(MAP_FIXED_NOREPLACE),
};
inline constexpr NameTable kMapFlags = table_of(kMapFlagsValues, MAP_TYPE);

inline constexpr NamedValue kRemapFlagsValues[] = {
    REDOUBT_NAME(MREMAP_MAYMOVE),
    REDOUBT_NAME(MREMAP_FIXED),
    REDOUBT_NAME(MREMAP_DONTUNMAP),
};
inline constexpr NameTable kRemapFlags = table_of(kRemapFlagsValues);

inline constexpr NamedValue kSyncFlagsValues[] = {
    REDOUBT_NAME(MS_ASYNC),
    REDOUBT_NAME(MS_INVALIDATE),
    REDOUBT_NAME(MS_SYNC),
};
inline constexpr NameTable kSyncFlags = table_of(kSyncFlagsValues);

inline constexpr NamedValue kAdviceValues[] = {
    REDOUBT_NAME(MADV_NORMAL),
    REDOUBT_NAME(MADV_RANDOM),
    REDOUBT_NAME(MADV_SEQUENTIAL),
    REDOUBT_NAME(MADV_WILLNEED),
    REDOUBT_NAME(MADV_DONTNEED),
    REDOUBT_NAME(MADV_FREE),
    REDOUBT_NAME(MADV_REMOVE),
    REDOUBT_NAME(MADV_DONTFORK),
    REDOUBT_NAME(MADV_DOFORK),
    REDOUBT_NAME(MADV_MERGEABLE),
    REDOUBT_NAME(MADV_UNMERGEABLE),
    REDOUBT_NAME(MADV_HUGEPAGE),
    REDOUBT_NAME(MADV_NOHUGEPAGE),
    REDOUBT_NAME(MADV_DONTDUMP),
    REDOUBT_NAME(MADV_DODUMP),
    REDOUBT_NAME(MADV_WIPEONFORK),
    REDOUBT_NAME(MADV_KEEPONFORK),
    REDOUBT_NAME(MADV_COLD),
    REDOUBT_NAME(MADV_PAGEOUT),
    REDOUBT_NAME(MADV_POPULATE_READ),
    REDOUBT_NAME(MADV_POPULATE_WRITE),
    {24, "MADV_DONTNEED_LOCKED"},
    {25, "MADV_COLLAPSE"},
    REDOUBT_NAME(MADV_HWPOISON),
};
inline constexpr NameTable kAdvice = table_of(kAdviceValues);

inline constexpr NamedValue kLockAllFlagsValues[] = {
    REDOUBT_NAME(MCL_CURRENT),
    REDOUBT_NAME(MCL_FUTURE),
    REDOUBT_NAME(MCL_ONFAULT),
};
inline constexpr NameTable kLockAllFlags = table_of(kLockAllFlagsValues);

inline constexpr NamedValue kLockFlagsValues[] = {
    REDOUBT_NAME(MLOCK_ONFAULT),
};
inline constexpr NameTable kLockFlags = table_of(kLockFlagsValues);

inline constexpr NamedValue kMemfdFlagsValues[] = {
    REDOUBT_NAME(MFD_CLOEXEC), REDOUBT_NAME(MFD_ALLOW_SEALING), REDOUBT_NAME(MFD_HUGETLB), {8, "MFD_NOEXEC_SEAL"},
    {16, "MFD_EXEC"},
};
inline constexpr NameTable kMemfdFlags = table_of(kMemfdFlagsValues);

inline constexpr NamedValue kMemoryPoliciesValues[] = {
    REDOUBT_NAME(MPOL_DEFAULT),        REDOUBT_NAME(MPOL_PREFERRED),      REDOUBT_NAME(MPOL_BIND),
    REDOUBT_NAME(MPOL_INTERLEAVE),     REDOUBT_NAME(MPOL_LOCAL),          {5, "MPOL_PREFERRED_MANY"},
    {0x2000, "MPOL_F_NUMA_BALANCING"}, {0x4000, "MPOL_F_RELATIVE_NODES"}, {0x8000, "MPOL_F_STATIC_NODES"},
};
inline constexpr NameTable kMemoryPolicies = table_of(kMemoryPoliciesValues, 0xff);

inline constexpr NamedValue kPolicyQueryFlagsValues[] = {
    REDOUBT_NAME(MPOL_F_NODE),
    REDOUBT_NAME(MPOL_F_ADDR),
    REDOUBT_NAME(MPOL_F_MEMS_ALLOWED),
};
inline constexpr NameTable kPolicyQueryFlags = table_of(kPolicyQueryFlagsValues);

inline constexpr NamedValue kMoveFlagsValues[] = {
    REDOUBT_NAME(MPOL_MF_STRICT),
    REDOUBT_NAME(MPOL_MF_MOVE),
    REDOUBT_NAME(MPOL_MF_MOVE_ALL),
};
inline constexpr NameTable kMoveFlags = table_of(kMoveFlagsValues);

}  // namespace redoubt::shim::names
