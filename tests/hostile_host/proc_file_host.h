// SPDX-License-Identifier: Apache-2.0
//
// A host on which one descriptor is open on a file of this process in /proc, with a text that the test chooses, and which
// keeps what the shim puts in its place. Everything else is answered as little as possible: no real file is touched.
#pragma once

#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include "shim/gate/fake/fake_gate.h"

namespace redoubt::shim {

struct ProcFileHost {
    static constexpr int kFile = 5;        // the program's descriptor
    static constexpr int kMemoryFile = 6;  // what memfd_create answers
    static constexpr int kReopened = 7;

    std::string name;           // "maps"
    std::string text;           // the kernel's contents
    size_t chunk = 1000;        // most bytes a read gives
    std::string replaced = {};  // what the shim wrote
    bool was_replaced = false;
    int closed_files = 0;
    size_t read_at = 0;

    int64_t operator()(const gate::HostCall& call) {
        const auto& a = call.args;
        switch (call.number) {
            case SYS_fstatfs: {
                struct statfs status {};
                status.f_type = PROC_SUPER_MAGIC;
                std::memcpy(reinterpret_cast<void*>(a[1]), &status, sizeof(status));
                return 0;
            }
            case SYS_readlinkat: return give("/proc/" + std::to_string(getpid()) + "/" + name, a[2], a[3]);
            case SYS_read: {
                const size_t size = std::min({static_cast<size_t>(a[2]), chunk, text.size() - read_at});
                std::memcpy(reinterpret_cast<void*>(a[1]), text.data() + read_at, size);
                read_at += size;
                return static_cast<int64_t>(size);
            }
            case SYS_memfd_create: return kMemoryFile;
            case SYS_write:
                replaced.append(reinterpret_cast<const char*>(a[1]), a[2]);
                return static_cast<int64_t>(a[2]);
            case SYS_openat: return kReopened;
            case SYS_fstat: std::memset(reinterpret_cast<void*>(a[1]), 0, sizeof(struct stat)); return 0;
            case SYS_dup3: was_replaced = true; return static_cast<int64_t>(a[1]);
            case SYS_close: closed_files += a[0] == kFile; return 0;
            case SYS_getpid: return getpid();
            case SYS_fcntl: return 0;
            default: return -ENOSYS;
        }
    }

    static int64_t give(const std::string& value, uint64_t buffer, uint64_t size) {
        const size_t count = std::min<size_t>(value.size(), size);
        std::memcpy(reinterpret_cast<void*>(buffer), value.data(), count);
        return static_cast<int64_t>(count);
    }
};

}  // namespace redoubt::shim
