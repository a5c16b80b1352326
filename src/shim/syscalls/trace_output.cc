// SPDX-License-Identifier: Apache-2.0
//
// Lines of --trace.
#include "shim/syscalls/trace_output.h"

#include <sys/syscall.h>

#include "base/text.h"
#include "shim/files/window.h"
#include "shim/gate/gate.h"
#include "shim/process/thread.h"
#include "shim/syscalls/trace.h"

namespace redoubt::shim {
namespace {

constexpr size_t kLineSize = 4096;

// Calls after which nothing of this image runs: their line is written before they do.
bool may_not_return(uint64_t number) {
  return number == SYS_exit || number == SYS_exit_group || number == SYS_execve || number == SYS_execveat;
}

void write_call(const Call& call, int64_t result, bool finished) {
  char body[kLineSize];
  Text<kLineSize> line;
  line.append("[").decimal(static_cast<uint64_t>(gate::call(SYS_getpid)));
  line.append(" ").decimal(static_cast<uint64_t>(call.thread.tid)).append("] ");
  if (finished) {
    format_call(body, sizeof(body) - 64, call.row, call.number, call.args, result);
  } else {
    format_call(body, sizeof(body) - 64, call.row, call.number, call.args, std::nullopt);
  }
  line.append(body).append("\n");
  gate::call(SYS_write, static_cast<uint64_t>(window::get(window::Slot::kTrace)), gate::address_of(line.c_str()),
             line.size());
}

}  // namespace

void trace_entry(const Call& call) {
  if (may_not_return(call.number)) write_call(call, 0, false);
}

void trace_exit(const Call& call, int64_t result) { write_call(call, result, true); }

}  // namespace redoubt::shim
