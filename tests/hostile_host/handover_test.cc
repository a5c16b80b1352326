// SPDX-License-Identifier: Apache-2.0
//
// The memory file that carries a process over exec is the host's to describe.
#include "shim/process/handover.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cstring>

#include "shim/gate/fake/fake_gate.h"
#include "tests/hostile_host/lies.h"

namespace redoubt::shim {
namespace {

using gate::FakeGate;
using gate::HostCall;

constexpr int64_t kHeader = 72;  // the fixed part of a handover
constexpr int64_t kSeals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

// A host with one sealed memory file: `size` is what fstat says, `read` what pread answers.
struct FileHost {
    int64_t size = kHeader;
    int64_t read = 0;
    int64_t operator()(const HostCall& call) const {
        switch (call.number) {
            case SYS_fcntl: return kSeals;
            case SYS_fstat: {
                struct stat status {};
                status.st_size = size;
                std::memcpy(reinterpret_cast<void*>(call.args[1]), &status, sizeof(status));
                return 0;
            }
            case SYS_pread64: return read;
            case SYS_close: return 0;
            default: return -ENOSYS;
        }
    }
};

TEST(HostileHandover, ImpossibleSizesAreRefused) {
    for (const int64_t size : {int64_t{-1}, INT64_MIN, int64_t{0}, kHeader - 1, INT64_MAX, int64_t{1} << 40}) {
        const FakeGate gate(FileHost{.size = size});
        EXPECT_EQ(read_handover(5).error(), as_errno(EINVAL)) << size;
    }
}

TEST(HostileHandover, ReadsThatLieAreRefused) {
    for (const int64_t lie : kGarbage) {
        const FakeGate gate(FileHost{.read = lie});
        EXPECT_EQ(read_handover(5).error(), as_errno(EIO)) << lie;
    }
    const FakeGate more(FileHost{.read = kHeader + 1});
    EXPECT_EQ(read_handover(5).error(), as_errno(EIO));
    const FakeGate zeroes(FileHost{.read = kHeader});
    EXPECT_EQ(read_handover(5).error(), as_errno(EINVAL));
}

// A count of written bytes that is too large would make the shim go on writing from beyond its text.
TEST(HostileHandover, WritesThatLieAreRefused) {
    for (const int64_t excess : {1, 100000}) {
        size_t written = 0;
        const FakeGate gate([&](const HostCall& call) -> int64_t {
            if (call.number == SYS_memfd_create) return 5;
            if (call.number != SYS_write) return 0;
            written += call.args[2];
            return static_cast<int64_t>(call.args[2]) + excess;
        });
        EXPECT_EQ(write_handover(Handover{}).error(), as_errno(EIO));
        EXPECT_EQ(written, kHeader + 3U);  // three empty strings
    }
}

TEST(HostileHandover, AFileThatTakesNothingIsAnError) {
    const FakeGate gate([](const HostCall& call) -> int64_t { return call.number == SYS_memfd_create ? 5 : 0; });
    EXPECT_EQ(write_handover(Handover{}).error(), as_errno(EIO));
}

}  // namespace
}  // namespace redoubt::shim
