// SPDX-License-Identifier: Apache-2.0
//
// The frame is memory of the program, which may hand back anything: sizes in it must never make the shim copy more than
// its own vector state holds. The vector state lies between guards here, as it lies in the kernel's frame on the shim's
// stack.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "shim/process/signals.h"

namespace redoubt::shim {
namespace {

constexpr uint32_t kXstateSize = 832;  // x87, SSE and AVX, in the standard format
constexpr size_t kGuard = 8192;
constexpr uint8_t kGuardByte = 0xa5;
constexpr size_t kStackSize = size_t{64} * 1024;

class SignalFrame : public testing::Test {
 protected:
  SignalFrame() : host_(2 * kGuard + kXstateSize + 64, kGuardByte), stack_(kStackSize) {
    const auto begin = reinterpret_cast<uint64_t>(host_.data()) + kGuard;
    vector_ = reinterpret_cast<abi::FpState*>((begin + 63) & ~uint64_t{63});
    std::memset(static_cast<void*>(vector_), 0, kXstateSize + sizeof(uint32_t));
    vector_->fcw = abi::kInitialFcw;
    vector_->mxcsr = abi::kInitialMxcsr;
    vector_->mxcsr_mask = 0xffff;
    std::fill(std::begin(vector_->xmm), std::end(vector_->xmm), uint8_t{0x11});
    vector_->software = {.magic1 = abi::kFpMagic1,
                         .extended_size = kXstateSize + 4,
                         .xfeatures = 7,
                         .xstate_size = kXstateSize,
                         .padding = {}};
    vector_->xstate_bv = 7;
    std::memcpy(reinterpret_cast<uint8_t*>(vector_) + kXstateSize, &abi::kFpMagic2, sizeof(abi::kFpMagic2));

    uint64_t value = 1;
    frame_.regs.r8 = value++, frame_.regs.r15 = value++, frame_.regs.rbx = value++, frame_.regs.rbp = value++;
    frame_.regs.rip = 0x401000;
    frame_.regs.rsp = top() - 1000;
    frame_.regs.eflags = 0x202 | abi::kDirectionFlag;
    frame_.regs.cs = 0x33;
    frame_.regs.ss = 0x2b;
    frame_.regs.fpstate = reinterpret_cast<uint64_t>(vector_);
    info_.signo = SIGUSR1;
    info_.code = SI_QUEUE;
    action_ = {.handler = 0x402000, .flags = abi::kSaRestorer | SA_SIGINFO, .restorer = 0x403000, .mask = 0};
    thread_.mask = 0x55;
  }

  ~SignalFrame() override {
    const auto* begin = reinterpret_cast<const uint8_t*>(vector_);
    const auto* end = begin + kXstateSize + sizeof(uint32_t);
    const auto untouched = [](uint8_t byte) { return byte == kGuardByte; };
    EXPECT_TRUE(std::all_of(std::as_const(host_).data(), begin, untouched));
    EXPECT_TRUE(std::all_of(end, std::as_const(host_).data() + host_.size(), untouched)) << "written beyond the state";
  }

  uint64_t bottom() const { return reinterpret_cast<uint64_t>(stack_.data()); }
  uint64_t top() const { return bottom() + kStackSize; }
  bool push(uint64_t mask = 0x77) { return push_signal_frame(thread_, frame_, info_, action_, mask); }
  // As the handler's `ret` leaves it for rt_sigreturn.
  bool pop() {
    frame_.regs.rsp += sizeof(uint64_t);
    return pop_signal_frame(thread_, frame_);
  }
  abi::UserContext& context() { return *reinterpret_cast<abi::UserContext*>(frame_.regs.rdx); }
  abi::FpState& state_on_stack() { return *reinterpret_cast<abi::FpState*>(context().regs.fpstate); }

