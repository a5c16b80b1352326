// SPDX-License-Identifier: Apache-2.0
//
// execve and execveat: everything that can fail is done first, in the calling process (also a vfork child, whose parent
// reads the error); then the runtime is executed again, and the kernel does what exec does: ends other threads, closes
// close-on-exec descriptors, keeps pid, pending signals, timers, limits and ignored dispositions.
#include <fcntl.h>
#include <limits.h>
#include <linux/binfmts.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/text.h"
#include "crypto/cipher_scope.h"
#include "shim/attested/request.h"
#include "shim/attested/state.h"
#include "shim/files/namespace.h"
#include "shim/files/raised_limit.h"
#include "shim/files/window.h"
#include "shim/gate/gate.h"
#include "shim/launch.h"
#include "shim/memory/app_memory.h"
#include "shim/memory/scratch.h"
#include "shim/net/hooks.h"
#include "shim/net/shield.h"
#include "shim/process/argument_block.h"
#include "shim/process/handover.h"
#include "shim/process/signals.h"
#include "shim/process/wipe.h"
#include "shim/syscalls/call.h"
#include "shim/syscalls/handlers.h"
#include "shim/syscalls/statistics.h"
#include "shim/volumes/mounts.h"

namespace redoubt::shim {
namespace {

// The room for arguments and environment, fs/exec.c:bprm_stack_limits.
uint64_t argument_limit() {
  rlimit stack{};
  gate::call(SYS_prlimit64, 0, RLIMIT_STACK, 0, gate::address_of(&stack));
  constexpr uint64_t kThreeQuartersOfDefault = uint64_t{6} * 1024 * 1024;
  constexpr uint64_t kArgMax = 131072;
  return std::max(std::min<uint64_t>(kThreeQuartersOfDefault, stack.rlim_cur / 4), kArgMax);
}

// The program's arguments are the kernel's too, so that ps and pgrep outside find it: unattested runs hide nothing. In an
// attested run they are secret, and its name is all that is shown. Never anything that the new image could take for a
// request of its own launcher (attested/request.h). Only as many as leave the stack, where the new image finds them and builds the
// program's own, with room for those: process/shown_memory.h shows all of them later.
std::vector<const char*> kernel_arguments(const ProgramFiles& files) {
  if (attested::state() != nullptr) return {files.command_name.c_str(), nullptr};
  std::vector<const char*> arguments;
  arguments.reserve(files.arguments.size() + 1);
  constexpr size_t kRoom = size_t{16} << 10;
  size_t used = 0;
  for (const std::string& argument : files.arguments) {
    used += argument.size() + 1 + sizeof(char*);
    if (used > kRoom && !arguments.empty()) break;
    arguments.push_back(argument.c_str());
  }
  if (arguments.size() > 1 && files.arguments[1].starts_with(attested::kAttestedOption)) arguments.resize(1);
  arguments.push_back(nullptr);
  return arguments;
}

Result<void> execute(Call& call, int directory, uint64_t path_at, uint64_t argv_at, uint64_t envp_at, int flags) {
  const ScratchScope scratch(call.thread.shares_memory);
  uint64_t budget = argument_limit();
  ProgramRequest request;
  request.directory = directory;
  request.path = TRY(read_app_path(path_at));
  request.flags = flags;
  if (request.path.size() >= budget) return fail(E2BIG);
  budget -= request.path.size() + 1;
  request.arguments = TRY(read_strings(argv_at, budget));
  Handover handover;
  handover.environment = TRY(read_strings(envp_at, budget));
  // Of the program, its interpreter and the state, which a program that has used up its descriptors can still exec with.
  constexpr rlim_t kOwnDescriptors = 8;
  std::optional<RaisedSoftLimit> raised(std::in_place, RLIMIT_NOFILE, kOwnDescriptors);
  handover.files = TRY(open_program(std::move(request)));
  handover.options = options();
  handover.window_base = window::base();
  constexpr uint64_t kOfThisImage = window::bit_of(window::Slot::kProgram) | window::bit_of(window::Slot::kTags);
  handover.open_slots = window::open_slots() & ~kOfThisImage;
  handover.signal_mask = call.thread.mask;
  handover.ignored_faults = call.thread.actions->ignored_faults();
  std::optional<crypto::CipherScope> keys_in_registers;  // of copying
  std::vector<uint8_t> attested_state;
  if (file_namespace::is_active() || net::is_active()) {
    keys_in_registers.emplace();
    attested::save(attested_state);
  }
  handover.attested = attested_state;
  const OwnedFd state = TRY(write_handover(handover));
  wipe(attested_state);
  keys_in_registers.reset();
  raised.reset();  // the next program inherits the limit

  const std::vector<const char*> argv = kernel_arguments(handover.files);
  Text<32> resume;
  resume.append(launch::kResumeVariable).append("=").decimal(state.get());
  const char* const envp[] = {resume.c_str(), nullptr};

  if (!call.thread.shares_memory) volumes::settle();
  // Signals stay blocked until the new image has set up its entry. One that was captured goes back to pending.
  const uint64_t host_signals = block_host_signals();
  requeue_captured(call.thread);
  if (std::any_of(std::begin(call.thread.late), std::end(call.thread.late),
                  [](const abi::Siginfo& late) { return late.signo != 0; })) {
    set_host_signals(~uint64_t{0});  // the new image lets them through once it can hold them back
    for (const abi::Siginfo& late : call.thread.late) requeue(late);
  }
  if (net::hooks != nullptr && !call.thread.shares_memory) net::hooks->settle();
  statistics::write_line(*call.thread.counters, "exec");
  const int64_t error =
      gate::call(SYS_execveat, static_cast<uint64_t>(window::get(window::Slot::kRuntime)), gate::address_of(""),
                 gate::address_of(argv.data()), gate::address_of(envp), AT_EMPTY_PATH);
  set_host_signals(host_signals);
  return fail(static_cast<int>(-error));
}

int64_t check_code(Call& call, int flags) {
  const auto path = read_app_path(call.args[1]);
  if (!path) return -number_of(path.error());
  const auto file = file_namespace::open_code(call.int_arg(0), *path, flags);
  return file ? 0 : -number_of(file.error());
}

}  // namespace

int64_t sys_execve(Call& call) { return to_raw(execute(call, AT_FDCWD, call.args[0], call.args[1], call.args[2], 0)); }

int64_t sys_execveat(Call& call) {
  const int flags = call.int_arg(4);
  constexpr int kExecveCheck = 0x10000;  // AT_EXECVE_CHECK: executes nothing, the kernel's answer is the program's
  if ((flags & kExecveCheck) != 0)
    return file_namespace::is_active() ? check_code(call, flags & ~kExecveCheck) : pass(call);
  if ((flags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)) != 0) return -EINVAL;
  return to_raw(execute(call, call.int_arg(0), call.args[1], call.args[2], call.args[3], flags));
}

int64_t sys_exit(Call& call) {
  // With the last thread of the program the process ends, whatever threads the runtime has; the status is this thread's. Not by what
  // the kernel counts: for it a main thread that ended is one until the process ends.
  if (!call.thread.shares_memory && count_ended_thread()) return sys_exit_group(call);
  end_thread(call.thread, call.int_arg(0));
}

int64_t sys_exit_group(Call& call) {
  if (!call.thread.shares_memory) volumes::settle();
  block_host_signals();
  if (net::hooks != nullptr && !call.thread.shares_memory) net::hooks->settle();
  statistics::write_line(*call.thread.counters, "exit");
  while (true) gate::call(SYS_exit_group, call.args[0]);
}

}  // namespace redoubt::shim
