// SPDX-License-Identifier: Apache-2.0
//
// CLONE_THREAD: a pthread of the runtime that enters the program with the caller's registers.
#include <sys/syscall.h>

#include <memory>

#include "shim/entry/nested.h"
#include "shim/gate/gate.h"
#include "shim/memory/app_memory.h"
#include "shim/process/clone_request.h"
#include "shim/process/crash.h"

namespace redoubt::shim {
namespace {

struct ThreadStart {
  CloneRequest request;
  SavedContext saved;
  Thread thread;
};

// The bottom frame of every thread but the first. When the program's thread ends, redoubt_jump comes back here and the
// pthread ends like any other. The shim's stack is part of the pthread's, which libc caches.
void* run_thread(void* argument) {
  alignas(64) uint8_t shim_stack[kShimStackSize];
  auto* start = static_cast<ThreadStart*>(argument);
  if (redoubt_mark(start->thread.exit_point) != 0) {
    // Every signal is blocked (end_thread), so nothing needs %gs or the selector any more.
    auto* mine = static_cast<ThreadStart*>(current_thread().start);
    gate::disable_dispatch();
    delete mine;
    return nullptr;
  }
  Thread& thread = start->thread;
  thread.start = start;
  thread.shim_stack = shim_stack;
  attach_thread(thread);
  // The first pthread_create of the process takes SIGSETXID for libc's own setuid, which the runtime never calls. The
  // program has it back before this thread can send it (its libc does for setuid), and below before the creator goes on.
  thread.actions->reinstall(kSigSetxid);
  announce_tid(thread, start->request);
  if (!start->request.has(CLONE_FS)) gate::call(SYS_unshare, CLONE_FS);
  abi::UserContext& context = start->saved.context();
  set_child_state(context, thread, start->request);
  redoubt_enter_program(&context);
}

// The kernel's id of a new pthread. The clock id of a thread encodes its tid (include/linux/posix-timers.h), which
// spares waiting for the thread to say it.
pid_t tid_of(pthread_t thread) {
  clockid_t clock;
  CHECK(pthread_getcpuclockid(thread, &clock) == 0);
  return static_cast<pid_t>(~(static_cast<uint32_t>(clock) >> 3 | 0xE0000000U));
}

}  // namespace

int64_t create_thread(Call& call, const CloneRequest& request) {
  if (!request.has(CLONE_SIGHAND) || !request.has(CLONE_VM)) return -EINVAL;
  auto start = std::unique_ptr<ThreadStart>(new ThreadStart{request, SavedContext(call), {}});
  inherit(start->thread, call.thread);
  start->thread.may_end = false;

  const uint64_t host_signals = block_host_signals();
  pthread_t thread;
  count_new_thread();
  const int error = start_pthread(thread, kShimStackSize + kThreadStackExtra, run_thread, start.get());
  if (error != 0) {
    (void)count_ended_thread();
    set_host_signals(host_signals);
    return -error;
  }
  const pid_t tid = tid_of(thread);
  call.thread.actions->reinstall(kSigSetxid);
  // The child writes it too, whichever is first; but never after the child has announced its end in the same word.
  if (request.has(CLONE_PARENT_SETTID)) (void)write_app(request.parent_tid, static_cast<int32_t>(tid));
  start.release()->thread.may_end = true;
  set_host_signals(host_signals);
  return tid;
}

}  // namespace redoubt::shim
