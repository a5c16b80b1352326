// SPDX-License-Identifier: Apache-2.0
//
// clone, clone3, fork and vfork. Four shapes are supported, decided by the flags:
//
//   CLONE_THREAD               a pthread of the runtime that enters the program with the caller's registers
//   CLONE_VM | CLONE_VFORK     a true vfork: the child shares memory and runs on a shim stack of its own while the
//                              parent's thread waits in the kernel, so what posix_spawn's child writes for its parent
//                              (the error of exec) arrives as natively
//   CLONE_VM alone             the same with a thread of the runtime as the one that waits
//   none of them               fork(3) of the runtime's libc, which keeps its allocator consistent in the child
//
// Refused: new namespaces (EPERM, as without CAP_SYS_ADMIN), and of the last shape an exit signal other than SIGCHLD,
// CLONE_PARENT, CLONE_FILES and CLONE_FS (EINVAL), which the C library's fork cannot express.
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <memory>

#include "shim/abi/restart.h"
#include "shim/entry/nested.h"
#include "shim/gate/gate.h"
#include "shim/memory/app_memory.h"
#include "shim/memory/scratch.h"
#include "shim/process/crash.h"
#include "shim/process/fork_lock.h"
#include "shim/process/signals.h"
#include "shim/process/thread.h"
#include "shim/syscalls/call.h"
#include "shim/syscalls/handlers.h"
#include "shim/syscalls/statistics.h"

// libc's pthread_attr_setsigmask_np without its exception for SIGCANCEL and SIGSETXID, which are not libc's here but the
// program's.
extern "C" int __pthread_attr_setsigmask_internal(pthread_attr_t* attributes, const sigset_t* mask);

#ifndef CLONE_CLEAR_SIGHAND
#define CLONE_CLEAR_SIGHAND 0x100000000ULL
#endif
#ifndef CLONE_INTO_CGROUP
#define CLONE_INTO_CGROUP 0x200000000ULL
#endif

namespace redoubt::shim {
namespace {

constexpr int kSigSetxid = 33;

// Of a pthread's stack, beside the shim's own: libc's frames below and above run_thread.
constexpr size_t kThreadStackExtra = 64 * 1024;

constexpr uint64_t kNamespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
                                 CLONE_NEWPID | CLONE_NEWNET | 0x80 /* CLONE_NEWTIME, clone3 only */;

// What all variants boil down to.
struct CloneRequest {
  uint64_t flags;  // without the exit signal
  uint64_t exit_signal;
  uint64_t stack = 0;  // the child's initial %rsp; 0: the caller's
  uint64_t parent_tid = 0;
  uint64_t child_tid = 0;
  uint64_t tls = 0;
  uint64_t pidfd = 0;
  bool has(uint64_t flag) const { return (flags & flag) != 0; }
};

// A copy of the program's state with the vector state it points to, in memory of its own.
class SavedContext {
 public:
  explicit SavedContext(const abi::UserContext& frame) : context_(frame) {
    const auto* vector = reinterpret_cast<const abi::FpState*>(frame.regs.fpstate);
    if (vector == nullptr) return;
    const size_t size = vector->software.magic1 == abi::kFpMagic1 ? vector->software.extended_size : abi::kFxsaveSize;
    vector_.reset(new uint8_t[size + kAlignment]);
    auto at = reinterpret_cast<uint64_t>(vector_.get());
    at = (at + kAlignment - 1) & ~(kAlignment - 1);
    std::memcpy(reinterpret_cast<void*>(at), vector, size);
    context_.regs.fpstate = at;
  }
  abi::UserContext& context() { return context_; }

