// SPDX-License-Identifier: Apache-2.0
//
// Processes that share memory with their parent (CLONE_VM): the child runs on a shim stack, a control block and
// dispositions of its own, and on the thread pointer of the thread that waits for it in the kernel.
//
//   CLONE_VFORK      that thread is the parent's own, as natively: what posix_spawn's child writes for its parent (the
//                    error of exec) is there when the parent goes on
//   without it       a thread of the runtime waits instead, and the parent's goes on beside the child
#include <sys/syscall.h>

#include <atomic>
#include <memory>

#include "shim/abi/restart.h"
#include "shim/entry/nested.h"
#include "shim/files/working_directory.h"
#include "shim/gate/gate.h"
#include "shim/memory/app_memory.h"
#include "shim/memory/scratch.h"
#include "shim/net/hooks.h"
#include "shim/patch/patcher.h"
#include "shim/process/cipher_guard.h"
#include "shim/process/clone_request.h"
#include "shim/syscalls/shim_time.h"
#include "shim/syscalls/statistics.h"

namespace redoubt::shim {
namespace {

struct VforkStart {
  CloneRequest request;
  SavedContext saved;
  SignalActions actions;
  Thread thread;
  statistics::Counters counters = {};
  WorkingDirectory directory{working_directory()};
  int32_t pidfd = -1;
  // The child's pid, or -errno, once it is known: the holder of a child that runs beside its parent waits in clone.
  std::atomic<int64_t> pid = 0;
  // Set when the creator has read the above.
  std::atomic<bool> announced = false;
};

// Everything that the child needs is allocated by its parent: it must not leave a lock behind if it is killed.
std::unique_ptr<VforkStart> prepare_vfork(Call& call, const CloneRequest& request) {
  if (net::hooks != nullptr && !call.thread.shares_memory) net::hooks->before_vfork();
  auto start =
      std::unique_ptr<VforkStart>(new VforkStart{request, SavedContext(call), SignalActions(*call.thread.actions), {}});
  Thread& child = start->thread;
  inherit(child, call.thread);
  if (!request.has(CLONE_FS)) child.working_directory = &start->directory;
  if (!request.has(CLONE_SIGHAND)) child.actions = &start->actions;
  if (request.has(CLONE_VFORK)) child.app_stack = call.thread.app_stack;
  child.counters = &start->counters;
  child.is_main = true;
  child.shares_memory = true;
  child.shim_stack = allocate_shim_stack();
  return child.shim_stack != nullptr ? std::move(start) : nullptr;
}

int64_t clone_vfork(VforkStart& start) {
  // The kernel itself clears the child's tid word, at exec and at every kind of exit.
  constexpr uint64_t kEmulated = CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CLEAR_SIGHAND;
  const uint64_t flags = (start.request.flags & ~kEmulated) | CLONE_VFORK | start.request.exit_signal;
  const int64_t pid =
      gate::clone_vfork(flags, static_cast<uint8_t*>(start.thread.shim_stack) + kShimStackSize,
                        gate::address_of(&start.pidfd), start.request.child_tid, gate::address_of(&start));
  reset_cipher_guard();
  release_scratch();  // the child has gone: to its next program, or for good
  return pid;
}

// A thread of the runtime that stands in for the parent of a child that shares memory but does not stop its parent: it
// waits in the kernel while the child runs on its thread pointer. The program's thread goes on.
void* hold_child(void* argument) {
  std::unique_ptr<VforkStart> start(static_cast<VforkStart*>(argument));
  const int64_t pid = clone_vfork(*start);
  if (is_error(pid)) {
    start->pid = pid;
    start->pid.notify_all();
    static_cast<void>(start.release());  // the creator reads the error and frees it
    return nullptr;
  }
  if (start->pid == 0) {  // killed before it could say so
    start->pid = pid;
    start->pid.notify_all();
  }
  while (!start->announced) gate::call(SYS_sched_yield);
  free_shim_stack(start->thread.shim_stack);
  return nullptr;
}

// The kernel writes the descriptor before the child exists.
bool can_take_pidfd(const CloneRequest& request) {
  int32_t present;
  return !request.has(CLONE_PIDFD) || (read_app(present, request.pidfd) && write_app(request.pidfd, present));
}

}  // namespace

int64_t vfork_process(Call& call, const CloneRequest& request) {
  if (!can_take_pidfd(request)) return -EFAULT;
  patch::rewrite_for_children(call.thread, call.frame);
  const auto start = prepare_vfork(call, request);
  if (start == nullptr) return -ENOMEM;
  const uint64_t host_signals = block_host_signals();
  int64_t pid = abi::kRestartAlways;
  if (!call.thread.captured) {
    const HostTime time;
    pid = clone_vfork(*start);
  }
  set_host_signals(host_signals);
  free_shim_stack(start->thread.shim_stack);
  return pid;
}

int64_t process_beside(Call& call, const CloneRequest& request) {
  if (!can_take_pidfd(request)) return -EFAULT;
  patch::rewrite_for_children(call.thread, call.frame);
  auto start = prepare_vfork(call, request);
  if (start == nullptr) return -ENOMEM;
  const uint64_t host_signals = block_host_signals();
  pthread_t holder;
  const int error = start_pthread(holder, kThreadStackExtra, hold_child, start.get());
  call.thread.actions->reinstall(kSigSetxid);
  int64_t pid = -error;
  if (error == 0) {
    VforkStart* shared = start.release();
    shared->pid.wait(0);
    pid = shared->pid;
    if (is_error(pid)) {
      free_shim_stack(shared->thread.shim_stack);
      delete shared;
    } else {
      shared->announced = true;  // the child may run now, and with its end the holder frees what it shares
    }
  }
  set_host_signals(host_signals);
  return pid;
}

}  // namespace redoubt::shim

extern "C" __attribute__((visibility("hidden"))) void redoubt_vfork_child(void* argument) {
  using namespace redoubt::shim;
  auto* start = static_cast<VforkStart*>(argument);
  Thread& child = start->thread;
  attach_thread(child);
  if (start->request.has(CLONE_PIDFD)) (void)write_app(start->request.pidfd, start->pidfd);
  announce_tid(child, start->request);
  if (!start->request.has(CLONE_VFORK)) {
    start->pid = child.tid;
    start->pid.notify_all();
    while (!start->announced) redoubt::gate::call(SYS_sched_yield);
  }
  if (start->request.has(CLONE_CLEAR_SIGHAND)) reset_handlers(*child.actions);
  redoubt::abi::UserContext& context = start->saved.context();
  set_child_state(context, child, start->request);
  redoubt_enter_program(&context);
}
