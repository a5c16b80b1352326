// SPDX-License-Identifier: Apache-2.0
//
// Rows of the calls about the kernel and the machine as a whole: mounts, modules, keyrings, tracing, accounting, and
// those that Linux no longer has. A protected program is a guest on the host, so nearly all are refused, with the errno
// that an unprivileged process or a kernel without the feature gives; programs are prepared for both.
#pragma once

#include "shim/syscalls/names/files.h"
#include "shim/syscalls/names/system.h"
#include "shim/syscalls/rows/dsl.h"

namespace redoubt::shim::rows {

// clang-format off
constexpr Row kSystemRows[] = {
    // ---- asking ----
    passed(nr::uname, "uname", "describes the host", kInt, out("buf", 390)),
    passed(nr::sysinfo, "sysinfo", "describes the host", kInt, out("info", 112)),
    passed(nr::getrandom, "getrandom", "random bytes come in, none go out; who controls the kernel can know them",
           kSize, bytes_out("buf", 1), size("buflen"), flags("flags", kRandomFlags)),
    refused(nr::sysfs, "sysfs", ENOSYS, "numbers file system types; answers as a kernel built without it",
            integer("option"), unbounded("arg1"), unbounded("arg2")),
    refused(nr::syslog, "syslog", EPERM, "the kernel's log is the host's", integer("type"), bytes_out("bufp", 2),
            integer("len")),
    refused(nr::lookup_dcookie, "lookup_dcookie", ENOSYS, reason::kRemoved),

    // ---- mounts ----
    refused(nr::mount, "mount", EPERM, reason::kMounts,
            path("source"), path("target"), string("filesystemtype"), word("mountflags"), unbounded("data")),
    refused(nr::umount2, "umount2", EPERM, reason::kMounts, path("target"), flags("flags", kUnmountFlags)),
    refused(nr::pivot_root, "pivot_root", EPERM, reason::kMounts, path("new_root"), path("put_old")),
    refused(nr::open_tree, "open_tree", EPERM, reason::kMounts, dirfd(), path(), uint("flags")),
    refused(nr::open_tree_attr, "open_tree_attr", ENOSYS, reason::kTooNew,
            dirfd(), path(), uint("flags"), sized_in("attr", 4), size("size")),
    refused(nr::move_mount, "move_mount", EPERM, reason::kMounts,
            dirfd("from_dirfd"), path("from_pathname"), dirfd("to_dirfd"), path("to_pathname"), uint("flags")),
    refused(nr::fsopen, "fsopen", EPERM, reason::kMounts, string("fsname"), uint("flags")),
    refused(nr::fsconfig, "fsconfig", EPERM, reason::kMounts,
            fd(), uint("cmd"), string("key"), unbounded("value"), integer("aux")),
    refused(nr::fsmount, "fsmount", EPERM, reason::kMounts, fd("fsfd"), uint("flags"), uint("attr_flags")),
    refused(nr::fspick, "fspick", EPERM, reason::kMounts, dirfd(), path(), uint("flags")),
    refused(nr::mount_setattr, "mount_setattr", EPERM, reason::kMounts,
            dirfd(), path(), uint("flags"), sized_in("attr", 4), size("size")),
    refused(nr::statmount, "statmount", ENOSYS, reason::kTooNew,
            in("req", 24), bytes_out("buf", 2), size("bufsize"), uint("flags")),
    refused(nr::listmount, "listmount", ENOSYS, reason::kTooNew,
            in("req", 24), array_out("mnt_ids", 2, 8), size("nr_mnt_ids"), uint("flags")),

    // ---- administration ----
    refused(nr::swapon, "swapon", EPERM, reason::kAdministration, path("path"), uint("swapflags")),
    refused(nr::swapoff, "swapoff", EPERM, reason::kAdministration, path("path")),
    refused(nr::reboot, "reboot", EPERM, reason::kAdministration,
            uint("magic"), uint("magic2"), uint("op"), unbounded("arg")),
    refused(nr::sethostname, "sethostname", EPERM, reason::kAdministration, bytes_in("name", 1), size("len")),
    refused(nr::setdomainname, "setdomainname", EPERM, reason::kAdministration, bytes_in("name", 1), size("len")),
    refused(nr::acct, "acct", EPERM, reason::kAdministration, path("filename")),
    refused(nr::quotactl, "quotactl", EPERM, reason::kAdministration,
            uint("cmd"), path("special"), integer("id"), unbounded("addr")),
    refused(nr::quotactl_fd, "quotactl_fd", EPERM, reason::kAdministration,
            fd(), uint("cmd"), integer("id"), unbounded("addr")),
    refused(nr::vhangup, "vhangup", EPERM, reason::kAdministration),

    // ---- code in the kernel ----
    refused(nr::init_module, "init_module", EPERM, reason::kModules,
            bytes_in("module_image", 1), size("len"), string("param_values")),
    refused(nr::finit_module, "finit_module", EPERM, reason::kModules, fd(), string("param_values"), uint("flags")),
    refused(nr::delete_module, "delete_module", EPERM, reason::kModules, string("name"), uint("flags")),
    refused(nr::kexec_load, "kexec_load", EPERM, reason::kModules,
            address("entry"), size("nr_segments"), array("segments", kIn, 1, 32), uint("flags")),
    refused(nr::kexec_file_load, "kexec_file_load", EPERM, reason::kModules,
            fd("kernel_fd"), fd("initrd_fd"), size("cmdline_len"), bytes_in("cmdline", 2), uint("flags")),
    refused(nr::bpf, "bpf", EPERM, reason::kModules, integer("cmd"), sized_in("attr", 2), uint("size")),
    refused(nr::perf_event_open, "perf_event_open", EACCES,
            "samples addresses and registers, the shim's too; answers as a kernel with perf_event_paranoid at 3",
            in("attr", 136), pid(), integer("cpu"), integer("group_fd"), uint("flags")),
    refused(nr::uprobe, "uprobe", ENOSYS, "made by probes that a tracer plants, never by a program"),
    refused(nr::uretprobe, "uretprobe", ENOSYS, "made by probes that a tracer plants, never by a program"),

    // ---- keyrings ----
    refused(nr::add_key, "add_key", ENOSYS, reason::kKeyring,
            string("type"), string("description"), bytes_in("payload", 3), size("plen"), integer("keyring")),
    refused(nr::request_key, "request_key", ENOSYS, reason::kKeyring,
            string("type"), string("description"), string("callout_info"), integer("dest_keyring")),
    refused(nr::keyctl, "keyctl", ENOSYS, reason::kKeyring,
            integer("operation"), unbounded("arg2"), unbounded("arg3"), unbounded("arg4"), unbounded("arg5")),

    // ---- numbers that Linux keeps for calls it does not have ----
    refused(nr::uselib, "uselib", ENOSYS, reason::kRemoved, path("library")),
    refused(nr::_sysctl, "_sysctl", ENOSYS, reason::kRemoved),
    refused(nr::create_module, "create_module", ENOSYS, reason::kRemoved),
    refused(nr::get_kernel_syms, "get_kernel_syms", ENOSYS, reason::kRemoved),
    refused(nr::query_module, "query_module", ENOSYS, reason::kRemoved),
    refused(nr::nfsservctl, "nfsservctl", ENOSYS, reason::kRemoved),
    refused(nr::getpmsg, "getpmsg", ENOSYS, reason::kRemoved),
    refused(nr::putpmsg, "putpmsg", ENOSYS, reason::kRemoved),
    refused(nr::afs_syscall, "afs_syscall", ENOSYS, reason::kRemoved),
    refused(nr::tuxcall, "tuxcall", ENOSYS, reason::kRemoved),
    refused(nr::security, "security", ENOSYS, reason::kRemoved),
    refused(nr::vserver, "vserver", ENOSYS, reason::kRemoved),
};
// clang-format on

}  // namespace redoubt::shim::rows