 private:
  static constexpr uint64_t kAlignment = 64;
  alignas(16) abi::UserContext context_;
  std::unique_ptr<uint8_t[]> vector_;
};

// Turns the caller's state into the child's.
void set_child_state(abi::UserContext& context, Thread& child, const CloneRequest& request) {
  context.regs.rax = 0;
  if (request.stack != 0) context.regs.rsp = request.stack;
  if (request.has(CLONE_SETTLS)) child.app_fs = request.tls;
  context.sigmask = abi::host_mask(child.mask);
  // rt_sigreturn restores the alternate stack from the frame: it must be the child's own.
  context.stack = child.host_stack();
}

// Writes what CLONE_*_SETTID ask for, in the child. A bad address is ignored, as the kernel does.
void announce_tid(Thread& child, const CloneRequest& request) {
  const int32_t tid = child.tid;
  if (request.has(CLONE_CHILD_SETTID)) (void)write_app(request.child_tid, tid);
  if (request.has(CLONE_PARENT_SETTID)) (void)write_app(request.parent_tid, tid);
  child.clear_child_tid = request.has(CLONE_CHILD_CLEARTID) && !child.shares_memory ? request.child_tid : 0;
}

// What a child of any shape takes over from the thread that creates it.
void inherit(Thread& child, const Thread& parent) {
  child.actions = parent.actions;
  child.counters = parent.counters;
  child.mask = parent.mask;
  child.app_fs = parent.app_fs;
}

// ---- Threads ---------------------------------------------------------------------------------------------------------

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
  announce_tid(thread, start->request);
  uint64_t own = 0;
  if (!start->request.has(CLONE_FILES)) own |= CLONE_FILES;
  if (!start->request.has(CLONE_FS)) own |= CLONE_FS;
  if (own != 0) gate::call(SYS_unshare, own);
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

// Starts a detached pthread with every signal blocked. Its mask must be set through the attribute: the default is the
// creator's without SIGCANCEL (32), and the program's own SIGCANCEL or SIGTIMER, sent as soon as the new tid is known,
// would find no handler yet and end the process.
int start_pthread(pthread_t& thread, size_t stack_size, void* (*function)(void*), void* argument) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, stack_size);
  sigset_t all{};
  all.__val[0] = abi::kBlockAll;  // sigfillset would leave out libc's own two
  int error = __pthread_attr_setsigmask_internal(&attributes, &all);
  if (error == 0) error = pthread_create(&thread, &attributes, function, argument);
  pthread_attr_destroy(&attributes);
  return error;
}

int64_t create_thread(Call& call, const CloneRequest& request) {
  if (!request.has(CLONE_SIGHAND) || !request.has(CLONE_VM)) return -EINVAL;
  auto start = std::unique_ptr<ThreadStart>(new ThreadStart{request, SavedContext(call.frame), {}});
  inherit(start->thread, call.thread);
  start->thread.may_end = false;

  const uint64_t host_signals = block_host_signals();
  pthread_t thread;
  const int error = start_pthread(thread, kShimStackSize + kThreadStackExtra, run_thread, start.get());
  if (error != 0) {
    set_host_signals(host_signals);
    return -error;
  }
  const pid_t tid = tid_of(thread);
  // The first pthread_create of the process takes SIGSETXID for libc's own setuid, which the runtime never calls.
  call.thread.actions->reinstall(kSigSetxid);
  // The child writes it too, whichever is first; but never after the child has announced its end in the same word.
  if (request.has(CLONE_PARENT_SETTID)) (void)write_app(request.parent_tid, static_cast<int32_t>(tid));
  start.release()->thread.may_end = true;
  set_host_signals(host_signals);
  return tid;
}

// ---- vfork -----------------------------------------------------------------------------------------------------------

struct VforkStart {
  CloneRequest request;
  SavedContext saved;
  SignalActions actions;
  Thread thread;
  statistics::Counters counters = {};
  int32_t pidfd = -1;
  // The child's pid, or -errno, once it is known: the holder of a child that runs beside its parent waits in clone.
  std::atomic<int64_t> pid = 0;
  // Set when the creator has read the above.
  std::atomic<bool> announced = false;
};

void reset_handlers(SignalActions& actions) {
  for (int signal = 1; signal <= abi::kSignalCount; ++signal) {
    if ((abi::kUncatchable & abi::mask_of(signal)) != 0) continue;
    if (actions.get(signal).handler > abi::kIgnore) (void)actions.exchange(signal, {});
  }
}

