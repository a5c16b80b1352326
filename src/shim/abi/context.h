// SPDX-License-Identifier: Apache-2.0
//
// What the kernel puts on the stack when it delivers a signal on x86-64, as arch/x86/include/uapi/asm/sigcontext.h and
// arch/x86/include/asm/sigframe.h define it. glibc's ucontext_t is longer than the kernel's: these are the kernel's.
#pragma once

#include <cstddef>
#include <cstdint>

namespace redoubt::abi {

struct SignalStack {  // stack_t
  uint64_t sp;
  int32_t flags;
  int32_t padding;
  uint64_t size;
};
static_assert(sizeof(SignalStack) == 24);

inline constexpr int32_t kOnStack = 1;                 // SS_ONSTACK
inline constexpr int32_t kStackDisabled = 2;           // SS_DISABLE
inline constexpr int32_t kAutodisarm = 1 << 31;        // SS_AUTODISARM
inline constexpr uint64_t kMinimumSignalStack = 2048;  // MINSIGSTKSZ of the kernel

struct SignalContext {  // struct sigcontext_64
  uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
  uint64_t rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip;
  uint64_t eflags;
  uint16_t cs, gs, fs, ss;
  uint64_t err, trapno, oldmask, cr2;
  uint64_t fpstate;  // address of an FpState, or 0
  uint64_t reserved[8];
};
static_assert(sizeof(SignalContext) == 256);

struct UserContext {  // struct ucontext
  uint64_t flags;
  uint64_t link;
  SignalStack stack;
  SignalContext regs;
  uint64_t sigmask;
};
static_assert(sizeof(UserContext) == 304);
static_assert(offsetof(UserContext, regs) == 40);
static_assert(offsetof(UserContext, sigmask) == 296);

struct FpSoftware {  // struct _fpx_sw_bytes, in the last 48 bytes of the FXSAVE area
  uint32_t magic1;
  uint32_t extended_size;  // bytes of the whole state, the second magic included
  uint64_t xfeatures;
  uint32_t xstate_size;
  uint32_t padding[7];
};
static_assert(sizeof(FpSoftware) == 48);

struct FpState {  // struct _xstate without its extended part
  uint16_t fcw, fsw;
  uint8_t ftw, zero;
  uint16_t fop;
  uint64_t fip, fdp;
  uint32_t mxcsr, mxcsr_mask;
  uint8_t st[128];
  uint8_t xmm[256];
  uint8_t unused[48];
  FpSoftware software;
  // XSAVE header, present when software.magic1 == kFpMagic1
  uint64_t xstate_bv;
  uint64_t xcomp_bv;
  uint64_t header_reserved[6];
};
static_assert(offsetof(FpState, mxcsr) == 24);
static_assert(offsetof(FpState, software) == 464);
static_assert(offsetof(FpState, xstate_bv) == 512);
static_assert(sizeof(FpState) == 576);

inline constexpr uint32_t kFpMagic1 = 0x46505853;  // FP_XSTATE_MAGIC1
inline constexpr uint32_t kFpMagic2 = 0x46505845;  // FP_XSTATE_MAGIC2, at the very end
inline constexpr uint32_t kFxsaveSize = 512;
inline constexpr uint16_t kInitialFcw = 0x37f;
inline constexpr uint32_t kInitialMxcsr = 0x1f80;

// Bits of EFLAGS that a signal frame may set (FIX_EFLAGS of the kernel).
inline constexpr uint64_t kUserEflags = 0x40dd5 | 0x10000;  // AC OF DF TF SF ZF AF PF CF RF
inline constexpr uint64_t kDirectionFlag = 0x400;
inline constexpr uint64_t kTrapFlag = 0x100;
inline constexpr uint64_t kResumeFlag = 0x10000;

}  // namespace redoubt::abi
