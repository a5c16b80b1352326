// SPDX-License-Identifier: Apache-2.0
//
// What clone, clone3, fork and vfork boil down to, and what creating a child of any shape has in common. The shapes are in
// create_thread.cc, vfork.cc and fork.cc; clone_calls.cc decides between them.
#pragma once

#include <pthread.h>
#include <sched.h>

#include <cstdint>
#include <memory>

#include "shim/abi/context.h"
#include "shim/process/signals.h"
#include "shim/process/thread.h"
#include "shim/syscalls/call.h"

#ifndef CLONE_CLEAR_SIGHAND
#define CLONE_CLEAR_SIGHAND 0x100000000ULL
#endif
#ifndef CLONE_INTO_CGROUP
#define CLONE_INTO_CGROUP 0x200000000ULL
#endif

namespace redoubt::shim {

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

// A copy of the calling program's state with the vector state it points to, in memory of its own.
class SavedContext {
 public:
  explicit SavedContext(Call& call);
  abi::UserContext& context() { return context_; }

 private:
  static constexpr uint64_t kAlignment = 64;
  alignas(16) abi::UserContext context_;
  std::unique_ptr<uint8_t[]> vector_;
};

// ---- For the shapes (clone_child.cc) ----

// Turns the caller's state into the child's.
void set_child_state(abi::UserContext& context, Thread& child, const CloneRequest& request);
// Writes what CLONE_*_SETTID ask for, in the child. A bad address is ignored, as the kernel does.
void announce_tid(Thread& child, const CloneRequest& request);
// What a child of any shape takes over from the thread that creates it.
void inherit(Thread& child, const Thread& parent);
// CLONE_CLEAR_SIGHAND: every disposition with a handler becomes the default.
void reset_handlers(SignalActions& actions);
// Starts a detached pthread with every signal blocked. Returns 0 or an errno.
int start_pthread(pthread_t& thread, size_t stack_size, void* (*function)(void*), void* argument);

// libc's own signals, which a pthread_create may take for itself, and room for its frames on a pthread's stack.
inline constexpr int kSigSetxid = 33;
inline constexpr size_t kThreadStackExtra = size_t{64} << 10;

// ---- The shapes. Each returns the child's id in the parent, 0 in a forked child, -errno or a restart code. ----

int64_t create_thread(Call& call, const CloneRequest& request);
int64_t vfork_process(Call& call, const CloneRequest& request);
int64_t process_beside(Call& call, const CloneRequest& request);
int64_t fork_process(Call& call, const CloneRequest& request);

}  // namespace redoubt::shim