// Everything that the child needs is allocated by its parent: it must not leave a lock behind if it is killed.
std::unique_ptr<VforkStart> prepare_vfork(Call& call, const CloneRequest& request) {
  auto start = std::unique_ptr<VforkStart>(
      new VforkStart{request, SavedContext(call.frame), SignalActions(*call.thread.actions), {}});
  Thread& child = start->thread;
  inherit(child, call.thread);
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
  release_scratch();  // the child has gone: to its next program, or for good
  return pid;
}

int64_t vfork_process(Call& call, const CloneRequest& request) {
  const auto start = prepare_vfork(call, request);
  if (start == nullptr) return -ENOMEM;
  const uint64_t host_signals = block_host_signals();
  const int64_t pid = call.thread.captured ? abi::kRestartAlways : clone_vfork(*start);
  set_host_signals(host_signals);
  free_shim_stack(start->thread.shim_stack);
  if (!is_error(pid) && request.has(CLONE_PIDFD) && !write_app(request.pidfd, start->pidfd)) return -EFAULT;
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
    start.release();  // the creator reads the error and frees it
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

int64_t process_beside(Call& call, const CloneRequest& request) {
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
    const int32_t pidfd = shared->pidfd;
    if (is_error(pid)) {
      free_shim_stack(shared->thread.shim_stack);
      delete shared;
    } else {
      shared->announced = true;  // the child may run now, and with its end the holder frees what it shares
      if (request.has(CLONE_PIDFD)) (void)write_app(request.pidfd, pidfd);
    }
  }
  set_host_signals(host_signals);
  return pid;
}

// ---- fork ------------------------------------------------------------------------------------------------------------

int64_t fork_process(Call& call, const CloneRequest& request) {
  // libc's fork knows only this one. A copy where the program asked to share would go unnoticed.
  constexpr uint64_t kInexpressible = CLONE_PARENT | CLONE_FILES | CLONE_FS;
  if (request.exit_signal != SIGCHLD || request.has(kInexpressible)) return -EINVAL;
  Thread& thread = call.thread;
  const uint64_t host_signals = block_host_signals();
  if (thread.captured) {  // as the kernel: signals first, so that parent and child do not both have them
    set_host_signals(host_signals);
    return abi::kRestartAlways;
  }
  pid_t pid;
  int error;
  {
    ForkLock lock(*thread.actions);
    pid = fork();
    error = errno;
  }
  if (pid < 0) {
    set_host_signals(host_signals);
    return -error;
  }
  if (pid == 0) {
    reattach_after_fork(thread);
    statistics::reset(*thread.counters);
    thread.is_main = true;
    thread.shares_memory = false;
    thread.robust_list = 0;
    for (abi::Siginfo& late : thread.late) late.signo = 0;
    CloneRequest mine = request;
    mine.flags &= ~static_cast<uint64_t>(CLONE_PARENT_SETTID);
    announce_tid(thread, mine);
    if (request.has(CLONE_SETTLS)) thread.app_fs = request.tls;
    if (request.stack != 0) call.frame.regs.rsp = request.stack;
    if (request.has(CLONE_CLEAR_SIGHAND)) reset_handlers(*thread.actions);
    set_host_signals(host_signals);
    return 0;
  }
  if (request.has(CLONE_PARENT_SETTID)) (void)write_app(request.parent_tid, static_cast<int32_t>(pid));
  if (request.has(CLONE_PIDFD)) {
    const auto pidfd = static_cast<int32_t>(gate::call(SYS_pidfd_open, static_cast<uint64_t>(pid)));
    (void)write_app(request.pidfd, pidfd);
  }
  set_host_signals(host_signals);
  return pid;
}

int64_t create(Call& call, const CloneRequest& request) {
  if (request.has(CLONE_SIGHAND) && !request.has(CLONE_VM)) return -EINVAL;
  if (request.has(CLONE_THREAD) && !request.has(CLONE_SIGHAND)) return -EINVAL;
  if (request.has(CLONE_FS) && request.has(CLONE_NEWNS)) return -EINVAL;
  if ((request.flags & (kNamespaces | CLONE_INTO_CGROUP)) != 0) return -EPERM;
  if (request.has(CLONE_THREAD)) {
    if (request.has(CLONE_PIDFD)) return -EINVAL;
    return create_thread(call, request);
  }
  if (request.has(CLONE_VM))
    return request.has(CLONE_VFORK) ? vfork_process(call, request) : process_beside(call, request);
  return fork_process(call, request);
}

}  // namespace

