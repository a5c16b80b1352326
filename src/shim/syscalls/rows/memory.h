// SPDX-License-Identifier: Apache-2.0
//
// Rows of the calls that arrange the program's address space. What creates, moves or drops mappings is handled by
// memory/, which keeps the program off the runtime's own pages; what only advises or asks passes.
#pragma once

#include "shim/syscalls/names/memory.h"
#include "shim/syscalls/rows/dsl.h"

namespace redoubt::shim::rows {

// clang-format off
constexpr Row kMemoryRows[] = {
    handled(nr::mmap, "mmap", sys_mmap, "must spare the runtime's pages", kAddress,
            address(), size("length"), flags("prot", kProtections), flags("flags", kMapFlags), fd(), offset("offset")),
    handled(nr::munmap, "munmap", sys_munmap, "must spare the runtime's pages", kInt, address(), size("length")),
    handled(nr::mremap, "mremap", sys_mremap, "must spare the runtime's pages", kAddress,
            address("old_address"), size("old_size"), size("new_size"), flags("flags", kRemapFlags),
            address("new_address")),
    handled(nr::mprotect, "mprotect", sys_mprotect, "must spare the runtime's pages", kInt,
            address(), size("len"), flags("prot", kProtections)),
    handled(nr::pkey_mprotect, "pkey_mprotect", sys_pkey_mprotect, "must spare the runtime's pages", kInt,
            address(), size("len"), flags("prot", kProtections), integer("pkey")),
    // In a signal handler, and so in the shim, the kernel denies every key but 0: the shim's copies would fault.
    refused(nr::pkey_alloc, "pkey_alloc", ENOSPC, "answers as a processor without protection keys, which the shim's"
            " copies of program memory could not see through", uint("flags"), uint("access_rights")),
    refused(nr::pkey_free, "pkey_free", EINVAL, "no key can have been allocated", integer("pkey")),
    handled(nr::brk, "brk", sys_brk, "the host's break belongs to the runtime, so the program has its own", kAddress,
            address()),
    handled(nr::madvise, "madvise", sys_madvise, "must spare the runtime's pages", kInt,
            address(), size("length"), choice("advice", kAdvice)),
    handled(nr::process_madvise, "process_madvise", sys_process_madvise, "must spare the runtime's pages", kSize,
            fd("pidfd"), array("iovec", kIn, 2, 16), size("vlen"), choice("advice", kAdvice), uint("flags")),
    handled(nr::mseal, "mseal", sys_mseal, "a sealed range could not be patched or released", kInt,
            address(), size("length"), uint("flags")),
    handled(nr::remap_file_pages, "remap_file_pages", sys_remap_file_pages, "must spare the runtime's pages", kInt,
            address(), size("size"), flags("prot", kProtections), size("pgoff"), flags("flags", kMapFlags)),
    passed(nr::msync, "msync", reason::kClearFiles, kInt, address(), size("length"), flags("flags", kSyncFlags)),
    passed(nr::mincore, "mincore", "says which pages are resident", kInt,
           address(), size("length"),
           Arg{.name = "vec", .kind = ArgKind::kBuffer, .direction = kOut, .rule = SizeRule::kPages, .size_arg = 1,
               .size = 1}),
    passed(nr::mlock, "mlock", "keeps pages out of swap; contents stay", kInt, address(), size("len")),
    passed(nr::mlock2, "mlock2", "keeps pages out of swap; contents stay", kInt,
           address(), size("len"), flags("flags", kLockFlags)),
    passed(nr::munlock, "munlock", "lets pages be swapped, as they were before mlock", kInt, address(), size("len")),
    passed(nr::mlockall, "mlockall", "keeps pages out of swap, the runtime's too", kInt, flags("flags", kLockAllFlags)),
    passed(nr::munlockall, "munlockall", "lets pages be swapped, as they were before mlockall", kInt),
    passed(nr::memfd_create, "memfd_create", "in the clear: the file lies in kernel memory that root can read", kFd,
           string("name"), flags("flags", kMemfdFlags)),
    passed(nr::memfd_secret, "memfd_secret", "makes memory that the kernel itself does not map", kFd,
           flags("flags", kMemfdFlags)),
    refused(nr::map_shadow_stack, "map_shadow_stack", EOPNOTSUPP, "answers as a processor without shadow stacks: the"
            " shim switches stacks in ways they forbid", address(), size("size"), uint("flags")),
    refused(nr::userfaultfd, "userfaultfd", EPERM, "lets a second process see and fill this one's pages",
            uint("flags")),

    // ---- placement ----
    passed(nr::mbind, "mbind", reason::kPlacement, kInt,
           address(), size("len"), flags("mode", kMemoryPolicies), bits("nodemask", kIn, 4), size("maxnode"),
           flags("flags", kMoveFlags)),
    passed(nr::set_mempolicy, "set_mempolicy", reason::kPlacement, kInt,
           flags("mode", kMemoryPolicies), bits("nodemask", kIn, 2), size("maxnode")),
    passed(nr::get_mempolicy, "get_mempolicy", reason::kPlacement, kInt,
           out("mode", 4, kInt32), bits("nodemask", kOut, 2), size("maxnode"), address(),
           flags("flags", kPolicyQueryFlags)),
    passed(nr::set_mempolicy_home_node, "set_mempolicy_home_node", reason::kPlacement, kInt,
           address(), size("len"), word("home_node"), uint("flags")),
    passed(nr::migrate_pages, "migrate_pages", reason::kPlacement, kInt,
           pid(), size("maxnode"), bits("old_nodes", kIn, 1), bits("new_nodes", kIn, 1)),
    passed(nr::move_pages, "move_pages", reason::kPlacement, kInt,
           pid(), size("count"), array("pages", kIn, 1, 8), array("nodes", kIn, 1, 4), array("status", kOut, 1, 4),
           flags("flags", kMoveFlags)),

    // ---- other processes' memory ----
    handled(nr::process_vm_readv, "process_vm_readv", sys_process_vm_readv, "own memory only (process_vm.cc)", kSize,
            pid(), iovec("local_iov", kOut, 2), size("liovcnt"), array("remote_iov", kIn, 4, 16), size("riovcnt"),
            uint("flags")),
    handled(nr::process_vm_writev, "process_vm_writev", sys_process_vm_writev, "own memory only (process_vm.cc)", kSize,
            pid(), iovec("local_iov", kIn, 2), size("liovcnt"), array("remote_iov", kIn, 4, 16), size("riovcnt"),
            uint("flags")),
    passed(nr::process_mrelease, "process_mrelease", "drops the pages of a process that is being killed", kInt,
           fd("pidfd"), uint("flags")),
};
// clang-format on

}  // namespace redoubt::shim::rows
