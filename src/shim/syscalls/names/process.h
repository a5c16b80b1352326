// SPDX-License-Identifier: Apache-2.0
//
// Names of the constants of process, thread and scheduling calls.
#pragma once

#include <asm/prctl.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <sched.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "shim/syscalls/names/name_table.h"

namespace redoubt::shim::names {

// The low byte is the signal that the parent gets when the child ends.
inline constexpr NamedValue kCloneFlagsValues[] = {
    {17, "SIGCHLD"},
    REDOUBT_NAME(CLONE_VM),
    REDOUBT_NAME(CLONE_FS),
    REDOUBT_NAME(CLONE_FILES),
    REDOUBT_NAME(CLONE_SIGHAND),
    REDOUBT_NAME(CLONE_PIDFD),
    REDOUBT_NAME(CLONE_PTRACE),
    REDOUBT_NAME(CLONE_VFORK),
    REDOUBT_NAME(CLONE_PARENT),
    REDOUBT_NAME(CLONE_THREAD),
    REDOUBT_NAME(CLONE_NEWNS),
    REDOUBT_NAME(CLONE_SYSVSEM),
    REDOUBT_NAME(CLONE_SETTLS),
    REDOUBT_NAME(CLONE_PARENT_SETTID),
    REDOUBT_NAME(CLONE_CHILD_CLEARTID),
    REDOUBT_NAME(CLONE_DETACHED),
    REDOUBT_NAME(CLONE_UNTRACED),
    REDOUBT_NAME(CLONE_CHILD_SETTID),
    REDOUBT_NAME(CLONE_NEWCGROUP),
    REDOUBT_NAME(CLONE_NEWUTS),
    REDOUBT_NAME(CLONE_NEWIPC),
    REDOUBT_NAME(CLONE_NEWUSER),
    REDOUBT_NAME(CLONE_NEWPID),
    REDOUBT_NAME(CLONE_NEWNET),
    REDOUBT_NAME(CLONE_IO),
};
inline constexpr NameTable kCloneFlags = table_of(kCloneFlagsValues, 0xff);

// unshare(2) has no signal byte, and puts CLONE_NEWTIME there.
inline constexpr NamedValue kUnshareFlagsValues[] = {
    {0x80, "CLONE_NEWTIME"},       REDOUBT_NAME(CLONE_VM),     REDOUBT_NAME(CLONE_FS),     REDOUBT_NAME(CLONE_FILES),
    REDOUBT_NAME(CLONE_SIGHAND),   REDOUBT_NAME(CLONE_THREAD), REDOUBT_NAME(CLONE_NEWNS),  REDOUBT_NAME(CLONE_SYSVSEM),
    REDOUBT_NAME(CLONE_NEWCGROUP), REDOUBT_NAME(CLONE_NEWUTS), REDOUBT_NAME(CLONE_NEWIPC), REDOUBT_NAME(CLONE_NEWUSER),
    REDOUBT_NAME(CLONE_NEWPID),    REDOUBT_NAME(CLONE_NEWNET),
};
inline constexpr NameTable kUnshareFlags = table_of(kUnshareFlagsValues);

inline constexpr NamedValue kExecFlagsValues[] = {
    {0x100, "AT_SYMLINK_NOFOLLOW"},
    {0x1000, "AT_EMPTY_PATH"},
};
inline constexpr NameTable kExecFlags = table_of(kExecFlagsValues);

inline constexpr NamedValue kWaitOptionsValues[] = {
    REDOUBT_NAME(WNOHANG), REDOUBT_NAME(WUNTRACED),   REDOUBT_NAME(WEXITED), REDOUBT_NAME(WCONTINUED),
    REDOUBT_NAME(WNOWAIT), REDOUBT_NAME(__WNOTHREAD), REDOUBT_NAME(__WALL),  {0x80000000, "__WCLONE"},
};
inline constexpr NameTable kWaitOptions = table_of(kWaitOptionsValues);

inline constexpr NamedValue kWaitIdTypesValues[] = {
    REDOUBT_NAME(P_ALL),
    REDOUBT_NAME(P_PID),
    REDOUBT_NAME(P_PGID),
    REDOUBT_NAME(P_PIDFD),
};
inline constexpr NameTable kWaitIdTypes = table_of(kWaitIdTypesValues);

inline constexpr NamedValue kArchCodesValues[] = {
    REDOUBT_NAME(ARCH_SET_GS),         REDOUBT_NAME(ARCH_SET_FS),         REDOUBT_NAME(ARCH_GET_FS),
    REDOUBT_NAME(ARCH_GET_GS),         REDOUBT_NAME(ARCH_GET_CPUID),      REDOUBT_NAME(ARCH_SET_CPUID),
    REDOUBT_NAME(ARCH_GET_XCOMP_SUPP), REDOUBT_NAME(ARCH_GET_XCOMP_PERM), REDOUBT_NAME(ARCH_REQ_XCOMP_PERM),
    REDOUBT_NAME(ARCH_MAP_VDSO_64),    {0x5001, "ARCH_SHSTK_ENABLE"},     {0x5002, "ARCH_SHSTK_DISABLE"},
    {0x5003, "ARCH_SHSTK_LOCK"},       {0x5004, "ARCH_SHSTK_UNLOCK"},     {0x5005, "ARCH_SHSTK_STATUS"},
};
inline constexpr NameTable kArchCodes = table_of(kArchCodesValues);

inline constexpr NamedValue kFutexOperationsValues[] = {
    REDOUBT_NAME(FUTEX_WAIT),           REDOUBT_NAME(FUTEX_WAKE),        REDOUBT_NAME(FUTEX_FD),
    REDOUBT_NAME(FUTEX_REQUEUE),        REDOUBT_NAME(FUTEX_CMP_REQUEUE), REDOUBT_NAME(FUTEX_WAKE_OP),
    REDOUBT_NAME(FUTEX_LOCK_PI),        REDOUBT_NAME(FUTEX_UNLOCK_PI),   REDOUBT_NAME(FUTEX_TRYLOCK_PI),
    REDOUBT_NAME(FUTEX_WAIT_BITSET),    REDOUBT_NAME(FUTEX_WAKE_BITSET), REDOUBT_NAME(FUTEX_WAIT_REQUEUE_PI),
    REDOUBT_NAME(FUTEX_CMP_REQUEUE_PI), REDOUBT_NAME(FUTEX_LOCK_PI2),    REDOUBT_NAME(FUTEX_PRIVATE_FLAG),
    REDOUBT_NAME(FUTEX_CLOCK_REALTIME),
};
inline constexpr NameTable kFutexOperations = table_of(kFutexOperationsValues, FUTEX_CMD_MASK);

inline constexpr NamedValue kFutexSizesValues[] = {
    {0, "FUTEX2_SIZE_U8"}, {1, "FUTEX2_SIZE_U16"}, {2, "FUTEX2_SIZE_U32"},  {3, "FUTEX2_SIZE_U64"},
    {4, "FUTEX2_NUMA"},    {8, "FUTEX2_MPOL"},     {128, "FUTEX2_PRIVATE"},
};
inline constexpr NameTable kFutexSizes = table_of(kFutexSizesValues, 0x3);

inline constexpr NamedValue kMembarrierCommandsValues[] = {
    REDOUBT_NAME(MEMBARRIER_CMD_QUERY),
    REDOUBT_NAME(MEMBARRIER_CMD_GLOBAL),
    REDOUBT_NAME(MEMBARRIER_CMD_GLOBAL_EXPEDITED),
    REDOUBT_NAME(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED),
    REDOUBT_NAME(MEMBARRIER_CMD_PRIVATE_EXPEDITED),
    REDOUBT_NAME(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED),
    REDOUBT_NAME(MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE),
    REDOUBT_NAME(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE),
    REDOUBT_NAME(MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ),
    REDOUBT_NAME(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ),
    {512, "MEMBARRIER_CMD_GET_REGISTRATIONS"},
};
inline constexpr NameTable kMembarrierCommands = table_of(kMembarrierCommandsValues);

inline constexpr NamedValue kSchedulersValues[] = {
    REDOUBT_NAME(SCHED_OTHER),           REDOUBT_NAME(SCHED_FIFO), REDOUBT_NAME(SCHED_RR),
    REDOUBT_NAME(SCHED_BATCH),           REDOUBT_NAME(SCHED_IDLE), {6, "SCHED_DEADLINE"},
    {0x40000000, "SCHED_RESET_ON_FORK"},
};
inline constexpr NameTable kSchedulers = table_of(kSchedulersValues, 0xff);

inline constexpr NamedValue kPriorityTargetsValues[] = {
    REDOUBT_NAME(PRIO_PROCESS),
    REDOUBT_NAME(PRIO_PGRP),
    REDOUBT_NAME(PRIO_USER),
};
inline constexpr NameTable kPriorityTargets = table_of(kPriorityTargetsValues);

inline constexpr NamedValue kIoPriorityTargetsValues[] = {
    {1, "IOPRIO_WHO_PROCESS"},
    {2, "IOPRIO_WHO_PGRP"},
    {3, "IOPRIO_WHO_USER"},
};
inline constexpr NameTable kIoPriorityTargets = table_of(kIoPriorityTargetsValues);

inline constexpr NamedValue kUsageTargetsValues[] = {
    REDOUBT_NAME(RUSAGE_SELF),
    REDOUBT_NAME(RUSAGE_CHILDREN),
    REDOUBT_NAME(RUSAGE_THREAD),
};
inline constexpr NameTable kUsageTargets = table_of(kUsageTargetsValues);

inline constexpr NamedValue kResourcesValues[] = {
    REDOUBT_NAME(RLIMIT_CPU),      REDOUBT_NAME(RLIMIT_FSIZE),  REDOUBT_NAME(RLIMIT_DATA),
    REDOUBT_NAME(RLIMIT_STACK),    REDOUBT_NAME(RLIMIT_CORE),   REDOUBT_NAME(RLIMIT_RSS),
    REDOUBT_NAME(RLIMIT_NPROC),    REDOUBT_NAME(RLIMIT_NOFILE), REDOUBT_NAME(RLIMIT_MEMLOCK),
    REDOUBT_NAME(RLIMIT_AS),       REDOUBT_NAME(RLIMIT_LOCKS),  REDOUBT_NAME(RLIMIT_SIGPENDING),
    REDOUBT_NAME(RLIMIT_MSGQUEUE), REDOUBT_NAME(RLIMIT_NICE),   REDOUBT_NAME(RLIMIT_RTPRIO),
    REDOUBT_NAME(RLIMIT_RTTIME),
};
inline constexpr NameTable kResources = table_of(kResourcesValues);

inline constexpr NamedValue kPersonalitiesValues[] = {
    REDOUBT_NAME(PER_LINUX),          REDOUBT_NAME(PER_LINUX32),       REDOUBT_NAME(UNAME26),
    REDOUBT_NAME(ADDR_NO_RANDOMIZE),  REDOUBT_NAME(FDPIC_FUNCPTRS),    REDOUBT_NAME(MMAP_PAGE_ZERO),
    REDOUBT_NAME(ADDR_COMPAT_LAYOUT), REDOUBT_NAME(READ_IMPLIES_EXEC), REDOUBT_NAME(ADDR_LIMIT_32BIT),
    REDOUBT_NAME(SHORT_INODE),        REDOUBT_NAME(WHOLE_SECONDS),     REDOUBT_NAME(STICKY_TIMEOUTS),
    REDOUBT_NAME(ADDR_LIMIT_3GB),
};
inline constexpr NameTable kPersonalities = table_of(kPersonalitiesValues, 0xff);

inline constexpr NamedValue kPidfdFlagsValues[] = {
    {04000, "PIDFD_NONBLOCK"},
    {0200, "PIDFD_THREAD"},
};
inline constexpr NameTable kPidfdFlags = table_of(kPidfdFlagsValues);

}  // namespace redoubt::shim::names
