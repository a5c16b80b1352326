// SPDX-License-Identifier: Apache-2.0
//
// The state that one image of the runtime hands to the next.
#include <sys/syscall.h>

#include <bit>
#include <climits>
#include <cstring>

#include "fuzz/target.h"
#include "shim/files/window.h"
#include "shim/gate/fake/fake_gate.h"
#include "shim/process/handover.h"

using namespace redoubt;
using namespace redoubt::shim;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // Closing what the input names as descriptors would close the fuzzer's own.
  const gate::FakeGate no_host([](const gate::HostCall&) -> int64_t { return -ENOSYS; });
  const auto state = parse_handover({reinterpret_cast<const char*>(data), size});
  if (!state) {
    FUZZ_CHECK(state.error() == as_errno(EINVAL));
    return 0;
  }
  // Every number of the window is a descriptor's, and none is one of the program's first ones.
  const int extension = std::bit_width(state->open_slots) - window::kSize;
  FUZZ_CHECK(state->window_base >= 0 && state->window_base <= INT_MAX - window::kSize);
  FUZZ_CHECK(extension <= 0 || state->window_base - extension >= window::kLowestBase);
  size_t strings =
      state->files.exec_name.size() + state->files.command_name.size() + state->options.trace_filter.size() + 3;
  for (const auto* list : {&state->files.arguments, &state->environment}) {
    for (const std::string& text : *list) strings += text.size() + 1;
  }
  FUZZ_CHECK(strings < size);
  return 0;
}

std::vector<std::string> fuzz_seeds() {
  std::string written;
  const gate::FakeGate host([&](const gate::HostCall& call) -> int64_t {
    if (call.number == SYS_memfd_create) return 5;
    if (call.number != SYS_write) return 0;
    written.append(reinterpret_cast<const char*>(call.args[1]), call.args[2]);
    return static_cast<int64_t>(call.args[2]);
  });
  Handover state;
  state.files.program = OwnedFd(7);
  state.window_base = 1000;
  state.files.arguments = {"one", "two"};
  state.environment = {"A=1"};
  (void)write_handover(state);
  return {written};
}
