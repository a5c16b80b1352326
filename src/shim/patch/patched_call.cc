// SPDX-License-Identifier: Apache-2.0
//
// The C++ side of a patched call: what redoubt_trap is for a trapped one.
#include "shim/patch/patched_call.h"

#include <cpuid.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "shim/abi/auxiliary.h"
#include "shim/abi/restart.h"
#include "shim/attested/openssl_start.h"
#include "shim/gate/gate.h"
#include "shim/memory/app_memory.h"
#include "shim/patch/slots.h"
#include "shim/process/cipher_guard.h"
#include "shim/process/signals.h"
#include "shim/syscalls/dispatch.h"

extern "C" {
// State components of the kernel's own frames.
__attribute__((visibility("hidden"))) uint64_t redoubt_frame_mask = 0;
// Those of them that patched calls save: all but the protection keys, which the shim does not change.
__attribute__((visibility("hidden"))) uint64_t redoubt_vector_mask = 0;
// Those of them that are saved without XSAVEC (entry/patched.S).
__attribute__((visibility("hidden"))) uint32_t redoubt_quick_vectors = 0;
}

namespace redoubt::shim::patch {
namespace {

// How the kernel describes the vector state in its frames; the same for all threads.
abi::FpSoftware vector_format{};

// Room for either format of the vector state: the kernel's largest signal frame is larger than the state in it.
uint64_t vector_room() {
  constexpr uint64_t kAtLeast = 4096;
  return (std::max(abi::host_auxiliary(AT_MINSIGSTKSZ), kAtLeast) + 63) & ~uint64_t{63};
}

uint8_t* compacted_vectors(abi::UserContext& frame) { return reinterpret_cast<uint8_t*>(&frame) + UC_VECTORS; }

bool within(uint64_t address, const char* begin, const char* end) {
  return address >= reinterpret_cast<uint64_t>(begin) && address < reinterpret_cast<uint64_t>(end);
}
bool is_at(uint64_t address, const char* label) { return address == reinterpret_cast<uint64_t>(label); }

// The slot that the jump at `address` leads to, when that is a jump in a hole. The bytes decide: after the hole's mapping
// something else may be there.
const Slot* slot_behind_hole(uint64_t address) {
  uint8_t jump[5];
  if (!copy_from_app(jump, address, sizeof(jump)) || jump[0] != 0xe9) return nullptr;
  int32_t displacement;
  std::memcpy(&displacement, jump + 1, sizeof(displacement));
  const uint64_t to = address + sizeof(jump) + static_cast<uint64_t>(int64_t{displacement});
  const Slot* slot = slot_at(to);
  return slot != nullptr && slot->hole == address && code_of(*slot) == to ? slot : nullptr;
}

// What entry/patched.S can move by hand of these components.
uint32_t quick_vectors(uint64_t components) {
  constexpr uint32_t kSse = 0x02, kOpmasks = 0x20, kHighRegisters = 0x80;
  constexpr unsigned kFeatures = 7, kAvx512bw = 1U << 30;  // 64-bit opmasks
  if ((components & (kOpmasks | kHighRegisters)) == 0) return kSse;
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  if (__get_cpuid_count(kFeatures, 0, &eax, &ebx, &ecx, &edx) == 0 || (ebx & kAvx512bw) == 0) return 0;
  return kSse | kOpmasks | kHighRegisters;
}

}  // namespace

uint64_t frame_address(void* shim_stack) {
  const uint64_t top = reinterpret_cast<uint64_t>(shim_stack) + kShimStackSize;
  // What is written without ciphers ends a page, so that it and what a call takes of the stack below are one page for fork to copy.
  constexpr uint64_t kLight = 1024;
  static_assert(kLight >= UC_VECTORS + sizeof(abi::FpState) && (kLight - UC_VECTORS) % 64 == 0);
  return ((top - 2 * vector_room()) & ~(kPage - 1)) - kLight;
}

bool learn_vector_format(const abi::UserContext& frame) {
  const auto* state = reinterpret_cast<const abi::FpState*>(frame.regs.fpstate);
  if (state == nullptr || state->software.magic1 != abi::kFpMagic1) return false;
  const abi::FpSoftware& format = state->software;
  if (format.xstate_size < sizeof(abi::FpState) || format.extended_size < format.xstate_size + sizeof(uint32_t) ||
      format.extended_size > vector_room()) {
    return false;
  }
  constexpr unsigned kExtendedState = 0xd, kXsavec = 2, kInUse = 4;
  constexpr uint64_t kKeys = 0x200;
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  if (__get_cpuid_count(kExtendedState, 1, &eax, &ebx, &ecx, &edx) == 0 || (eax & kXsavec) == 0) return false;
  vector_format = format;
  redoubt_frame_mask = format.xfeatures;
  redoubt_vector_mask = format.xfeatures & ~kKeys;
  redoubt_quick_vectors = (eax & kInUse) != 0 ? quick_vectors(format.xfeatures) : 0;
  redoubt_light_vectors = redoubt_quick_vectors != 0 && !attested::uses_processor_features();
  return true;
}

void complete(Thread& thread, abi::UserContext& frame) {
  if (!thread.is_frame_bare || reinterpret_cast<uint64_t>(&frame) != thread.patched_frame) return;
  thread.is_frame_bare = false;
  frame.flags = 0x7;  // UC_FP_XSTATE | UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS
  frame.link = 0;
  frame.stack = thread.host_stack();
  frame.sigmask = abi::host_mask(thread.mask);
  abi::SignalContext& regs = frame.regs;
  regs.cs = 0x33;  // __USER_CS
  regs.gs = 0;
  regs.fs = 0;
  regs.ss = 0x2b;  // __USER_DS
  regs.err = 0;
  regs.trapno = 0;
  regs.oldmask = 0;
  regs.cr2 = 0;
  std::fill(std::begin(regs.reserved), std::end(regs.reserved), uint64_t{0});

  uint8_t* const at = compacted_vectors(frame) + vector_room();
  auto* const state = reinterpret_cast<abi::FpState*>(at);
  std::memset(at + XSAVE_HEADER, 0, sizeof(abi::FpState) - XSAVE_HEADER);
  if (redoubt_light_vectors) {
    // The rest has stayed in the processor. The legacy area of both formats is the same.
    redoubt_capture_vectors(at);
    const uint8_t* const saved = compacted_vectors(frame);
    std::memcpy(at + offsetof(abi::FpState, mxcsr), saved + offsetof(abi::FpState, mxcsr), sizeof(abi::FpState::mxcsr));
    std::memcpy(at + offsetof(abi::FpState, xmm), saved + offsetof(abi::FpState, xmm), sizeof(abi::FpState::xmm));
  } else {
    redoubt_expand_vectors(compacted_vectors(frame), at);
  }
  state->software = vector_format;
  state->xstate_bv |= 3;  // x87 and SSE count as in use in every frame of the kernel
  std::memcpy(at + vector_format.xstate_size, &abi::kFpMagic2, sizeof(abi::kFpMagic2));
  regs.fpstate = reinterpret_cast<uint64_t>(at);
}

bool is_on_way_to_instruction(uint64_t address) {
  if (const Slot* slot = slot_at(address)) return slot->is_displaced && address == code_of(*slot);
  const Slot* slot = slot_behind_hole(address);
  return slot != nullptr && slot->is_displaced;
}

void present(Thread& thread, abi::UserContext& frame) {
  constexpr uint64_t kRestartSyscall = 219;
  abi::SignalContext& regs = frame.regs;
  // Before the call: the site's `syscall` makes it, by a trap.
  const auto not_begun = [&](uint64_t return_address) {
    regs.rcx = return_address;
    regs.rip = return_address - 2;
  };
  const auto returned = [&] {
    regs.rcx = thread.return_address;
    regs.rip = thread.return_address;
  };
  const bool is_slot = slot_at(regs.rip) != nullptr;
  if (const Slot* slot = is_slot ? slot_at(regs.rip) : slot_behind_hole(regs.rip)) {
    if (!slot->is_displaced) {
      regs.rax = slot->number;
    } else if (!is_slot || regs.rip == code_of(*slot)) {  // the displaced instruction has not been executed
      regs.rip = slot->first_at();
      return;
    }
    return not_begun(slot->return_address);
  }
  if (is_at(regs.rip, redoubt_patched_left)) {
    regs.rip = regs.rcx;
    return;
  }
  if (is_at(regs.rip, redoubt_patched_entry) || is_at(regs.rip, redoubt_gate_patched_by_number))
    return not_begun(regs.rcx);
  if (within(regs.rip, redoubt_gate_patched_by_number, redoubt_gate_patched_by_number_end)) {
    return not_begun(thread.return_address);
  }
  if (!within(regs.rip, redoubt_gate_patched_descriptor, redoubt_gate_patched_end)) {
    if (is_at(regs.rip, redoubt_patched_refused) || is_at(regs.rip, redoubt_gate_patched_pid) ||
        is_at(regs.rip, redoubt_gate_patched_tid)) {
      return not_begun(regs.rcx);
    }
    if (is_at(regs.rip, redoubt_gate_patched_pid_done) || is_at(regs.rip, redoubt_gate_patched_tid_done)) {
      regs.rip = regs.rcx;
      return;
    }
    if (within(regs.rip, redoubt_patched_refused, redoubt_gate_patched_descriptor)) return not_begun(regs.rcx + 2);
    return;
  }
  static constexpr const char* kWaysIn[] = {redoubt_gate_patched, redoubt_gate_patched_descriptor,
                                            redoubt_gate_patched_and_second, redoubt_gate_patched_and_third,
                                            redoubt_gate_patched_stat};
  if (std::ranges::any_of(kWaysIn, [&](const char* way) { return is_at(regs.rip, way); })) return not_begun(regs.rcx);
  if (within(regs.rip, redoubt_gate_patched_done, redoubt_gate_patched_end)) return returned();
  if (is_at(regs.rip, redoubt_gate_patched_call) && is_at(regs.rcx, redoubt_gate_patched_done)) {
    if (regs.rax == kRestartSyscall) {  // as in entry/nested.cc: a handler makes that EINTR
      regs.rax = static_cast<uint64_t>(-EINTR);
      return returned();
    }
    thread.restart = abi::is_always_repeated(regs.rax, regs.rsi) ? abi::kRestartAlways : abi::kRestartIfAsked;
  }
  not_begun(thread.return_address);
}

bool is_own_fault(Thread& thread, abi::UserContext& frame) {
  if (!is_at(frame.regs.rip, redoubt_gate_patched_path)) return false;
  present(thread, frame);
  return true;
}

namespace {

// False, and nothing is set, when a signal was captured before: it keeps all others blocked until it is delivered, for the next would
// take its place.
bool may_set_host_mask(uint64_t mask) {
  return !abi::is_restart(
      gate::interruptible(SYS_rt_sigprocmask, SIG_SETMASK, gate::address_of(&mask), 0, abi::kSigsetSize));
}

}  // namespace
}  // namespace redoubt::shim::patch

bool redoubt_patched_call(redoubt::abi::UserContext* frame) {
  using namespace redoubt::shim;
  Thread& thread = current_thread();
  thread.is_frame_bare = true;
  thread.restart = 0;
  const uint64_t mask = redoubt::abi::host_mask(thread.mask);
  thread.kernel_mask.reset();
  const int64_t result = dispatch(thread, *frame);
  if (result == redoubt::abi::kFrameReplaced || thread.captured != 0) {
    finish_call(thread, *frame, result);
    patch::complete(thread, *frame);
    frame->sigmask = redoubt::abi::host_mask(thread.mask);
    return false;
  }
  finish_call(thread, *frame, result);
  const uint64_t next = redoubt::abi::host_mask(thread.mask);
  if (next != thread.kernel_mask.value_or(mask) && !patch::may_set_host_mask(next)) {
    redoubt_patched_complete(frame);
    return false;
  }
  return true;
}

void redoubt_patched_complete(redoubt::abi::UserContext* frame) {
  redoubt::shim::Thread& thread = redoubt::shim::current_thread();
  redoubt::shim::patch::complete(thread, *frame);
  frame->sigmask = redoubt::abi::host_mask(thread.mask);
}
