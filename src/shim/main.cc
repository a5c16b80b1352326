// SPDX-License-Identifier: Apache-2.0
//
// redoubt-run: the runtime. Started by `redoubt run` (--launch) or by itself on the program's execve.
//
//   1  read the request: arguments of --launch, or the state handed over by the previous image (REDOUBT_RESUME), or a request
//      for an attested start (--attested), which gets the program, its arguments and environment from CAS
//   2  open what the shim keeps open, above the program's descriptors
//   3  leave the kernel's stack to the program and go on with one of our own
//   4  become the program's first thread: thread control block, alternate stack, Syscall User Dispatch, signals
//   5  map the program, build its stack, enter it
//
// All signals are blocked from the first instruction to the entry.
#include <fcntl.h>
#include <malloc.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cstring>
#include <optional>

#include "base/text.h"
#include "shim/attested/request.h"
#include "shim/attested/start.h"
#include "shim/entry/nested.h"
#include "shim/entry/start.h"
#include "shim/files/own_executable.h"
#include "shim/files/standard_error.h"
#include "shim/files/window.h"
#include "shim/gate/gate.h"
#include "shim/launch.h"
#include "shim/patch/patcher.h"
#include "shim/process/cipher_guard.h"
#include "shim/process/crash.h"
#include "shim/process/handover.h"
#include "shim/process/load.h"
#include "shim/process/shown_memory.h"
#include "shim/process/signals.h"
#include "shim/process/thread.h"
#include "shim/syscalls/statistics.h"

namespace redoubt::shim {
namespace {

struct Boot {
  Handover state;
  bool resumed;
  uint64_t stack_top;
  void* shim_stack;
};

void require_host_features() {
  constexpr uint64_t kFsgsbase = 2;  // HWCAP2_FSGSBASE
  if ((getauxval(AT_HWCAP2) & kFsgsbase) == 0) {
    panic(
        "the host does not let programs use the FSGSBASE instructions (Linux 5.9 or newer on a CPU of 2012 or newer); "
        "see `redoubt doctor`");
  }
}

// The registers a program starts with: all zero but the two that matter.
abi::UserContext initial_context(const Thread& thread, const EntryPoint& entry) {
  constexpr uint64_t kStrictSegments = 0x6;  // UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS
  abi::UserContext context{};
  context.flags = kStrictSegments;
  context.stack = thread.host_stack();
  context.regs.rip = entry.rip;
  context.regs.rsp = entry.rsp;
  context.regs.eflags = 0x202;  // interrupts on, and the bit that is always set
  context.regs.cs = 0x33;       // __USER_CS
  context.regs.ss = 0x2b;       // __USER_DS
  context.sigmask = abi::host_mask(thread.mask);
  return context;
}

[[noreturn]] void fail_to_load(const Boot& boot, Errno error) {
  if (!boot.resumed) launch::report_and_exit(boot.state.files.exec_name, boot.state.files.exec_name, error);
  // Past the point of no return of an exec, Linux ends the process the same way.
  abi::Siginfo info{};
  info.signo = SIGSEGV;
  info.code = 0x80;  // SI_KERNEL
  die_by_signal(current_thread(), info);
}

[[noreturn]] void run_program(void* argument) {
  Boot& boot = *static_cast<Boot*>(argument);
  static Thread thread;
  static SignalActions actions;
  thread.is_main = true;
  thread.shim_stack = boot.shim_stack;
  thread.actions = &actions;
  thread.counters = &statistics::process_counters();
  thread.mask = boot.state.signal_mask;
  attach_thread(thread);
  actions.start(boot.state.ignored_faults);
  block_host_signals();  // lets in what main() left blocked, and what waited for it

  const auto entry = load_program(boot.state.files, boot.state.environment, boot.stack_top);
  if (!entry) fail_to_load(boot, entry.error());
  gate::call(SYS_prctl, PR_SET_NAME, gate::address_of(boot.state.files.command_name.c_str()));
  show_program_memory();
  // Fails only where the program lowered its hard limit on descriptors: then /proc/self/exe goes by path.
  [[maybe_unused]] const auto kept = window::put(window::Slot::kProgram, boot.state.files.program.release());
  static abi::UserContext context;
  context = initial_context(thread, *entry);
  delete &boot;
  redoubt_enter_program(&context);
}

// What was blocked stays blocked: a fault signal that waits would find no handler yet.
uint64_t block_signals_at_start() {
  const uint64_t all = abi::kBlockAll;
  uint64_t previous = 0;
  gate::call(SYS_rt_sigprocmask, SIG_BLOCK, gate::address_of(&all), gate::address_of(&previous), abi::kSigsetSize);
  return previous;
}

// Buffers of records and of reads and writes come and go with every call: memory that went back to the kernel each time would
// cost its page faults each time.
void tune_allocator() {
  constexpr int kKept = 2 << 20;  // the largest such buffer, with room
  mallopt(M_ARENA_MAX, 2);        // an arena a thread would reserve 64 MiB each of the program's address space
  mallopt(M_MMAP_THRESHOLD, kKept);
  mallopt(M_TRIM_THRESHOLD, kKept);
}

}  // namespace
}  // namespace redoubt::shim

int main(int argc, char** argv) {
  using namespace redoubt::shim;
  const uint64_t host_signals = block_signals_at_start();
  standard_error::start();
  require_host_features();
  start_cipher_guard();
  tune_allocator();

  auto boot = std::make_unique<Boot>();
  const char* attested_request = attested::request_descriptor(argc, argv);
  const char* resumed_from = launch::resume_descriptor(initial_environment);
  boot->resumed = attested_request == nullptr && resumed_from != nullptr;
  if (attested_request != nullptr) {
    boot->state = attested::start(attested_request, argc, argv, initial_environment, host_signals);
  } else if (boot->resumed) {
    boot->state = launch::resume(resumed_from);
  } else {
    boot->state = launch::prepare(argc, argv, initial_environment, host_signals);
    launch::show_arguments(argv, argc, boot->state.files.arguments);
  }
  set_options(boot->state.options);
  patch::start();
  own_executable::start();

  // What lies above stays: libc's auxiliary vector is there, and the frames that led here.
  constexpr uint64_t kGap = 4096;
  boot->stack_top = (reinterpret_cast<uint64_t>(__builtin_frame_address(0)) - kGap) & ~uint64_t{15};
  void* stack = allocate_shim_stack();
  if (stack == nullptr) panic("no memory for the shim's stack");
  boot->shim_stack = stack;
  redoubt_call_on_stack(static_cast<uint8_t*>(stack) + kShimStackSize, run_program, boot.release());
}
