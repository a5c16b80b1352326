// SPDX-License-Identifier: Apache-2.0
//
// The window's place follows from limits that the host reports.
#include "shim/files/window.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <climits>
#include <cstring>

#include "shim/gate/fake/fake_gate.h"
#include "shim/gate/host_answer.h"
#include "tests/hostile_host/lies.h"

namespace redoubt::shim {
namespace {

using gate::FakeGate;
using gate::HostCall;

// The window's base on a host with these limits and with one descriptor open; -1 when there is no place.
int base_for(rlim_t soft, rlim_t hard, uint64_t open_descriptor = 0) {
    const FakeGate gate([=](const HostCall& call) -> int64_t {
        if (call.number == SYS_fcntl) return call.args[0] == open_descriptor ? 0 : -EBADF;
        const rlimit limit{.rlim_cur = soft, .rlim_max = hard};
        std::memcpy(reinterpret_cast<void*>(call.args[3]), &limit, sizeof(limit));
        return 0;
    });
    return window::choose_base().value_or(-1);
}

TEST(Window, FitsBelowTheHardLimit) {
    EXPECT_EQ(base_for(1024, 1048576), 1000);
    EXPECT_EQ(base_for(0, RLIM_INFINITY), 1000);
    EXPECT_EQ(base_for(64, 64), 55);
    EXPECT_EQ(base_for(1009, 1009), 1000);
    EXPECT_EQ(base_for(1008, 1008), 999);
}

TEST(Window, LimitsThatMakeNoSenseGiveAPlaceThatDoes) {
    for (const rlim_t hard : {rlim_t{0}, rlim_t{3}, rlim_t{10}, rlim_t{16}}) EXPECT_EQ(base_for(1, hard), -1) << hard;
    EXPECT_EQ(base_for(1, 17), 8);
    for (const rlim_t hard : {rlim_t{INT_MAX}, rlim_t{1} << 63}) EXPECT_EQ(base_for(1, hard), 1000) << hard;
}

TEST(Window, InheritedDescriptorsAreLeftAlone) {
    EXPECT_EQ(base_for(1024, 4096, 1000), 991);
    EXPECT_EQ(base_for(1024, 4096, 1007), 998);
    EXPECT_EQ(base_for(1024, 4096, 1008), 999);
    EXPECT_EQ(base_for(1024, 4096, 1009), 1000);
    EXPECT_EQ(base_for(20, 20, 12), -1);
    EXPECT_EQ(base_for(20, 20, 19), 10);
}

TEST(Window, AHostThatAnswersGarbageHasNoPlace) {
    for (const int64_t lie : kGarbage) {
        const FakeGate gate([lie](const HostCall&) { return lie; });
        EXPECT_EQ(window::choose_base().error(), as_errno(EMFILE));
    }
}

TEST(Window, ASlotIsOpenOnlyAfterAnHonestAnswer) {
    window::start(1000);
    window::adopt(0);
    for (const int64_t lie : kGarbage) {
        const FakeGate gate([lie](const HostCall& call) -> int64_t { return call.number == SYS_dup3 ? lie : 0; });
        const auto put = window::put(window::Slot::kTrace, 7);
        EXPECT_EQ(window::get(window::Slot::kTrace) >= 0, put.has_value());
        window::adopt(0);
    }
}

TEST(HostAnswer, CountsAreBounded) {
    EXPECT_EQ(*gate::count_of(5, 5), 5U);
    EXPECT_EQ(gate::count_of(6, 5).error(), as_errno(EIO));
    EXPECT_EQ(gate::count_of(-EINTR, 5).error(), as_errno(EINTR));
    EXPECT_EQ(*gate::descriptor_of(INT_MAX), INT_MAX);
    for (const int64_t lie : kGarbage) {
        EXPECT_EQ(gate::count_of(lie, 4096).error(), as_errno(EIO)) << lie;
        EXPECT_EQ(gate::descriptor_of(lie).error(), as_errno(EIO)) << lie;
    }
}

}  // namespace
}  // namespace redoubt::shim
