// SPDX-License-Identifier: Apache-2.0
//
// The signal frame on the program's stack, as arch/x86/kernel/signal_64.c lays it out. Handlers of the program read and
// change it (Go preempts, the JVM repairs), and unwinders walk it, so it is exact to the byte:
//
//   high   interrupted stack, red zone of 128 bytes
//          vector state (FXSAVE area, XSAVE header and components, second magic), 64-byte aligned
//          siginfo
//          ucontext
//   low    return address: the program's restorer                                  <- %rsp in the handler, 8 mod 16
//
// The vector state is copied verbatim between this frame and the kernel's own, which rt_sigreturn restores on the way
// out; what the program may have written into it is cut down to what the kernel accepts.
#include <algorithm>

#include "shim/memory/app_memory.h"
#include "shim/process/signals.h"

namespace redoubt::shim {
namespace {

struct SignalFrame {  // struct rt_sigframe
  uint64_t restorer;
  abi::UserContext context;
  abi::Siginfo info;
};
static_assert(sizeof(SignalFrame) == 440);

constexpr uint64_t kRedZone = 128;

bool is_extended(const abi::FpState& state) { return state.software.magic1 == abi::kFpMagic1; }

uint32_t size_of(const abi::FpState& state) {
  return is_extended(state) ? state.software.extended_size : abi::kFxsaveSize;
}

// The state a handler, or a frame without vector state, starts with.
void reset(abi::FpState& state) {
  state.mxcsr = abi::kInitialMxcsr;
  state.fcw = abi::kInitialFcw;
  state.fsw = 0;
  state.ftw = 0;
  if (is_extended(state)) {
    state.xstate_bv = 0;  // every component in its initial configuration
    return;
  }
  std::fill(std::begin(state.st), std::end(state.st), uint8_t{0});
  std::fill(std::begin(state.xmm), std::end(state.xmm), uint8_t{0});
}

// Whether the program's frame at `from` holds an extended state that fits into one of ours, by the rules of
// check_xstate_in_sigframe(): anything odd about its sizes means that only the FXSAVE area counts.
bool has_extended_state(const abi::FpSoftware& ours, const abi::FpSoftware& theirs, uint64_t from) {
  if (theirs.magic1 != abi::kFpMagic1 || theirs.xstate_size < sizeof(abi::FpState) ||
      theirs.xstate_size > ours.xstate_size || theirs.xstate_size > theirs.extended_size) {
    return false;
  }
  uint32_t magic2;
  return read_app(magic2, from + theirs.xstate_size) && magic2 == abi::kFpMagic2;
}

// Loads the program's copy at `from` over `state`. False on a bad address.
bool load(abi::FpState& state, uint64_t from) {
  const abi::FpSoftware software = state.software;
  const uint64_t known_features = is_extended(state) ? software.xfeatures : 0;
  const uint32_t mxcsr_mask = state.mxcsr_mask;

  abi::FpSoftware theirs;
  if (!read_app(theirs, from + offsetof(abi::FpState, software))) return false;
  const bool extended = is_extended(state) && has_extended_state(software, theirs, from);
  if (!copy_from_app(&state, from, extended ? theirs.xstate_size : abi::kFxsaveSize)) return false;

  state.software = software;
  if (mxcsr_mask != 0) state.mxcsr &= mxcsr_mask;
  if (!is_extended(state)) return true;
  if (extended) {
    // Components beyond what was copied (the frame is older than the use of AMX) are in their initial state.
    state.xstate_bv &= known_features & theirs.xfeatures;
  } else {
    state.xstate_bv = 3;  // x87 and SSE, as XRSTOR of an FXSAVE image
  }
  state.xcomp_bv = 0;
  std::fill(std::begin(state.header_reserved), std::end(state.header_reserved), uint64_t{0});
  return true;
}

}  // namespace

bool push_signal_frame(Thread& thread, abi::UserContext& frame, const abi::Siginfo& info,
                       const abi::KernelSigaction& action, uint64_t mask_to_save) {
  if ((action.flags & abi::kSaRestorer) == 0) return false;  // x86-64 demands one
  auto* vector = reinterpret_cast<abi::FpState*>(frame.regs.fpstate);

  uint64_t sp = frame.regs.rsp;
  const bool nested_on_stack = thread.on_app_stack(sp);
  const bool has_stack = (thread.app_stack.flags & abi::kStackDisabled) == 0 && thread.app_stack.size != 0;
  bool entering_stack = false;
  sp -= kRedZone;
  if ((action.flags & SA_ONSTACK) != 0 && has_stack && !nested_on_stack) {
    sp = thread.app_stack.sp + thread.app_stack.size;
    entering_stack = true;
  }

  const uint64_t vector_size = vector != nullptr ? size_of(*vector) : 0;
  const uint64_t vector_at = (sp - vector_size) & ~uint64_t{63};
  const uint64_t frame_at = ((vector_at - sizeof(SignalFrame)) & ~uint64_t{15}) - 8;
  // An alternate stack that overflows must not be left downwards into somebody else's memory.
  if ((nested_on_stack || entering_stack) &&
      (frame_at <= thread.app_stack.sp || frame_at > thread.app_stack.sp + thread.app_stack.size)) {
    return false;
  }

  SignalFrame built;
  built.restorer = action.restorer;
  built.context = frame;
  built.context.link = 0;
  built.context.stack = thread.app_stack;
  built.context.regs.fpstate = vector != nullptr ? vector_at : 0;
  built.context.regs.oldmask = mask_to_save;
  built.context.sigmask = mask_to_save;
  built.info = info;
  built.info.origin = 0;
  if (vector != nullptr && !copy_to_app(vector_at, vector, vector_size)) return false;
  if (!copy_to_app(frame_at, &built, sizeof(built))) return false;

  if ((thread.app_stack.flags & abi::kAutodisarm) != 0) {
    thread.app_stack = {.sp = 0, .flags = abi::kStackDisabled, .padding = 0, .size = 0};
  }
  frame.regs.rdi = static_cast<uint64_t>(info.signo);
  frame.regs.rsi = frame_at + offsetof(SignalFrame, info);
  frame.regs.rdx = frame_at + offsetof(SignalFrame, context);
  frame.regs.rax = 0;
  frame.regs.rsp = frame_at;
  frame.regs.rip = action.handler;
  frame.regs.eflags &= ~(abi::kDirectionFlag | abi::kTrapFlag | abi::kResumeFlag);
  if (vector != nullptr) reset(*vector);
  return true;
}

bool pop_signal_frame(Thread& thread, abi::UserContext& frame) {
  // The handler's `ret` took the restorer off the stack, so %rsp is at the ucontext.
  abi::UserContext saved;
  if (!read_app(saved, frame.regs.rsp)) return false;

  auto* vector = reinterpret_cast<abi::FpState*>(frame.regs.fpstate);
  if (vector != nullptr) {
    if (saved.regs.fpstate == 0) {
      reset(*vector);
    } else if (!load(*vector, saved.regs.fpstate)) {
      return false;
    }
  }

  const abi::SignalContext host = frame.regs;
  frame.regs = saved.regs;
  frame.regs.fpstate = host.fpstate;
  frame.regs.cs = host.cs;
  frame.regs.gs = host.gs;
  frame.regs.fs = host.fs;
  frame.regs.ss = host.ss;
  frame.regs.eflags = (saved.regs.eflags & abi::kUserEflags) | (host.eflags & ~abi::kUserEflags);

  // As restore_altstack(): errors are not reported.
  if (!thread.on_app_stack(frame.regs.rsp)) {
    if ((saved.stack.flags & abi::kStackDisabled) != 0) {
      thread.app_stack = {.sp = 0, .flags = abi::kStackDisabled, .padding = 0, .size = 0};
    } else if (saved.stack.size >= abi::kMinimumSignalStack) {
      thread.app_stack = saved.stack;
      thread.app_stack.flags &= abi::kAutodisarm;
    }
  }
  set_program_mask(thread, saved.sigmask);
  return true;
}

}  // namespace redoubt::shim
