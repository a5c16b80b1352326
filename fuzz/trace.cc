// SPDX-License-Identifier: Apache-2.0
//
// A line of --trace, which a crash report prints too: any call with any arguments, decoded from the program's memory. An input is
// the number, the six arguments and the result, and then what they point to. What follows the numbers is a --trace-filter as well.
#include "shim/syscalls/trace.h"

#include <optional>

#include "fuzz/program_memory.h"
#include "shim/abi/numbers.h"
#include "shim/syscalls/trace_match.h"

using namespace redoubt;
using namespace redoubt::shim;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t kWords = 8;
  if (size < kWords * sizeof(uint64_t)) return 0;
  static ProgramMemory memory;
  memory.place(data, size);
  uint64_t words[kWords];
  std::memcpy(words, data, sizeof(words));
  const uint64_t number = words[0] % 512;
  uint64_t args[6];
  for (size_t i = 0; i < 6; ++i) args[i] = memory.resolve(words[1 + i]);
  const std::string list(reinterpret_cast<const char*>(data) + sizeof(words), size - sizeof(words));
  const auto filter = parse_trace_filter(list);
  if (!filter) FUZZ_CHECK(list.contains(filter.error()));
  const TraceFilter descriptor = *parse_trace_filter("fd=3");
  for (const std::optional<int64_t> result :
       {std::optional(static_cast<int64_t>(words[7])), std::optional<int64_t>()}) {
    (void)matches(descriptor, find_row(number), number, args, result);
    if (filter) (void)matches(*filter, find_row(number), number, args, result);
  }
  // Exactly sized, so that a sanitizer sees the first byte beyond.
  for (const size_t capacity : {size_t{1024}, size_t{40}, size_t{8}}) {
    std::vector<char> line(capacity, 'x');
    const std::optional<int64_t> results[] = {static_cast<int64_t>(words[7]), std::nullopt};
    for (const auto& result : results) {
      const size_t length = format_call(line.data(), line.size(), find_row(number), number, args, result);
      FUZZ_CHECK(length < capacity && std::strlen(line.data()) == length);
    }
  }
  return 0;
}

std::vector<std::string> fuzz_seeds() {
  // Of every call, with arguments that are small numbers and pointers in turn.
  std::vector<std::string> seeds;
  const auto to = ProgramMemory::pointer;
  for (uint64_t number = 0; number < 470; ++number) {
    for (const unsigned pointers : {0x3fU, 0x2aU, 0x15U, 0x02U}) {
      Words words;
      words.word(number);
      for (unsigned i = 0; i < 6; ++i)
        words.word((pointers >> i & 1) != 0 ? to(static_cast<int16_t>(96 - 16 * i)) : 3 + i);
      words.word(number % 3 == 0 ? uint64_t{0} - 2 : 5);
      words.word(to(80))
          .word(4)
          .word(to(64))
          .word(2)
          .word(0x0100007f50000002)
          .word(0)
          .text("a line\nof text")
          .text("/dev/null");
      words.word(to(32)).word(16).word(to(24)).word(0);
      seeds.push_back(words.bytes);
    }
  }
  for (const char* list :
       {"read,write,!fd=3", "%file,failed", "!%refused,!failed", "fd=2147483647", "fd=-1", "!!read", ",", "%"}) {
    Words words;
    for (unsigned i = 0; i < 8; ++i) words.word(i);
    seeds.push_back(words.bytes + list);
  }
  return seeds;
}
