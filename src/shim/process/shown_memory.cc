// SPDX-License-Identifier: Apache-2.0
#include "shim/process/shown_memory.h"

#include <fcntl.h>
#include <linux/prctl.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "shim/attested/state.h"
#include "shim/files/window.h"
#include "shim/gate/gate.h"
#include "shim/gate/host_answer.h"
#include "shim/process/program.h"

namespace redoubt::shim {
namespace {

// proc(5), /proc/PID/stat: numbers of its fields, from 1.
enum Field : size_t {
  kName = 2,
  kStartCode = 26,
  kEndCode = 27,
  kStartStack = 28,
  kStartData = 45,
  kEndData = 46,
  kStartBrk = 47,
  kFields = 53
};

using Fields = std::array<uint64_t, kFields>;

// The number in each field behind the name; of those that are no unsigned number, 0. False when fields are missing.
bool parse(std::string_view text, Fields& fields) {
  const size_t name_end = text.rfind(')');  // a name may contain anything
  if (name_end == std::string_view::npos) return false;
  text.remove_prefix(name_end + 1);
  size_t field = kName;
  while (!text.empty() && text.front() == ' ' && ++field < kFields) {
    text.remove_prefix(1);
    std::from_chars(text.data(), text.data() + text.size(), fields[field]);
    text.remove_prefix(std::min(text.find(' '), text.size()));
  }
  return field > kStartBrk;
}

bool read_own_fields(Fields& fields) {
  const auto fd = gate::descriptor_of(gate::call(SYS_openat, static_cast<uint64_t>(window::get(window::Slot::kProc)),
                                                 gate::address_of("self/stat"), O_RDONLY | O_CLOEXEC));
  if (!fd) return false;
  char text[2048];
  const auto size = gate::count_of(
      gate::call(SYS_read, static_cast<uint64_t>(*fd), gate::address_of(text), sizeof(text)), sizeof(text));
  gate::call(SYS_close, static_cast<uint64_t>(*fd));
  return size && parse({text, *size}, fields);
}

}  // namespace

void show_program_memory() {
  if (attested::state() != nullptr) return;  // there they are secret
  Fields now{};
  if (!read_own_fields(now)) return;
  const Program& info = program();
  // The kernel takes all or nothing: what is not the program's strings stays as it is, the heap of the runtime's libc above all.
  prctl_mm_map map{};
  map.start_code = now[kStartCode];
  map.end_code = now[kEndCode];
  map.start_data = now[kStartData];
  map.end_data = now[kEndData];
  map.start_brk = now[kStartBrk];
  map.brk = static_cast<uint64_t>(gate::call(SYS_brk, 0));
  map.start_stack = now[kStartStack];
  map.arg_start = info.arguments_start;
  map.arg_end = info.arguments_end;
  map.env_start = info.environment_start;
  map.env_end = info.environment_end;
  map.exe_fd = static_cast<uint32_t>(-1);  // unchanged, as is the auxiliary vector of size 0
  gate::call(SYS_prctl, PR_SET_MM, PR_SET_MM_MAP, gate::address_of(&map), sizeof(map));
}

}  // namespace redoubt::shim
