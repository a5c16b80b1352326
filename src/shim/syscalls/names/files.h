// SPDX-License-Identifier: Apache-2.0
//
// Names of the constants of path and descriptor calls.
#pragma once

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "shim/syscalls/names/name_table.h"

namespace redoubt::shim::names {

// glibc defines O_LARGEFILE as 0 on x86-64, so the kernel's value is written out.
inline constexpr NamedValue kOpenFlagsValues[] = {
    REDOUBT_NAME(O_RDONLY),   REDOUBT_NAME(O_WRONLY),  REDOUBT_NAME(O_RDWR),     REDOUBT_NAME(O_SYNC),
    REDOUBT_NAME(O_DSYNC),    REDOUBT_NAME(O_TMPFILE), REDOUBT_NAME(O_CREAT),    REDOUBT_NAME(O_EXCL),
    REDOUBT_NAME(O_NOCTTY),   REDOUBT_NAME(O_TRUNC),   REDOUBT_NAME(O_APPEND),   REDOUBT_NAME(O_NONBLOCK),
    REDOUBT_NAME(O_ASYNC),    REDOUBT_NAME(O_DIRECT),  {0100000, "O_LARGEFILE"}, REDOUBT_NAME(O_DIRECTORY),
    REDOUBT_NAME(O_NOFOLLOW), REDOUBT_NAME(O_NOATIME), REDOUBT_NAME(O_CLOEXEC),  REDOUBT_NAME(O_PATH),
};
inline constexpr NameTable kOpenFlags = table_of(kOpenFlagsValues, O_ACCMODE);

inline constexpr NamedValue kAtFlagsValues[] = {
    REDOUBT_NAME(AT_SYMLINK_NOFOLLOW), REDOUBT_NAME(AT_REMOVEDIR),  REDOUBT_NAME(AT_SYMLINK_FOLLOW),
    REDOUBT_NAME(AT_NO_AUTOMOUNT),     REDOUBT_NAME(AT_EMPTY_PATH), REDOUBT_NAME(AT_STATX_FORCE_SYNC),
    REDOUBT_NAME(AT_STATX_DONT_SYNC),  REDOUBT_NAME(AT_RECURSIVE),
};
inline constexpr NameTable kAtFlags = table_of(kAtFlagsValues);

// AT_EACCESS and AT_REMOVEDIR are the same bit.
inline constexpr NamedValue kAccessFlagsValues[] = {
    REDOUBT_NAME(AT_SYMLINK_NOFOLLOW),
    REDOUBT_NAME(AT_EACCESS),
    REDOUBT_NAME(AT_EMPTY_PATH),
};
inline constexpr NameTable kAccessFlags = table_of(kAccessFlagsValues);

inline constexpr NamedValue kAccessModesValues[] = {
    REDOUBT_NAME(F_OK),
    REDOUBT_NAME(R_OK),
    REDOUBT_NAME(W_OK),
    REDOUBT_NAME(X_OK),
};
inline constexpr NameTable kAccessModes = table_of(kAccessModesValues);

inline constexpr NamedValue kStatxMasksValues[] = {
    {0xfff, "STATX_ALL"},         REDOUBT_NAME(STATX_BASIC_STATS), REDOUBT_NAME(STATX_TYPE),
    REDOUBT_NAME(STATX_MODE),     REDOUBT_NAME(STATX_NLINK),       REDOUBT_NAME(STATX_UID),
    REDOUBT_NAME(STATX_GID),      REDOUBT_NAME(STATX_ATIME),       REDOUBT_NAME(STATX_MTIME),
    REDOUBT_NAME(STATX_CTIME),    REDOUBT_NAME(STATX_INO),         REDOUBT_NAME(STATX_SIZE),
    REDOUBT_NAME(STATX_BLOCKS),   REDOUBT_NAME(STATX_BTIME),       REDOUBT_NAME(STATX_MNT_ID),
    REDOUBT_NAME(STATX_DIOALIGN),
};
inline constexpr NameTable kStatxMasks = table_of(kStatxMasksValues);

inline constexpr NamedValue kRenameFlagsValues[] = {
    REDOUBT_NAME(RENAME_NOREPLACE),
    REDOUBT_NAME(RENAME_EXCHANGE),
    REDOUBT_NAME(RENAME_WHITEOUT),
};
inline constexpr NameTable kRenameFlags = table_of(kRenameFlagsValues);

inline constexpr NamedValue kXattrFlagsValues[] = {
    REDOUBT_NAME(XATTR_CREATE),
    REDOUBT_NAME(XATTR_REPLACE),
};
inline constexpr NameTable kXattrFlags = table_of(kXattrFlagsValues);

inline constexpr NamedValue kSeekOriginsValues[] = {
    REDOUBT_NAME(SEEK_SET),  REDOUBT_NAME(SEEK_CUR),  REDOUBT_NAME(SEEK_END),
    REDOUBT_NAME(SEEK_DATA), REDOUBT_NAME(SEEK_HOLE),
};
inline constexpr NameTable kSeekOrigins = table_of(kSeekOriginsValues);

inline constexpr NamedValue kLockOperationsValues[] = {
    {4, "LOCK_NB"},
    {1, "LOCK_SH"},
    {2, "LOCK_EX"},
    {8, "LOCK_UN"},
};
inline constexpr NameTable kLockOperations = table_of(kLockOperationsValues);

inline constexpr NamedValue kFallocateModesValues[] = {
    REDOUBT_NAME(FALLOC_FL_KEEP_SIZE),  REDOUBT_NAME(FALLOC_FL_PUNCH_HOLE),   REDOUBT_NAME(FALLOC_FL_COLLAPSE_RANGE),
    REDOUBT_NAME(FALLOC_FL_ZERO_RANGE), REDOUBT_NAME(FALLOC_FL_INSERT_RANGE), REDOUBT_NAME(FALLOC_FL_UNSHARE_RANGE),
};
inline constexpr NameTable kFallocateModes = table_of(kFallocateModesValues);

inline constexpr NamedValue kFileAdviceValues[] = {
    REDOUBT_NAME(POSIX_FADV_NORMAL),   REDOUBT_NAME(POSIX_FADV_RANDOM),   REDOUBT_NAME(POSIX_FADV_SEQUENTIAL),
    REDOUBT_NAME(POSIX_FADV_WILLNEED), REDOUBT_NAME(POSIX_FADV_DONTNEED), REDOUBT_NAME(POSIX_FADV_NOREUSE),
};
inline constexpr NameTable kFileAdvice = table_of(kFileAdviceValues);

inline constexpr NamedValue kSyncRangeFlagsValues[] = {
    REDOUBT_NAME(SYNC_FILE_RANGE_WAIT_BEFORE),
    REDOUBT_NAME(SYNC_FILE_RANGE_WRITE),
    REDOUBT_NAME(SYNC_FILE_RANGE_WAIT_AFTER),
};
inline constexpr NameTable kSyncRangeFlags = table_of(kSyncRangeFlagsValues);

inline constexpr NamedValue kSpliceFlagsValues[] = {
    REDOUBT_NAME(SPLICE_F_MOVE),
    REDOUBT_NAME(SPLICE_F_NONBLOCK),
    REDOUBT_NAME(SPLICE_F_MORE),
    REDOUBT_NAME(SPLICE_F_GIFT),
};
inline constexpr NameTable kSpliceFlags = table_of(kSpliceFlagsValues);

inline constexpr NamedValue kReadWriteFlagsValues[] = {
    REDOUBT_NAME(RWF_HIPRI),  REDOUBT_NAME(RWF_DSYNC),  REDOUBT_NAME(RWF_SYNC),
    REDOUBT_NAME(RWF_NOWAIT), REDOUBT_NAME(RWF_APPEND),
};
inline constexpr NameTable kReadWriteFlags = table_of(kReadWriteFlagsValues);

inline constexpr NamedValue kPipeFlagsValues[] = {
    REDOUBT_NAME(O_CLOEXEC),
    REDOUBT_NAME(O_NONBLOCK),
    REDOUBT_NAME(O_DIRECT),
};
inline constexpr NameTable kPipeFlags = table_of(kPipeFlagsValues);

inline constexpr NamedValue kCloseRangeFlagsValues[] = {
    {2, "CLOSE_RANGE_UNSHARE"},
    {4, "CLOSE_RANGE_CLOEXEC"},
};
inline constexpr NameTable kCloseRangeFlags = table_of(kCloseRangeFlagsValues);

inline constexpr NamedValue kEpollOperationsValues[] = {
    REDOUBT_NAME(EPOLL_CTL_ADD),
    REDOUBT_NAME(EPOLL_CTL_DEL),
    REDOUBT_NAME(EPOLL_CTL_MOD),
};
inline constexpr NameTable kEpollOperations = table_of(kEpollOperationsValues);

// Also the bits of poll(2), whose names differ only in the letter E.
inline constexpr NamedValue kEpollEventsValues[] = {
    REDOUBT_NAME(EPOLLIN),     REDOUBT_NAME(EPOLLPRI),     REDOUBT_NAME(EPOLLOUT),    REDOUBT_NAME(EPOLLERR),
    REDOUBT_NAME(EPOLLHUP),    REDOUBT_NAME(EPOLLRDNORM),  REDOUBT_NAME(EPOLLRDBAND), REDOUBT_NAME(EPOLLWRNORM),
    REDOUBT_NAME(EPOLLWRBAND), REDOUBT_NAME(EPOLLMSG),     REDOUBT_NAME(EPOLLRDHUP),  REDOUBT_NAME(EPOLLEXCLUSIVE),
    REDOUBT_NAME(EPOLLWAKEUP), REDOUBT_NAME(EPOLLONESHOT), REDOUBT_NAME(EPOLLET),
};
inline constexpr NameTable kEpollEvents = table_of(kEpollEventsValues);

inline constexpr NamedValue kEpollCreateFlagsValues[] = {
    REDOUBT_NAME(EPOLL_CLOEXEC),
};
inline constexpr NameTable kEpollCreateFlags = table_of(kEpollCreateFlagsValues);

inline constexpr NamedValue kEventfdFlagsValues[] = {
    REDOUBT_NAME(EFD_SEMAPHORE),
    REDOUBT_NAME(EFD_CLOEXEC),
    REDOUBT_NAME(EFD_NONBLOCK),
};
inline constexpr NameTable kEventfdFlags = table_of(kEventfdFlagsValues);

inline constexpr NamedValue kTimerfdFlagsValues[] = {
    REDOUBT_NAME(TFD_CLOEXEC),
    REDOUBT_NAME(TFD_NONBLOCK),
};
inline constexpr NameTable kTimerfdFlags = table_of(kTimerfdFlagsValues);

inline constexpr NamedValue kTimerfdSetFlagsValues[] = {
    REDOUBT_NAME(TFD_TIMER_ABSTIME),
    REDOUBT_NAME(TFD_TIMER_CANCEL_ON_SET),
};
inline constexpr NameTable kTimerfdSetFlags = table_of(kTimerfdSetFlagsValues);

inline constexpr NamedValue kInotifyFlagsValues[] = {
    REDOUBT_NAME(IN_CLOEXEC),
    REDOUBT_NAME(IN_NONBLOCK),
};
inline constexpr NameTable kInotifyFlags = table_of(kInotifyFlagsValues);

inline constexpr NamedValue kInotifyEventsValues[] = {
    REDOUBT_NAME(IN_ALL_EVENTS),  REDOUBT_NAME(IN_MOVE),          REDOUBT_NAME(IN_CLOSE),
    REDOUBT_NAME(IN_ACCESS),      REDOUBT_NAME(IN_MODIFY),        REDOUBT_NAME(IN_ATTRIB),
    REDOUBT_NAME(IN_CLOSE_WRITE), REDOUBT_NAME(IN_CLOSE_NOWRITE), REDOUBT_NAME(IN_OPEN),
    REDOUBT_NAME(IN_MOVED_FROM),  REDOUBT_NAME(IN_MOVED_TO),      REDOUBT_NAME(IN_CREATE),
    REDOUBT_NAME(IN_DELETE),      REDOUBT_NAME(IN_DELETE_SELF),   REDOUBT_NAME(IN_MOVE_SELF),
    REDOUBT_NAME(IN_ONLYDIR),     REDOUBT_NAME(IN_DONT_FOLLOW),   REDOUBT_NAME(IN_EXCL_UNLINK),
    REDOUBT_NAME(IN_MASK_CREATE), REDOUBT_NAME(IN_MASK_ADD),      REDOUBT_NAME(IN_ISDIR),
    REDOUBT_NAME(IN_ONESHOT),
};
inline constexpr NameTable kInotifyEvents = table_of(kInotifyEventsValues);

inline constexpr NamedValue kDescriptorFlagsValues[] = {
    REDOUBT_NAME(FD_CLOEXEC),
};
inline constexpr NameTable kDescriptorFlags = table_of(kDescriptorFlagsValues);

}  // namespace redoubt::shim::names
