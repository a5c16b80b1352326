// SPDX-License-Identifier: Apache-2.0
//
// Lines of --trace.
#include "shim/syscalls/trace_output.h"

#include <sys/syscall.h>

#include <optional>
#include <utility>

#include "base/text.h"
#include "shim/files/window.h"
#include "shim/gate/gate.h"
#include "shim/process/thread.h"
#include "shim/syscalls/trace.h"
#include "shim/syscalls/trace_match.h"

namespace redoubt::shim {
namespace {

constexpr size_t kLineSize = 4096;

TraceFilter filter;

// Calls after which nothing of this image runs: their line is written before they do.
bool may_not_return(uint64_t number) {
  return number == SYS_exit || number == SYS_exit_group || number == SYS_execve || number == SYS_execveat;
}

void write_call(const Call& call, std::optional<int64_t> result) {
  if (!matches(filter, call.row, call.number, call.args, result)) return;
  char body[kLineSize];
  Text<kLineSize> line;
  line.append("[").decimal(static_cast<uint64_t>(gate::call(SYS_getpid)));
  line.append(" ").decimal(static_cast<uint64_t>(call.thread.tid)).append("] ");
  format_call(body, sizeof(body) - 64, call.row, call.number, call.args, result);
  line.append(body).append("\n");
  gate::call(SYS_write, static_cast<uint64_t>(window::get(window::Slot::kTrace)), gate::address_of(line.c_str()),
             line.size());
}

}  // namespace

bool start_trace(std::string_view list) {
  auto parsed = parse_trace_filter(list);
  if (!parsed) return false;
  filter = std::move(*parsed);
  return true;
}

void trace_entry(const Call& call) {
  if (may_not_return(call.number)) write_call(call, std::nullopt);
}

void trace_exit(const Call& call, int64_t result) { write_call(call, result); }

}  // namespace redoubt::shim
