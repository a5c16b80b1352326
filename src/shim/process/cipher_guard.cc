// SPDX-License-Identifier: Apache-2.0
#include "shim/process/cipher_guard.h"

#include <signal.h>
#include <sys/syscall.h>

#include <cstdint>

#include "crypto/cipher_scope.h"
#include "shim/abi/context.h"
#include "shim/abi/signals.h"
#include "shim/gate/gate.h"
#include "shim/process/crash.h"

namespace redoubt::shim {
namespace {

// SSE, AVX and the three parts of AVX-512; the processor leaves out what it has not.
constexpr uint32_t kVectorState = 0xe6;

// An XSAVE area in which every part is in its initial state (XSTATE_BV is 0): XRSTOR clears the registers and the processor knows them
// unused, so that the next frame is no larger for it. MXCSR is loaded all the same.
struct alignas(64) InitialState {
  uint8_t x87[24] = {};
  uint32_t mxcsr = 0x1f80;
  uint8_t rest[548] = {};
};
static_assert(sizeof(InitialState) == 576);
constinit const InitialState initial_state;

void clear_vector_registers() {
  asm volatile("xrstor64 %0"
               :
               : "m"(initial_state), "a"(kVectorState), "d"(0)
               : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11",
                 "xmm12", "xmm13", "xmm14", "xmm15");
}

constinit thread_local unsigned depth = 0;
constinit thread_local uint64_t signals_outside = 0;

void set_signals(const uint64_t& mask, uint64_t* previous) {
  gate::call(SYS_rt_sigprocmask, SIG_SETMASK, gate::address_of(&mask), gate::address_of(previous), abi::kSigsetSize);
}

void enter() {
  CHECK(!redoubt_light_vectors);
  if (depth++ == 0) set_signals(~uint64_t{0}, &signals_outside);
}

void leave() {
  if (--depth > 0) return;
  clear_vector_registers();
  set_signals(signals_outside, nullptr);
}

constexpr crypto::CipherGuard kGuard{enter, leave};

}  // namespace

void start_cipher_guard() { crypto::cipher_guard = &kGuard; }
void reset_cipher_guard() { depth = 0; }

}  // namespace redoubt::shim
