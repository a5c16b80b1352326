// SPDX-License-Identifier: Apache-2.0
//
// A thread's beginning and end, as the kernel sees them.
#include "shim/process/thread.h"

#include <immintrin.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "shim/entry/nested.h"
#include "shim/gate/gate.h"
#include "shim/memory/app_memory.h"
#include "shim/patch/patched_call.h"
#include "shim/process/crash.h"
#include "shim/process/signals.h"

namespace redoubt::shim {
namespace {

constexpr size_t kGuardSize = 4096;

// struct robust_list_head of <linux/futex.h>, walked as kernel/futex/core.c:exit_robust_list does.
struct RobustHead {
  uint64_t first;
  int64_t futex_offset;
  uint64_t pending;
};
constexpr int kRobustLimit = 2048;  // ROBUST_LIST_LIMIT

void futex_wake(uint64_t address, int count) {
  gate::call(SYS_futex, address, FUTEX_WAKE, static_cast<uint64_t>(count));
}

// Marks one robust futex as orphaned, if this thread owns it.
void orphan(uint64_t address, uint32_t tid, bool is_pending) {
  if (address % sizeof(uint32_t) != 0) return;
  uint32_t value;
  while (read_app(value, address)) {
    if (is_pending && value == 0) {  // died between unlocking and waking: wake somebody else
      futex_wake(address, 1);
      return;
    }
    if ((value & FUTEX_TID_MASK) != tid) return;
    uint32_t wanted = (value & FUTEX_WAITERS) | FUTEX_OWNER_DIED;
    // The page was just read; if it vanishes now, so does the program's own use of the lock.
    if (!__atomic_compare_exchange_n(reinterpret_cast<uint32_t*>(address), &value, wanted, false, __ATOMIC_SEQ_CST,
                                     __ATOMIC_SEQ_CST)) {
      continue;
    }
    if ((value & FUTEX_WAITERS) != 0) futex_wake(address, 1);
    return;
  }
}

// The kernel does this too when it ends the thread, but only after the shim has announced the end (clear_child_tid),
// when the memory of the list may be gone. So it is done here, in the kernel's order, and the kernel is told of no list.
void release_robust_futexes(Thread& thread) {
  const uint64_t head_at = thread.robust_list;
  gate::call(SYS_set_robust_list, 0, sizeof(RobustHead));
  thread.robust_list = 0;
  RobustHead head;
  if (head_at == 0 || !read_app(head, head_at)) return;

  const auto tid = static_cast<uint32_t>(thread.tid);
  const uint64_t pending = head.pending & ~uint64_t{1};
  uint64_t entry = head.first;
  for (int count = 0; count < kRobustLimit; ++count) {
    const uint64_t node = entry & ~uint64_t{1};
    if (node == head_at) break;
    uint64_t next;
    const bool readable = read_app(next, node);
    if (node != pending) orphan(node + static_cast<uint64_t>(head.futex_offset), tid, false);
    if (!readable) break;
    entry = next;
  }
  if (pending != 0) orphan(pending + static_cast<uint64_t>(head.futex_offset), tid, true);
}

// A signal captured by a thread that ends without delivering it. As the kernel: one for the thread ends with it, one for
// the process goes to another thread.
void give_back_to_process(Thread& thread) {
  if (thread.captured_signal.code != abi::kSentToThread) requeue(thread.captured_signal);
  thread.captured_signal.signo = 0;
}

void announce_end(const Thread& thread) {
  if (thread.clear_child_tid == 0) return;
  const uint32_t zero = 0;
  if (write_app(thread.clear_child_tid, zero)) futex_wake(thread.clear_child_tid, 1);
}

// Nothing but fork, clone and exec changes them.
void learn_own_numbers(Thread& thread) {
  thread.tid = static_cast<int32_t>(gate::call(SYS_gettid));
  thread.pid = static_cast<int32_t>(gate::call(SYS_getpid));
}

}  // namespace

uint64_t block_host_signals() {
  const uint64_t all = abi::kBlockAll;
  uint64_t previous = 0;
  gate::call(SYS_rt_sigprocmask, SIG_SETMASK, gate::address_of(&all), gate::address_of(&previous), abi::kSigsetSize);
  return previous;
}

void set_host_signals(uint64_t mask) {
  gate::call(SYS_rt_sigprocmask, SIG_SETMASK, gate::address_of(&mask), 0, abi::kSigsetSize);
}

void* allocate_shim_stack() {
  const int64_t raw = gate::call(SYS_mmap, 0, kGuardSize + kShimStackSize, PROT_READ | PROT_WRITE,
                                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, static_cast<uint64_t>(-1), 0);
  if (is_error(raw)) return nullptr;
  // Linux 6.13 guards pages within a mapping, which fork has to copy then as one.
  constexpr uint64_t kGuardInstall = 102;  // MADV_GUARD_INSTALL
  if (is_error(gate::call(SYS_madvise, static_cast<uint64_t>(raw), kGuardSize, kGuardInstall))) {
    gate::call(SYS_mprotect, static_cast<uint64_t>(raw), kGuardSize, PROT_NONE);
  }
  return reinterpret_cast<uint8_t*>(raw) + kGuardSize;
}

void free_shim_stack(void* stack) {
  gate::call(SYS_munmap, gate::address_of(stack) - kGuardSize, kGuardSize + kShimStackSize);
}

void attach_thread(Thread& thread) {
  thread.self = &thread;
  thread.shim_fs = _readfsbase_u64();
  thread.selector = DISPATCH_ALLOW;
  thread.patched_frame = patch::frame_address(thread.shim_stack);
  learn_own_numbers(thread);
  _writegsbase_u64(reinterpret_cast<uint64_t>(&thread));
  const abi::SignalStack stack = thread.host_stack();
  gate::call(SYS_sigaltstack, gate::address_of(&stack));
  if (is_error(gate::enable_dispatch(&thread.selector))) {
    panic("the kernel refused Syscall User Dispatch (Linux 5.11 or newer, CONFIG_GENERIC_ENTRY)");
  }
}

void reattach_after_fork(Thread& thread) {
  count_only_this_thread();
  thread.shares_memory = false;
  thread.shared_name = 0;
  learn_own_numbers(thread);
  if (is_error(gate::enable_dispatch(&thread.selector))) panic("the kernel refused Syscall User Dispatch after fork");
}

void end_thread(Thread& thread, int status) {
  block_host_signals();
  give_back_to_process(thread);
  while (!thread.may_end) gate::call(SYS_sched_yield);
  release_robust_futexes(thread);
  announce_end(thread);
  // From here on nothing of this thread may be signalled: its control block is about to go.
  set_host_signals(~uint64_t{0});
  if (thread.is_main) {
    // The process goes on until its last thread ends, whose status counts, as natively since Linux 6.0.
    while (true) gate::call(SYS_exit, static_cast<uint64_t>(status));
  }
  redoubt_jump(thread.exit_point);
}

}  // namespace redoubt::shim
