// SPDX-License-Identifier: Apache-2.0
//
// Lengths and links: what the host says about reads is checked against what was asked.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>

#include <climits>
#include <cstring>
#include <vector>

#include "shim/files/host_link.h"
#include "shim/files/own_executable.h"
#include "shim/files/proc_path.h"
#include "shim/gate/fake/fake_gate.h"
#include "shim/process/program_file.h"
#include "tests/hostile_host/lies.h"

namespace redoubt::shim {
namespace {

using gate::FakeGate;
using gate::HostCall;

TEST(ReadAt, RefusesALengthLargerThanAsked) {
    std::vector<uint8_t> buffer(100);
    for (const int64_t excess : {1, 4000}) {
        const FakeGate gate([excess](const HostCall& call) { return static_cast<int64_t>(call.args[2]) + excess; });
        EXPECT_EQ(read_at(3, 0, buffer.data(), buffer.size()).error(), as_errno(EIO));
    }
}

TEST(ReadAt, RefusesAnExcessAfterHonestParts) {
    std::vector<uint8_t> buffer(100);
    int calls = 0;
    const FakeGate gate([&](const HostCall& call) -> int64_t {
        EXPECT_LE(call.args[2], buffer.size());
        return ++calls <= 3 ? 30 : 11;
    });
    EXPECT_EQ(read_at(3, 0, buffer.data(), buffer.size()).error(), as_errno(EIO));
    EXPECT_EQ(calls, 4);
}

TEST(ReadAt, RefusesGarbage) {
    std::vector<uint8_t> buffer(100);
    for (const int64_t lie : kGarbage) {
        const FakeGate gate([lie](const HostCall&) { return lie; });
        EXPECT_EQ(read_at(3, 0, buffer.data(), buffer.size()).error(), as_errno(EIO)) << lie;
    }
}

TEST(ReadAt, GoesOnAfterShortReadsAndEndsAtZero) {
    std::vector<uint8_t> buffer(100);
    const FakeGate gate([](const HostCall& call) -> int64_t { return call.args[3] < 60 ? 1 : 0; });
    EXPECT_EQ(*read_at(3, 0, buffer.data(), buffer.size()), 60U);
}

TEST(HostLink, RefusesALengthLargerThanItsBuffer) {
    const FakeGate gate([](const HostCall& call) { return static_cast<int64_t>(call.args[3]) + 1; });
    EXPECT_EQ(read_host_link(3, "x").error(), as_errno(EIO));
    EXPECT_EQ(path_of_fd(3), "");
    EXPECT_EQ(own_executable::program_path(1), "");
}

TEST(HostLink, RefusesGarbage) {
    for (const int64_t lie : kGarbage) {
        const FakeGate gate([lie](const HostCall&) { return lie; });
        EXPECT_EQ(read_host_link(3, "x").error(), as_errno(EIO)) << lie;
        EXPECT_EQ(path_of_fd(3), "") << lie;
    }
}

TEST(HostLink, TakesAFullBuffer) {
    const FakeGate gate([](const HostCall& call) {
        std::memset(reinterpret_cast<void*>(call.args[2]), 'x', call.args[3]);
        return static_cast<int64_t>(call.args[3]);
    });
    EXPECT_EQ(read_host_link(3, "x")->size(), static_cast<size_t>(PATH_MAX));
}

// Every name is a link to the next, each longer than the one before.
TEST(OwnExecutable, LinksThatNeverEndAreGivenUp) {
    int links = 0;
    const FakeGate gate([&](const HostCall& call) -> int64_t {
        switch (call.number) {
            case SYS_openat: return 9;
            case SYS_fstat: {
                struct stat status {};
                status.st_mode = S_IFLNK | 0777;
                std::memcpy(reinterpret_cast<void*>(call.args[1]), &status, sizeof(status));
                return 0;
            }
            case SYS_readlinkat:
                ++links;
                std::memset(reinterpret_cast<void*>(call.args[2]), '/', call.args[3]);
                std::memset(reinterpret_cast<void*>(call.args[2]), 'x', call.args[3] - 1);
                return static_cast<int64_t>(call.args[3]);
            case SYS_close: return 0;
            default: return -ENOSYS;
        }
    });
    EXPECT_EQ(own_executable::process_of_link(AT_FDCWD, "start"), std::nullopt);
    EXPECT_LE(links, 100);
}

}  // namespace
}  // namespace redoubt::shim