  std::vector<uint8_t> host_, stack_;
  abi::FpState* vector_;
  Thread thread_;
  abi::UserContext frame_{};
  abi::Siginfo info_{};
  abi::KernelSigaction action_;
};

TEST_F(SignalFrame, IsLaidOutAsTheKernelDoes) {
  const uint64_t before = frame_.regs.rsp;
  ASSERT_TRUE(push());
  EXPECT_EQ(frame_.regs.rip, action_.handler);
  EXPECT_EQ(frame_.regs.rdi, static_cast<uint64_t>(SIGUSR1));
  EXPECT_EQ(frame_.regs.rax, 0U);
  EXPECT_EQ(frame_.regs.rsp % 16, 8U);
  EXPECT_EQ(frame_.regs.eflags & abi::kDirectionFlag, 0U);
  EXPECT_EQ(*reinterpret_cast<uint64_t*>(frame_.regs.rsp), action_.restorer);
  EXPECT_EQ(frame_.regs.rdx, frame_.regs.rsp + 8);
  EXPECT_EQ(frame_.regs.rsi, frame_.regs.rsp + 312);
  EXPECT_EQ(context().sigmask, 0x77U);
  EXPECT_EQ(context().regs.rip, 0x401000U);
  EXPECT_EQ(context().regs.fpstate % 64, 0U);
  EXPECT_LE(context().regs.fpstate + kXstateSize + 4, before - 128) << "the red zone is live";
  EXPECT_EQ(state_on_stack().xmm[0], 0x11);
  EXPECT_EQ(vector_->xstate_bv, 0U) << "a handler starts with a clean vector state";
}

TEST_F(SignalFrame, ComesBackAsItWas) {
  const abi::SignalContext before = frame_.regs;
  ASSERT_TRUE(push());
  std::memset(vector_->xmm, 0, sizeof(vector_->xmm));
  frame_.regs.rbx = 99;
  ASSERT_TRUE(pop());
  EXPECT_EQ(std::memcmp(&before.r8, &frame_.regs.r8, offsetof(abi::SignalContext, eflags)), 0);
  EXPECT_EQ(frame_.regs.eflags, before.eflags);
  EXPECT_EQ(frame_.regs.cs, before.cs);
  EXPECT_EQ(frame_.regs.fpstate, before.fpstate);
  EXPECT_EQ(thread_.mask, 0x77U);
  EXPECT_EQ(vector_->xmm[0], 0x11);
  EXPECT_EQ(vector_->xstate_bv, 7U);
}

TEST_F(SignalFrame, WhatTheHandlerChangesTakesEffectWithinLimits) {
  const uint64_t flags = frame_.regs.eflags;
  ASSERT_TRUE(push());
  context().regs.rip = 0x405000;
  context().regs.eflags = ~uint64_t{0};
  context().regs.cs = 0x10;
  context().regs.ss = 0x18;
  context().sigmask = ~uint64_t{0};
  state_on_stack().xmm[3] = 0x22;
  state_on_stack().xcomp_bv = uint64_t{1} << 63;
  state_on_stack().xstate_bv = ~uint64_t{0};
  state_on_stack().header_reserved[5] = 1;
  state_on_stack().mxcsr = 0xffffffff;
  ASSERT_TRUE(pop());
  EXPECT_EQ(frame_.regs.rip, 0x405000U);
  EXPECT_EQ(frame_.regs.cs, 0x33);
  EXPECT_EQ(frame_.regs.ss, 0x2b);
  EXPECT_EQ(frame_.regs.eflags & ~abi::kUserEflags, flags & ~abi::kUserEflags);
  EXPECT_EQ(thread_.mask & abi::kUncatchable, 0U);
  EXPECT_EQ(vector_->xmm[3], 0x22);
  EXPECT_EQ(vector_->xstate_bv, 7U);
  EXPECT_EQ(vector_->xcomp_bv, 0U);
  EXPECT_EQ(vector_->header_reserved[5], 0U);
  EXPECT_EQ(vector_->mxcsr, 0xffffU);
}

TEST_F(SignalFrame, OddSizesMeanTheFxsaveAreaOnly) {
  struct Sizes {
    uint32_t extended_size, xstate_size;
  };
  for (const Sizes& sizes :
       {Sizes{0, kXstateSize}, Sizes{3, 3}, Sizes{4, 4}, Sizes{UINT32_MAX, UINT32_MAX}, Sizes{UINT32_MAX, 575},
        Sizes{kXstateSize + 4, kXstateSize + 1}, Sizes{kXstateSize - 1, kXstateSize}, Sizes{kXstateSize + 4, 0},
        Sizes{kXstateSize + 4, 700}}) {  // the last: no second magic there
    vector_->xstate_bv = 7;
    frame_.regs.rsp = top() - 1000;
    ASSERT_TRUE(push());
    state_on_stack().software.extended_size = sizes.extended_size;
    state_on_stack().software.xstate_size = sizes.xstate_size;
    state_on_stack().xmm[0] = 0x33;
    ASSERT_TRUE(pop()) << sizes.extended_size << " " << sizes.xstate_size;
    EXPECT_EQ(vector_->xmm[0], 0x33);
    EXPECT_EQ(vector_->xstate_bv, 3U);
    EXPECT_EQ(vector_->software.extended_size, kXstateSize + 4);
    EXPECT_EQ(vector_->software.magic1, abi::kFpMagic1);
  }
}

TEST_F(SignalFrame, AFrameWithoutVectorStateResetsIt) {
  ASSERT_TRUE(push());
  context().regs.fpstate = 0;
  vector_->xstate_bv = 7;
  ASSERT_TRUE(pop());
  EXPECT_EQ(vector_->xstate_bv, 0U);
  EXPECT_EQ(vector_->mxcsr, abi::kInitialMxcsr);
}

TEST_F(SignalFrame, BadAddressesAreNoFrames) {
  ASSERT_TRUE(push());
  context().regs.fpstate = 8;
  EXPECT_FALSE(pop());
  context().regs.fpstate = ~uint64_t{0} - 100;
  frame_.regs.rsp -= sizeof(uint64_t);
  EXPECT_FALSE(pop());
  for (const uint64_t rsp : {uint64_t{0}, uint64_t{4096}, uint64_t{0x800000000000}, ~uint64_t{0} - 8}) {
    frame_.regs.rsp = rsp;
    EXPECT_FALSE(pop()) << rsp;
  }
}

TEST_F(SignalFrame, AStackThatCannotTakeItIsAnError) {
  for (const uint64_t rsp : {uint64_t{0}, uint64_t{64}, uint64_t{8192}, uint64_t{0x800000000000}, ~uint64_t{0}}) {
    frame_.regs.rsp = rsp;
    EXPECT_FALSE(push()) << rsp;
    EXPECT_EQ(frame_.regs.rip, 0x401000U);
  }
  frame_.regs.rsp = top();
  action_.flags &= ~abi::kSaRestorer;
  EXPECT_FALSE(push());
}

TEST_F(SignalFrame, UsesTheAlternateStackOnce) {
  std::vector<uint8_t> alternate(16384);
  const auto begin = reinterpret_cast<uint64_t>(alternate.data());
  thread_.app_stack = {.sp = begin, .flags = 0, .padding = 0, .size = alternate.size()};
  action_.flags |= SA_ONSTACK;
  ASSERT_TRUE(push());
  EXPECT_GT(frame_.regs.rsp, begin);
  EXPECT_LT(frame_.regs.rsp, begin + alternate.size());
  const uint64_t first = frame_.regs.rsp;
  ASSERT_TRUE(push());
  EXPECT_LT(frame_.regs.rsp, first);
  int depth = 2;
  while (push()) ++depth;
  EXPECT_GT(depth, 3);
  EXPECT_GT(frame_.regs.rsp, begin) << "never below the alternate stack";
}

TEST_F(SignalFrame, AutodisarmTakesTheStackAwayUntilReturn) {
  std::vector<uint8_t> alternate(16384);
  thread_.app_stack = {.sp = reinterpret_cast<uint64_t>(alternate.data()),
                       .flags = abi::kAutodisarm,
                       .padding = 0,
                       .size = alternate.size()};
  action_.flags |= SA_ONSTACK;
  ASSERT_TRUE(push());
  EXPECT_EQ(thread_.app_stack.flags, abi::kStackDisabled);
  ASSERT_TRUE(pop());
  EXPECT_EQ(thread_.app_stack.size, alternate.size());
  EXPECT_EQ(thread_.app_stack.flags, abi::kAutodisarm);
}

}  // namespace
}  // namespace redoubt::shim