int64_t sys_clone(Call& call) {
  const uint64_t flags = call.args[0];
  CloneRequest request{.flags = flags & ~static_cast<uint64_t>(CSIGNAL) & 0xffffffffULL,
                       .exit_signal = flags & CSIGNAL,
                       .stack = call.args[1],
                       .parent_tid = call.args[2],
                       .child_tid = call.args[3],
                       .tls = call.args[4],
                       .pidfd = call.args[2]};
  if (request.has(CLONE_PIDFD) && request.has(CLONE_PARENT_SETTID)) return -EINVAL;
  return create(call, request);
}

int64_t sys_clone3(Call& call) {
  struct CloneArgs {  // struct clone_args, version 2
    uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
  };
  static_assert(sizeof(CloneArgs) == 88);
  constexpr uint64_t kVersion0Size = 64;
  const uint64_t size = call.args[1];
  if (size > 4096) return -E2BIG;
  if (size < kVersion0Size) return -EINVAL;
  CloneArgs args{};
  const uint64_t known = size < sizeof(args) ? size : sizeof(args);
  if (!copy_from_app(&args, call.args[0], known)) return -EFAULT;
  for (uint64_t at = known; at < size; ++at) {
    uint8_t byte;
    if (!read_app(byte, call.args[0] + at)) return -EFAULT;
    if (byte != 0) return -E2BIG;
  }
  if ((args.flags & (CSIGNAL & ~0x80ULL)) != 0 || args.exit_signal > abi::kSignalCount) return -EINVAL;
  if ((args.stack == 0) != (args.stack_size == 0)) return -EINVAL;
  if (args.set_tid_size != 0) return -EPERM;  // restoring chosen pids is for checkpoint tools
  if ((args.flags & (CLONE_THREAD | CLONE_PARENT)) != 0 && args.exit_signal != 0) return -EINVAL;
  if ((args.flags & CLONE_CLEAR_SIGHAND) != 0 && (args.flags & CLONE_SIGHAND) != 0) return -EINVAL;
  const CloneRequest request{.flags = args.flags,
                             .exit_signal = args.exit_signal,
                             .stack = args.stack == 0 ? 0 : args.stack + args.stack_size,
                             .parent_tid = args.parent_tid,
                             .child_tid = args.child_tid,
                             .tls = args.tls,
                             .pidfd = args.pidfd};
  return create(call, request);
}

int64_t sys_fork(Call& call) { return fork_process(call, {.flags = 0, .exit_signal = SIGCHLD}); }

int64_t sys_vfork(Call& call) { return vfork_process(call, {.flags = CLONE_VM | CLONE_VFORK, .exit_signal = SIGCHLD}); }

int64_t sys_set_tid_address(Call& call) {
  if (call.thread.shares_memory) return pass(call);
  call.thread.clear_child_tid = call.args[0];
  return call.thread.tid;
}

int64_t sys_set_robust_list(Call& call) {
  const int64_t result = pass(call);
  if (result == 0) call.thread.robust_list = call.args[0];
  return result;
}

int64_t sys_get_robust_list(Call& call) {
  const int pid = call.int_arg(0);
  if (pid != 0 && pid != call.thread.tid) return pass(call);
  const uint64_t size = 24;
  if (!write_app(call.args[2], size) || !write_app(call.args[1], call.thread.robust_list)) return -EFAULT;
  return 0;
}

}  // namespace redoubt::shim

extern "C" __attribute__((visibility("hidden"))) void redoubt_vfork_child(void* argument) {
  using namespace redoubt::shim;
  auto* start = static_cast<VforkStart*>(argument);
  Thread& child = start->thread;
  attach_thread(child);
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
