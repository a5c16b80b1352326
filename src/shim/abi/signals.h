// SPDX-License-Identifier: Apache-2.0
//
// Signal numbers as masks, the kernel's struct sigaction and siginfo (include/uapi/asm-generic/siginfo.h), and the
// codes that tell who sent a signal. Constants that <signal.h> has (SIGSEGV, SA_RESTART) are used from there.
#pragma once

#include <csignal>
#include <cstddef>
#include <cstdint>

namespace redoubt::abi {

inline constexpr int kSignalCount = 64;   // _NSIG
inline constexpr size_t kSigsetSize = 8;  // what rt_sig* calls demand as sigsetsize
inline constexpr uint64_t kSaRestorer = 0x04000000;

constexpr uint64_t mask_of(int signal) { return uint64_t{1} << (signal - 1); }

struct KernelSigaction {
  uint64_t handler = 0;  // SIG_DFL 0, SIG_IGN 1, or the address
  uint64_t flags = 0;
  uint64_t restorer = 0;
  uint64_t mask = 0;
};
static_assert(sizeof(KernelSigaction) == 32);

inline constexpr uint64_t kDefault = 0;
inline constexpr uint64_t kIgnore = 1;

struct Siginfo {
  int32_t signo;
  int32_t error;
  int32_t code;
  int32_t origin;  // padding to the kernel, which keeps it: kForged, or 0 in what the kernel raises
  union {
    uint64_t address;  // si_addr; si_call_addr for SIGSYS
    struct {
      int32_t pid;
      uint32_t uid;
    } sender;
    uint8_t rest[112];
  };
  int32_t syscall_number() const { return reinterpret_cast<const int32_t*>(rest)[2]; }
  uint32_t syscall_arch() const { return reinterpret_cast<const uint32_t*>(rest)[3]; }
};
static_assert(sizeof(Siginfo) == 128);
static_assert(offsetof(Siginfo, address) == 16);

// In what the program sends itself with a code of its own choice, which may be that of a fault (rt_sigqueueinfo).
inline constexpr int32_t kForged = 0x64746e73;

inline constexpr int kSentToThread = -6;             // si_code of tkill, SI_TKILL
inline constexpr int kTraced = 2;                    // si_code of a step by the trap flag, TRAP_TRACE
inline constexpr int kRaisedByKernel = 0x80;         // si_code of int3 among others, SI_KERNEL
inline constexpr int kSysUserDispatch = 2;           // si_code of a trapped call
inline constexpr uint32_t kArchX86_64 = 0xC000003E;  // AUDIT_ARCH_X86_64

// The program can never catch or block these.
inline constexpr uint64_t kUncatchable = mask_of(SIGKILL) | mask_of(SIGSTOP);

// Never blocked in the kernel, whatever the program asks: the trap itself, the faults that make app-memory copies safe, and
// the breakpoint that stands in a call site while it is rewritten (patch/). The program's own wish is kept in Thread::mask.
inline constexpr uint64_t kNeverBlocked = mask_of(SIGSYS) | mask_of(SIGSEGV) | mask_of(SIGBUS) | mask_of(SIGTRAP);

// Always ours in the kernel, whatever the program's disposition: faults of the shim must be told from the program's.
inline constexpr uint64_t kAlwaysOurs = kNeverBlocked | mask_of(SIGILL) | mask_of(SIGFPE);

// Raised by the kernel for what the thread itself just did (a fault, a trap), rather than sent by somebody. Faults may
// carry SI_KERNEL, as a non-canonical address does.
constexpr bool is_synchronous(const Siginfo& info) {
  return info.code > 0 && info.origin != kForged && (kAlwaysOurs & mask_of(info.signo)) != 0;
}

constexpr uint64_t host_mask(uint64_t program_mask) { return program_mask & ~kNeverBlocked; }
inline constexpr uint64_t kBlockAll = ~kNeverBlocked;

}  // namespace redoubt::abi
