// SPDX-License-Identifier: Apache-2.0
//
// The arguments of execve in the program's memory, and the stack that is made of them. What comes out is compared with a reader
// that knows where the memory ends.
#include <elf.h>
#include <sys/syscall.h>

#include <algorithm>

#include "fuzz/program_memory.h"
#include "shim/gate/fake/fake_gate.h"
#include "shim/process/argument_block.h"
#include "shim/process/initial_stack.h"
#include "shim/process/program.h"

using namespace redoubt;
using namespace redoubt::shim;

namespace {

constexpr uint64_t kBudget = 120;  // small, so that inputs come close to it

struct Expected {
  int error = 0;
  std::vector<std::string> strings;
};

Expected read_simply(const ProgramMemory& memory, uint64_t at) {
  Expected result;
  uint64_t budget = kBudget;
  for (;; at += sizeof(uint64_t)) {
    if (!memory.holds(at, sizeof(uint64_t))) return {EFAULT, {}};
    const uint64_t from = *reinterpret_cast<const uint64_t*>(at);
    if (from == 0) return result;
    if (!memory.holds(from, 1)) return {EFAULT, {}};
    const auto* text = reinterpret_cast<const char*>(from);
    const size_t length = strnlen(text, memory.end() - from);
    if (length == memory.end() - from) return {EFAULT, {}};
    if (length + 1 + sizeof(uint64_t) > budget) return {E2BIG, {}};
    budget -= length + 1 + sizeof(uint64_t);
    result.strings.emplace_back(text, length);
  }
}

// Reads what a program would: argc, the pointers, their strings, the auxiliary vector.
void check_stack(uint64_t rsp, const uint8_t* begin, const uint8_t* end, const std::vector<std::string>& arguments,
                 const std::vector<std::string>& environment) {
  FUZZ_CHECK(rsp % 16 == 0 && rsp >= reinterpret_cast<uint64_t>(begin));
  const auto* word = reinterpret_cast<const uint64_t*>(rsp);
  FUZZ_CHECK(*word++ == arguments.size());
  const char* next = nullptr;  // where the string after the last one has to be
  for (const auto* strings : {&arguments, &environment}) {
    for (const std::string& text : *strings) {
      const auto* at = reinterpret_cast<const char*>(*word++);
      FUZZ_CHECK(at > reinterpret_cast<const char*>(begin) && at < reinterpret_cast<const char*>(end));
      FUZZ_CHECK(next == nullptr || at == next);
      FUZZ_CHECK(text == at);
      next = at + text.size() + 1;
    }
    FUZZ_CHECK(*word++ == 0);
  }
  FUZZ_CHECK(next == nullptr || reinterpret_cast<uint64_t>(next) == program().environment_end);
  bool has_entry = false;
  for (; word[0] != AT_NULL; word += 2) has_entry |= word[0] == AT_ENTRY && word[1] == 0x1234;
  FUZZ_CHECK(has_entry && reinterpret_cast<const uint8_t*>(word + 2) < end);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static ProgramMemory memory;
  const uint64_t at = memory.place(data, size);
  const Expected expected = read_simply(memory, at);
  uint64_t budget = kBudget;
  const auto strings = read_strings(at, budget);
  if (!strings) {
    FUZZ_CHECK(number_of(strings.error()) == expected.error);
    return 0;
  }
  FUZZ_CHECK(expected.error == 0 && *strings == expected.strings);

  // Any split of them into arguments and environment.
  const size_t count = size == 0 ? 0 : data[0] % (strings->size() + 1);
  const std::vector<std::string> arguments(strings->begin(), strings->begin() + static_cast<ptrdiff_t>(count));
  const std::vector<std::string> environment(strings->begin() + static_cast<ptrdiff_t>(count), strings->end());
  static std::vector<uint8_t> stack(8192);
  const gate::FakeGate host([](const gate::HostCall&) -> int64_t { return 0; });
  const uint64_t rsp = build_initial_stack({.top = reinterpret_cast<uint64_t>(stack.data() + stack.size()),
                                            .exec_name = "/bin/program",
                                            .arguments = arguments,
                                            .environment = environment,
                                            .program_headers = 0x40,
                                            .program_header_count = 1,
                                            .interpreter_base = 0,
                                            .entry = 0x1234});
  check_stack(rsp, stack.data(), stack.data() + stack.size(), arguments, environment);
  return 0;
}

std::vector<std::string> fuzz_seeds() {
  const auto to = ProgramMemory::pointer;
  return {Words().word(to(24)).word(to(16)).word(to(8)).word(0).text("one").text("two").text("three").bytes,
          Words().word(to(3)).word(to(2)).word(0).text("arguments").bytes,
          Words().word(to(8)).word(0).word(0x6161616161616161).bytes,
          Words().word(to(-8)).word(0).bytes,
          Words().word(to(0x4000)).word(0xffffffff80000000).word(0).text("x").bytes,
          Words().word(to(8)).word(to(8)).word(to(8)).word(0).text("").bytes};
}
