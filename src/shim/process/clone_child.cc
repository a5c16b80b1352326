// SPDX-License-Identifier: Apache-2.0
//
// What creating a child of any shape has in common.
#include <cstring>

#include "shim/memory/app_memory.h"
#include "shim/patch/patched_call.h"
#include "shim/process/clone_request.h"

// libc's pthread_attr_setsigmask_np without its exception for SIGCANCEL and SIGSETXID, which are not libc's here but the
// program's.
extern "C" int __pthread_attr_setsigmask_internal(pthread_attr_t* attributes, const sigset_t* mask);

namespace redoubt::shim {

SavedContext::SavedContext(Call& call) {
  patch::complete(call.thread, call.frame);
  context_ = call.frame;
  const auto* vector = reinterpret_cast<const abi::FpState*>(context_.regs.fpstate);
  if (vector == nullptr) return;
  const size_t size = vector->software.magic1 == abi::kFpMagic1 ? vector->software.extended_size : abi::kFxsaveSize;
  vector_.reset(new uint8_t[size + kAlignment]);
  auto at = reinterpret_cast<uint64_t>(vector_.get());
  at = (at + kAlignment - 1) & ~(kAlignment - 1);
  std::memcpy(reinterpret_cast<void*>(at), vector, size);
  context_.regs.fpstate = at;
}

void set_child_state(abi::UserContext& context, Thread& child, const CloneRequest& request) {
  context.regs.rax = 0;
  if (request.stack != 0) context.regs.rsp = request.stack;
  if (request.has(CLONE_SETTLS)) child.app_fs = request.tls;
  context.sigmask = abi::host_mask(child.mask);
  // rt_sigreturn restores the alternate stack from the frame: it must be the child's own.
  context.stack = child.host_stack();
}

void announce_tid(Thread& child, const CloneRequest& request) {
  const int32_t tid = child.tid;
  if (request.has(CLONE_CHILD_SETTID)) (void)write_app(request.child_tid, tid);
  if (request.has(CLONE_PARENT_SETTID)) (void)write_app(request.parent_tid, tid);
  child.clear_child_tid = request.has(CLONE_CHILD_CLEARTID) && !child.shares_memory ? request.child_tid : 0;
}

void inherit(Thread& child, const Thread& parent) {
  child.actions = parent.actions;
  child.counters = parent.counters;
  child.working_directory = parent.working_directory;
  child.mask = parent.mask;
  child.app_fs = parent.app_fs;
}

void reset_handlers(SignalActions& actions) {
  for (int signal = 1; signal <= abi::kSignalCount; ++signal) {
    if ((abi::kUncatchable & abi::mask_of(signal)) != 0) continue;
    if (actions.get(signal).handler > abi::kIgnore) (void)actions.exchange(signal, {});
  }
}

// The mask must be set through the attribute: the default is the
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

}  // namespace redoubt::shim
