// SPDX-License-Identifier: Apache-2.0
//
// Rows of the calls that work on open descriptors: reading and writing, copying between descriptors, duplicating and
// closing, locks, fcntl and ioctl, pipes, and the ways to wait for many descriptors at once. Most of what a program
// keeps secret crosses here, so most of these rows wait for a shield.
#pragma once

#include "shim/syscalls/names/files.h"
#include "shim/syscalls/rows/dsl.h"

namespace redoubt::shim::rows {

// clang-format off
constexpr Row kDescriptorRows[] = {
    // ---- reading and writing ----
    passed(nr::read, "read", reason::kClearBytes, kSize, fd(), bytes_out("buf", 2), size("count")),
    passed(nr::write, "write", reason::kClearBytes, kSize, fd(), bytes_in("buf", 2), size("count")),
    passed(nr::pread64, "pread64", reason::kClearFiles, kSize,
           fd(), bytes_out("buf", 2), size("count"), offset("offset")),
    passed(nr::pwrite64, "pwrite64", reason::kClearFiles, kSize,
           fd(), bytes_in("buf", 2), size("count"), offset("offset")),
    passed(nr::readv, "readv", reason::kClearBytes, kSize, fd(), iovec("iov", kOut, 2), integer("iovcnt")),
    passed(nr::writev, "writev", reason::kClearBytes, kSize, fd(), iovec("iov", kIn, 2), integer("iovcnt")),
    passed(nr::preadv, "preadv", reason::kClearFiles, kSize,
           fd(), iovec("iov", kOut, 2), integer("iovcnt"), offset("pos_l"), word("pos_h")),
    passed(nr::pwritev, "pwritev", reason::kClearFiles, kSize,
           fd(), iovec("iov", kIn, 2), integer("iovcnt"), offset("pos_l"), word("pos_h")),
    passed(nr::preadv2, "preadv2", reason::kClearBytes, kSize,
           fd(), iovec("iov", kOut, 2), integer("iovcnt"), offset("pos_l"), word("pos_h"),
           flags("flags", kReadWriteFlags)),
    passed(nr::pwritev2, "pwritev2", reason::kClearBytes, kSize,
           fd(), iovec("iov", kIn, 2), integer("iovcnt"), offset("pos_l"), word("pos_h"),
           flags("flags", kReadWriteFlags)),
    passed(nr::lseek, "lseek", "positions only; the order of accesses is visible anyway", kSize,
           fd(), offset("offset"), choice("whence", kSeekOrigins)),
    handled(nr::getdents, "getdents", sys_getdents, "listings in /proc show the program's side", kSize,
            fd(), bytes_out("dirp", 2), uint("count")),
    handled(nr::getdents64, "getdents64", sys_getdents64, "listings in /proc show the program's side", kSize,
            fd(), bytes_out("dirp", 2), uint("count")),

    // ---- from descriptor to descriptor, without the bytes passing through the program ----
    passed(nr::sendfile, "sendfile", reason::kClearBytes, kSize,
           fd("out_fd"), fd("in_fd"), inout("offset", 8, kInt64), size("count")),
    passed(nr::copy_file_range, "copy_file_range", reason::kClearFiles, kSize,
           fd("fd_in"), inout("off_in", 8, kInt64), fd("fd_out"), inout("off_out", 8, kInt64), size("len"),
           uint("flags")),
    passed(nr::splice, "splice", reason::kClearBytes, kSize,
           fd("fd_in"), inout("off_in", 8, kInt64), fd("fd_out"), inout("off_out", 8, kInt64), size("len"),
           flags("flags", kSpliceFlags)),
    passed(nr::tee, "tee", reason::kClearPipes, kSize,
           fd("fd_in"), fd("fd_out"), size("len"), flags("flags", kSpliceFlags)),
    // Reads the memory when fd is the write end of a pipe, fills it when it is the read end.
    passed(nr::vmsplice, "vmsplice", reason::kClearPipes, kSize,
           fd(), iovec("iov", kInOut, 2), size("nr_segs"), flags("flags", kSpliceFlags)),

    // ---- state of a descriptor and of the file behind it ----
    passed(nr::fstat, "fstat", "metadata of an open file: numbers only", kInt, fd(), out("statbuf", 144, kStat)),
    passed(nr::fstatfs, "fstatfs", "describes the host's file system: numbers only", kInt, fd(), out("buf", 120)),
    passed(nr::fchmod, "fchmod", "permission bits only", kInt, fd(), mode()),
    passed(nr::fchown, "fchown", "numbers only", kInt, fd(), uid("owner"), uid("group")),
    passed(nr::ftruncate, "ftruncate", "a length; the bytes it drops stay where they are", kInt,
           fd(), offset("length")),
    passed(nr::fallocate, "fallocate", "a range; holes read as zeros and the bytes dropped stay where they are", kInt,
           fd(), flags("mode", kFallocateModes), offset("offset"), offset("len")),
    passed(nr::fadvise64, "fadvise64", "a hint about a range", kInt,
           fd(), offset("offset"), offset("len"), choice("advice", kFileAdvice)),
    passed(nr::readahead, "readahead", "a hint about a range", kInt, fd(), offset("offset"), size("count")),
    passed(nr::cachestat, "cachestat", "counts pages of the host's cache", kInt,
           fd(), in("cstat_range", 16), out("cstat", 40), uint("flags")),
    passed(nr::sync, "sync", "the host writes out what it has; no arguments", kNone),
    passed(nr::syncfs, "syncfs", "a descriptor number only", kInt, fd()),
    passed(nr::fsync, "fsync", "a descriptor number only", kInt, fd()),
    passed(nr::fdatasync, "fdatasync", "a descriptor number only", kInt, fd()),
    passed(nr::sync_file_range, "sync_file_range", "a range of the host's cache", kInt,
           fd(), offset("offset"), offset("nbytes"), flags("flags", kSyncRangeFlags)),
    passed(nr::flock, "flock", "lock state only", kInt, fd(), flags("operation", kLockOperations)),
    handled(nr::fcntl, "fcntl", sys_by_command, "known commands pass, others are unknown (fcntl.cc)", kInt,
            fd(), command("cmd", kFcntlCommands), unbounded("arg")),
    handled(nr::ioctl, "ioctl", sys_by_command, "known commands pass, others are unknown (ioctl.cc)", kInt,
            fd(), command("request", kIoctlCommands), unbounded("argp")),

    // ---- the descriptor table ----
    passed(nr::close, "close", "shields let go of what the number was", kInt, fd()),
    handled(nr::close_range, "close_range", sys_close_range, "must spare the shim's own descriptors", kInt,
            uint("first"), uint("last"), flags("flags", kCloseRangeFlags)),
    passed(nr::dup, "dup", "shields follow the new number", kFd, fd("oldfd")),
    handled(nr::dup2, "dup2", sys_dup2, "must spare the shim's own descriptors", kFd, fd("oldfd"), fd("newfd")),
    handled(nr::dup3, "dup3", sys_dup3, "must spare the shim's own descriptors", kFd,
            fd("oldfd"), fd("newfd"), flags("flags", kPipeFlags)),
    passed(nr::pipe, "pipe", "makes two descriptors", kInt, out("pipefd", 8, kIntPair)),
    passed(nr::pipe2, "pipe2", "makes two descriptors", kInt,
           out("pipefd", 8, kIntPair), flags("flags", kPipeFlags)),
    passed(nr::eventfd, "eventfd", "a counter, made of numbers", kFd, uint("initval")),
    passed(nr::eventfd2, "eventfd2", "a counter, made of numbers", kFd,
           uint("initval"), flags("flags", kEventfdFlags)),

    // ---- waiting for descriptors ----
    passed(nr::poll, "poll", reason::kWaiting, kInt,
           array("fds", kInOut, 1, 8, kPollfds), uint("nfds"), integer("timeout")),
    passed(nr::select, "select", reason::kWaiting, kInt,
           integer("nfds"), bits("readfds", kInOut, 0, kFdset), bits("writefds", kInOut, 0, kFdset),
           bits("exceptfds", kInOut, 0, kFdset), inout("timeout", 16, kTimeval)),
    handled(nr::ppoll, "ppoll", sys_ppoll, "swaps the signal mask, which is the shim's to keep", kInt,
            array("fds", kInOut, 1, 8, kPollfds), uint("nfds"), inout("tmo_p", 16, kTimespec),
            in("sigmask", 8, kSigset), size("sigsetsize")),
    // The sixth argument is a pointer to {const sigset_t*, size_t}.
    handled(nr::pselect6, "pselect6", sys_pselect6, "swaps the signal mask, which is the shim's to keep", kInt,
            integer("nfds"), bits("readfds", kInOut, 0, kFdset), bits("writefds", kInOut, 0, kFdset),
            bits("exceptfds", kInOut, 0, kFdset), inout("timeout", 16, kTimespec), in("sigmask", 16)),
    passed(nr::epoll_create, "epoll_create", "makes a descriptor", kFd, integer("size")),
    passed(nr::epoll_create1, "epoll_create1", "makes a descriptor", kFd, flags("flags", kEpollCreateFlags)),
    passed(nr::epoll_ctl, "epoll_ctl", reason::kWaiting, kInt,
           fd("epfd"), choice("op", kEpollOperations), fd(), in("event", 12)),
    passed(nr::epoll_wait, "epoll_wait", reason::kWaiting, kInt,
           fd("epfd"), array_out("events", 2, 12, kEpollEvents), integer("maxevents"), integer("timeout")),
    handled(nr::epoll_pwait, "epoll_pwait", sys_epoll_pwait, "swaps the signal mask, which is the shim's to keep", kInt,
            fd("epfd"), array_out("events", 2, 12, kEpollEvents), integer("maxevents"), integer("timeout"),
            in("sigmask", 8, kSigset), size("sigsetsize")),
    handled(nr::epoll_pwait2, "epoll_pwait2", sys_epoll_pwait2, "swaps the signal mask, which is the shim's to keep",
            kInt, fd("epfd"), array_out("events", 2, 12, kEpollEvents), integer("maxevents"),
            in("timeout", 16, kTimespec), in("sigmask", 8, kSigset), size("sigsetsize")),
    refused(nr::epoll_ctl_old, "epoll_ctl_old", ENOSYS, reason::kRemoved),
    refused(nr::epoll_wait_old, "epoll_wait_old", ENOSYS, reason::kRemoved),

    // ---- requests that the kernel works on by itself ----
    refused(nr::io_setup, "io_setup", ENOSYS, reason::kNativeAio, uint("nr_events"), inout("ctx_idp", 8, kInt64)),
    refused(nr::io_destroy, "io_destroy", ENOSYS, reason::kNativeAio, word("ctx_id")),
    refused(nr::io_getevents, "io_getevents", ENOSYS, reason::kNativeAio,
            word("ctx_id"), word("min_nr"), word("nr"), array_out("events", 2, 32), in("timeout", 16, kTimespec)),
    refused(nr::io_pgetevents, "io_pgetevents", ENOSYS, reason::kNativeAio,
            word("ctx_id"), word("min_nr"), word("nr"), array_out("events", 2, 32), in("timeout", 16, kTimespec),
            in("usig", 16)),
    refused(nr::io_submit, "io_submit", ENOSYS, reason::kNativeAio,
            word("ctx_id"), word("nr"), array("iocbpp", kIn, 1, 8)),
    refused(nr::io_cancel, "io_cancel", ENOSYS, reason::kNativeAio, word("ctx_id"), in("iocb", 64), out("result", 32)),
    refused(nr::io_uring_setup, "io_uring_setup", ENOSYS, reason::kRing, uint("entries"), inout("params", 120)),
    refused(nr::io_uring_enter, "io_uring_enter", ENOSYS, reason::kRing,
            uint("fd"), uint("to_submit"), uint("min_complete"), uint("flags"), unbounded("argp"), size("argsz")),
    refused(nr::io_uring_register, "io_uring_register", ENOSYS, reason::kRing,
            uint("fd"), uint("opcode"), unbounded("arg"), uint("nr_args")),
};
// clang-format on

}  // namespace redoubt::shim::rows
