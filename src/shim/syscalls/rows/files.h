// SPDX-License-Identifier: Apache-2.0
//
// Rows of the calls that name files by path: open, stat, links, directories, ownership, times, extended attributes.
// Those that can meet /proc/self and the program's own executable are handled by files/; the others pass until volumes
// give paths a second meaning.
#pragma once

#include "shim/syscalls/names/files.h"
#include "shim/syscalls/rows/dsl.h"

namespace redoubt::shim::rows {

// clang-format off
constexpr Row kFileRows[] = {
    // ---- opening ----
    handled(nr::open, "open", sys_open, "paths into /proc lead to the program, not to the runtime", kFd,
            path(), flags("flags", kOpenFlags), mode()),
    handled(nr::openat, "openat", sys_openat, "paths into /proc lead to the program, not to the runtime", kFd,
            dirfd(), path(), flags("flags", kOpenFlags), mode()),
    handled(nr::openat2, "openat2", sys_openat2, "paths into /proc lead to the program, not to the runtime", kFd,
            dirfd(), path(), sized_in("how", 3), size("size")),
    handled(nr::creat, "creat", sys_creat, "is open(2) with O_CREAT|O_WRONLY|O_TRUNC", kFd, path(), mode()),
    refused(nr::name_to_handle_at, "name_to_handle_at", EOPNOTSUPP,
            "a handle opens a file past every path rule; answers as a file system without handles",
            dirfd(), path(), inout("handle", 8), out("mount_id", 4, kInt32), flags("flags", kAtFlags)),
    refused(nr::open_by_handle_at, "open_by_handle_at", EPERM, "opens a file past every path rule",
            fd("mount_fd"), in("handle", 8), flags("flags", kOpenFlags)),

    // ---- metadata ----
    handled(nr::stat, "stat", sys_stat, "/proc/self/exe is the program's file", kInt,
            path(), out("statbuf", 144, kStat)),
    handled(nr::lstat, "lstat", sys_lstat, "/proc/self/exe is the program's file", kInt,
            path(), out("statbuf", 144, kStat)),
    handled(nr::newfstatat, "newfstatat", sys_newfstatat, "/proc/self/exe is the program's file", kInt,
            dirfd(), path(), out("statbuf", 144, kStat), flags("flags", kAtFlags)),
    handled(nr::statx, "statx", sys_statx, "/proc/self/exe is the program's file", kInt,
            dirfd(), path(), flags("flags", kAtFlags), flags("mask", kStatxMasks), out("statxbuf", 256)),
    handled(nr::access, "access", sys_access, "/proc/self/exe is the program's file", kInt,
            path(), flags("mode", kAccessModes)),
    handled(nr::faccessat, "faccessat", sys_faccessat, "/proc/self/exe is the program's file", kInt,
            dirfd(), path(), flags("mode", kAccessModes)),
    handled(nr::faccessat2, "faccessat2", sys_faccessat2, "/proc/self/exe is the program's file", kInt,
            dirfd(), path(), flags("mode", kAccessModes), flags("flags", kAccessFlags)),
    passed(nr::statfs, "statfs", "describes the host's file system: numbers only", kInt, path(), out("buf", 120)),
    passed(nr::ustat, "ustat", "describes the host's file system: numbers only", kInt,
           word("dev"), out("ubuf", 32)),
    handled(nr::readlink, "readlink", sys_readlink, "/proc/self/exe and its kin name the program", kSize,
            path(), bytes_out("buf", 2), size("bufsiz")),
    handled(nr::readlinkat, "readlinkat", sys_readlinkat, "/proc/self/exe and its kin name the program", kSize,
            dirfd(), path(), bytes_out("buf", 3), size("bufsiz")),
    refused(nr::file_getattr, "file_getattr", ENOSYS, reason::kTooNew,
            dirfd(), path(), sized_out("ufattr", 3), size("usize"), flags("at_flags", kAtFlags)),
    refused(nr::file_setattr, "file_setattr", ENOSYS, reason::kTooNew,
            dirfd(), path(), sized_in("ufattr", 3), size("usize"), flags("at_flags", kAtFlags)),

    // ---- names ----
    passed(nr::rename, "rename", reason::kClearNames, kInt, path("oldpath"), path("newpath")),
    passed(nr::renameat, "renameat", reason::kClearNames, kInt,
           dirfd("olddirfd"), path("oldpath"), dirfd("newdirfd"), path("newpath")),
    passed(nr::renameat2, "renameat2", reason::kClearNames, kInt,
           dirfd("olddirfd"), path("oldpath"), dirfd("newdirfd"), path("newpath"), flags("flags", kRenameFlags)),
    passed(nr::link, "link", reason::kClearNames, kInt, path("oldpath"), path("newpath")),
    passed(nr::linkat, "linkat", reason::kClearNames, kInt,
           dirfd("olddirfd"), path("oldpath"), dirfd("newdirfd"), path("newpath"), flags("flags", kAtFlags)),
    passed(nr::symlink, "symlink", reason::kClearNames, kInt, string("target"), path("linkpath")),
    passed(nr::symlinkat, "symlinkat", reason::kClearNames, kInt,
           string("target"), dirfd("newdirfd"), path("linkpath")),
    passed(nr::unlink, "unlink", reason::kClearNames, kInt, path()),
    passed(nr::unlinkat, "unlinkat", reason::kClearNames, kInt, dirfd(), path(), flags("flags", kAtFlags)),
    passed(nr::mkdir, "mkdir", reason::kClearNames, kInt, path(), mode()),
    passed(nr::mkdirat, "mkdirat", reason::kClearNames, kInt, dirfd(), path(), mode()),
    passed(nr::rmdir, "rmdir", reason::kClearNames, kInt, path()),
    passed(nr::mknod, "mknod", reason::kClearNames, kInt, path(), mode(), word("dev")),
    passed(nr::mknodat, "mknodat", reason::kClearNames, kInt, dirfd(), path(), mode(), word("dev")),

    // ---- where paths start ----
    passed(nr::getcwd, "getcwd", reason::kClearNames, kSize, bytes_out("buf", 1), size("size")),
    passed(nr::chdir, "chdir", reason::kClearNames, kInt, path()),
    passed(nr::fchdir, "fchdir", "a descriptor number only", kInt, fd()),
    passed(nr::chroot, "chroot", "the shim holds open what it needs from outside the new root", kInt, path()),
    passed(nr::umask, "umask", "permission bits only", kMode, mode("mask")),

    // ---- size, ownership, times ----
    passed(nr::truncate, "truncate", "a path and a length; the bytes it drops stay where they are", kInt,
           path(), offset("length")),
    passed(nr::chmod, "chmod", reason::kClearNames, kInt, path(), mode()),
    passed(nr::fchmodat, "fchmodat", reason::kClearNames, kInt, dirfd(), path(), mode()),
    passed(nr::fchmodat2, "fchmodat2", reason::kClearNames, kInt,
           dirfd(), path(), mode(), flags("flags", kAtFlags)),
    passed(nr::chown, "chown", reason::kClearNames, kInt, path(), uid("owner"), uid("group")),
    passed(nr::lchown, "lchown", reason::kClearNames, kInt, path(), uid("owner"), uid("group")),
    passed(nr::fchownat, "fchownat", reason::kClearNames, kInt,
           dirfd(), path(), uid("owner"), uid("group"), flags("flags", kAtFlags)),
    passed(nr::utime, "utime", reason::kClearNames, kInt, path(), in("times", 16)),
    passed(nr::utimes, "utimes", reason::kClearNames, kInt, path(), in("times", 32)),
    passed(nr::futimesat, "futimesat", reason::kClearNames, kInt, dirfd(), path(), in("times", 32)),
    passed(nr::utimensat, "utimensat", reason::kClearNames, kInt,
           dirfd(), path(), in("times", 32), flags("flags", kAtFlags)),

    // ---- extended attributes ----
    passed(nr::setxattr, "setxattr", reason::kClearAttributes, kInt,
           path("path"), string("name"), bytes_in("value", 3), size("size"), flags("flags", kXattrFlags)),
    passed(nr::lsetxattr, "lsetxattr", reason::kClearAttributes, kInt,
           path("path"), string("name"), bytes_in("value", 3), size("size"), flags("flags", kXattrFlags)),
    passed(nr::fsetxattr, "fsetxattr", reason::kClearAttributes, kInt,
           fd(), string("name"), bytes_in("value", 3), size("size"), flags("flags", kXattrFlags)),
    passed(nr::getxattr, "getxattr", reason::kClearAttributes, kSize,
           path("path"), string("name"), bytes_out("value", 3), size("size")),
    passed(nr::lgetxattr, "lgetxattr", reason::kClearAttributes, kSize,
           path("path"), string("name"), bytes_out("value", 3), size("size")),
    passed(nr::fgetxattr, "fgetxattr", reason::kClearAttributes, kSize,
           fd(), string("name"), bytes_out("value", 3), size("size")),
    passed(nr::listxattr, "listxattr", reason::kClearAttributes, kSize,
           path("path"), bytes_out("list", 2), size("size")),
    passed(nr::llistxattr, "llistxattr", reason::kClearAttributes, kSize,
           path("path"), bytes_out("list", 2), size("size")),
    passed(nr::flistxattr, "flistxattr", reason::kClearAttributes, kSize,
           fd(), bytes_out("list", 2), size("size")),
    passed(nr::removexattr, "removexattr", reason::kClearAttributes, kInt, path("path"), string("name")),
    passed(nr::lremovexattr, "lremovexattr", reason::kClearAttributes, kInt, path("path"), string("name")),
    passed(nr::fremovexattr, "fremovexattr", reason::kClearAttributes, kInt, fd(), string("name")),
    // The value's address hides in struct xattr_args. The four are new together, so they are refused together.
    refused(nr::setxattrat, "setxattrat", ENOSYS, reason::kTooNew,
            dirfd(), path(), flags("at_flags", kAtFlags), string("name"), sized_in("uargs", 5), size("usize")),
    refused(nr::getxattrat, "getxattrat", ENOSYS, reason::kTooNew,
            dirfd(), path(), flags("at_flags", kAtFlags), string("name"), sized_in("uargs", 5), size("usize")),
    refused(nr::listxattrat, "listxattrat", ENOSYS, reason::kTooNew,
            dirfd(), path(), flags("at_flags", kAtFlags), bytes_out("list", 4), size("size")),
    refused(nr::removexattrat, "removexattrat", ENOSYS, reason::kTooNew,
            dirfd(), path(), flags("at_flags", kAtFlags), string("name")),

    // ---- watching ----
    passed(nr::inotify_init, "inotify_init", "makes a descriptor", kFd),
    passed(nr::inotify_init1, "inotify_init1", "makes a descriptor", kFd, flags("flags", kInotifyFlags)),
    passed(nr::inotify_add_watch, "inotify_add_watch", reason::kClearNames, kInt,
           fd(), path(), flags("mask", kInotifyEvents)),
    passed(nr::inotify_rm_watch, "inotify_rm_watch", "numbers only", kInt, fd(), integer("wd")),
    refused(nr::fanotify_init, "fanotify_init", EPERM, "watches and delays other processes' file accesses",
            uint("flags"), flags("event_f_flags", kOpenFlags)),
    refused(nr::fanotify_mark, "fanotify_mark", EPERM, "watches and delays other processes' file accesses",
            fd("fanotify_fd"), uint("flags"), word("mask"), dirfd(), path()),
};
// clang-format on

}  // namespace redoubt::shim::rows
