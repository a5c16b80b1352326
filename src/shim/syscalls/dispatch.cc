// SPDX-License-Identifier: Apache-2.0
//
// One path for every call: find the row, keep the program's hands off the shim's descriptors, count, perform, trace.
// Deny by default: no row, no call.
#include "shim/syscalls/dispatch.h"

#include "shim/files/attested_calls.h"
#include "shim/files/namespace.h"
#include "shim/files/own_descriptors.h"
#include "shim/gate/gate.h"
#include "shim/net/shield.h"
#include "shim/process/options.h"
#include "shim/syscalls/call.h"
#include "shim/syscalls/shim_time.h"
#include "shim/syscalls/statistics.h"
#include "shim/syscalls/trace_output.h"
#include "shim/volumes/mounts.h"

namespace redoubt::shim {
namespace {

// x32 numbers carry this bit; the shim speaks x86-64 only, like a kernel built without CONFIG_X86_X32_ABI.
constexpr uint64_t kX32Bit = 0x40000000;

int64_t decide_on_others(Call& call) {
  if (net::is_active() && call.row->treatment != Treatment::kRefused) [[unlikely]] {
    if (const auto answer = net::intercept(call)) return *answer;
  }
  return decide_beyond_network(call);
}

int64_t decide(Call& call) {
  if (call.row == nullptr) return -ENOSYS;
  if (const auto answer = own_descriptors::answer(call, decide_on_others)) return *answer;
  return decide_on_others(call);
}

}  // namespace

int64_t decide_beyond_network(Call& call) {
  if (file_namespace::is_active() && call.row->treatment != Treatment::kRefused) [[unlikely]] {
    if (const auto answer = file_namespace::intercept(call)) return *answer;
  }
  switch (call.row->treatment) {
    case Treatment::kHandled: return call.row->handler(call);
    case Treatment::kPassed: return pass(call);
    case Treatment::kRefused: return -call.row->refusal;
  }
  return -ENOSYS;
}

int64_t perform(Call& call) {
  const int64_t result = decide(call);
  if (volumes::is_active()) [[unlikely]]
    volumes::after_call(call, result);
  return result;
}

int64_t pass(Call& call) {
  return host_for_program(static_cast<int64_t>(call.number), call.args[0], call.args[1], call.args[2], call.args[3],
                          call.args[4], call.args[5]);
}

int64_t pass_with(Call& call, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5) {
  return host_for_program(static_cast<int64_t>(call.number), a0, a1, a2, a3, a4, a5);
}

int64_t perform_other(Call& call, uint64_t number, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3) {
  Call other{
      .number = number, .args = {a0, a1, a2, a3}, .row = find_row(number), .thread = call.thread, .frame = call.frame};
  return perform(other);
}

namespace {

// For --trace and --stats.
int64_t observe(Call& call) {
  const uint64_t begin = options().stats ? shim_clock() : 0;
  call.thread.host_nanoseconds = 0;
  if (options().trace) trace_entry(call);
  const int64_t result = perform(call);
  if (options().stats) statistics::count_time(*call.thread.counters, begin, call.thread.host_nanoseconds);
  if (options().trace) trace_exit(call, result);
  return result;
}

}  // namespace

int64_t dispatch(Thread& thread, abi::UserContext& frame) {
  const abi::SignalContext& regs = frame.regs;
  const uint64_t number = static_cast<uint32_t>(regs.rax);  // all that the kernel looks at
  Call call{.number = number,
            .args = {regs.rdi, regs.rsi, regs.rdx, regs.r10, regs.r8, regs.r9},
            .row = (number & kX32Bit) != 0 ? nullptr : find_row(number),
            .thread = thread,
            .frame = frame};
  thread.last_number = number;
  for (int i = 0; i < 6; ++i) thread.last_args[i] = call.args[i];
  statistics::count(*thread.counters, number);

  if (!options().trace && !options().stats) [[likely]]
    return perform(call);
  return observe(call);
}

}  // namespace redoubt::shim
