// SPDX-License-Identifier: Apache-2.0
//
// One thread of the program. Each is a pthread of the runtime; its Thread object is what %gs points at. Only the thread
// itself touches its object, except while it is being created.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

#include "shim/entry/thread_control.h"

namespace redoubt::shim {

class SignalActions;
class WorkingDirectory;
namespace statistics {
struct Counters;
}

// The shim's stack of a thread: the kernel's alternate stack. A trap takes a signal frame (3 KiB with AVX-512, 11 KiB
// with AMX tiles) and a signal inside the trap takes another; the rest is for handlers.
inline constexpr size_t kShimStackSize = size_t{256} << 10;

class Thread : public ThreadControl {
 public:
  Thread() : ThreadControl{} {}
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;

  // Dispositions of the process this thread belongs to. A vfork child shares memory with its parent but not these.
  SignalActions* actions = nullptr;
  statistics::Counters* counters = nullptr;
  // Of a vfork child, in an attested run; null: the process's.
  WorkingDirectory* working_directory = nullptr;
  // The program's alternate stack, as sigaltstack(2) set it.
  abi::SignalStack app_stack{.sp = 0, .flags = abi::kStackDisabled, .padding = 0, .size = 0};
  // Set while a call with a temporary mask (ppoll, sigsuspend ...) is cut short: the mask to go back to. `mask` is then
  // the temporary one, under which the handler runs.
  std::optional<uint64_t> mask_to_restore;
  // The restart code of the call that was cut short, until a handler decides its fate. 0: none.
  int64_t restart = 0;

  // Of a patched call: its frame has nothing but registers (patch::complete).
  bool is_frame_bare = false;
  // The kernel's mask, where the patched call under way has set it; otherwise it is still that of `mask` before the call.
  std::optional<uint64_t> kernel_mask;

  uint64_t clear_child_tid = 0;  // CLONE_CHILD_CLEARTID or set_tid_address
  uint64_t robust_list = 0;      // set_robust_list; the kernel knows it too, for a thread that is killed
  bool is_main = false;          // its kernel thread is the process's first: ends with a bare exit(2)

  bool shares_memory = false;  // the first thread of a process made with CLONE_VM: the kernel clears its tid word

  // Under which locks in shared memory know it (volumes/shared_lock.h); 0 until it needs one.
  uint64_t shared_name = 0;

  uint64_t host_nanoseconds = 0;  // of the call under way, with --stats (syscalls/shim_time.h)

  void* shim_stack = nullptr;  // lowest usable address of kShimStackSize bytes
  // False while the creator of the thread still needs it to exist.
  std::atomic<bool> may_end = true;
  void* start = nullptr;        // what clone_calls.cc keeps for a thread while it lives
  uint64_t exit_point[8] = {};  // where a pthread comes back to when the program's thread ends

  abi::SignalStack host_stack() const {
    return {.sp = reinterpret_cast<uint64_t>(shim_stack), .flags = 0, .padding = 0, .size = kShimStackSize};
  }
  bool on_app_stack(uint64_t sp) const {
    return (app_stack.flags & abi::kStackDisabled) == 0 && (app_stack.flags & abi::kAutodisarm) == 0 &&
           sp > app_stack.sp && sp - app_stack.sp <= app_stack.size;
  }
  // What sigaltstack reports as ss_flags for a thread whose stack pointer is `sp`.
  int32_t app_stack_state(uint64_t sp) const {
    if (app_stack.size == 0) return abi::kStackDisabled;
    return on_app_stack(sp) ? abi::kOnStack : 0;
  }
};

inline Thread& current_thread() { return *static_cast<Thread*>(current_control()); }

// Makes `thread` the current one: %gs, the alternate stack, Syscall User Dispatch. All signals must be blocked.
// The shim's stack of the thread must be set.
void attach_thread(Thread& thread);
// After fork: the kernel kept %gs and the stack, but not the dispatch.
void reattach_after_fork(Thread& thread);

// Ends the calling thread as the program asked: robust list, clear_child_tid, then the pthread. Never returns.
[[noreturn]] void end_thread(Thread& thread, int status);

// Whether the program has no other thread in this process: nobody shares the descriptor table with it.
bool is_only_thread(const Thread& thread);
void count_new_thread();
bool count_ended_thread();  // whether the program has none left: true for one of them only, whichever threads end at once
void count_only_this_thread();  // after fork

// Blocks every signal that can be blocked, in the kernel. Returns the kernel mask that was in force.
uint64_t block_host_signals();
void set_host_signals(uint64_t mask);

// A shim stack with a guard page below it; nullptr when the host has no memory left.
void* allocate_shim_stack();
void free_shim_stack(void* stack);

}  // namespace redoubt::shim
