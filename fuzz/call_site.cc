// SPDX-License-Identifier: Apache-2.0
//
// The instruction decoder, and the proof that a call site may be rewritten: two bytes of the function's address, one of the
// number, and the function.
#include <algorithm>

#include "fuzz/target.h"
#include "shim/patch/call_site.h"
#include "shim/patch/instruction.h"

using namespace redoubt::shim::patch;

namespace {

constexpr size_t kHead = 3;

bool in_one_page(uint64_t begin, uint64_t end) { return begin / 4096 == (end - 1) / 4096; }

// What examine() promises of a site, from the instructions alone.
void check(std::span<const uint8_t> code, uint64_t address, size_t offset, uint64_t number, const CallSite& site) {
  FUZZ_CHECK(offset >= site.size && code[offset] == 0x0f && code[offset + 1] == 0x05);
  const size_t first = offset - site.size;
  FUZZ_CHECK(in_one_page(address + first, address + offset));
  FUZZ_CHECK(site.size >= site.jump_size());
  size_t hole_end = site.hole;
  if (site.hole_size != 0) {
    FUZZ_CHECK(site.hole_size >= kJumpSize && site.hole <= code.size() && site.hole_size <= code.size() - site.hole);
    hole_end = site.hole + site.hole_size;
    FUZZ_CHECK(in_one_page(address + std::min(first, site.hole), address + site.hole + kJumpSize));
    FUZZ_CHECK(hole_end <= first || site.hole >= offset + kSyscallSize);
    const auto reach = static_cast<int64_t>(site.hole) - static_cast<int64_t>(first + kShortJumpSize);
    FUZZ_CHECK(reach >= -128 && reach <= 127);
  }
  if (!site.is_displaced) {  // the number as the instruction has it
    FUZZ_CHECK(site.size == 2 ? number == 0 : number < 0x80000000 && code[offset - 4] == (number & 0xff));
  }
  size_t end = code.size();
  while (end > 0 && code[end - 1] == 0xcc) --end;
  bool begins = false;
  for (size_t at = 0; at < end;) {
    const auto instruction = decode(code.subspan(at));
    FUZZ_CHECK(instruction.has_value() && code[at] != 0xcc);
    if (at == first) {
      begins = true;
      FUZZ_CHECK(instruction->length == site.size);
      FUZZ_CHECK(!site.is_displaced || (instruction->is_movable && !instruction->branch));
    }
    at += instruction->length;
    if (!instruction->branch) continue;
    const uint64_t target = at + static_cast<uint64_t>(*instruction->branch);
    FUZZ_CHECK(target <= first || target >= offset);
    FUZZ_CHECK(target < site.hole || target >= hole_end);
  }
  FUZZ_CHECK(begins);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < kHead) return 0;
  const uint64_t address = 0x400000 + (data[0] | uint64_t{data[1]} << 8);
  const std::span code(data + kHead, size - kHead);
  const auto instruction = decode(code);
  FUZZ_CHECK(!instruction ||
             (instruction->length >= 1 && instruction->length <= 15 && instruction->length <= code.size()));
  for (size_t offset = 0; offset <= code.size(); ++offset) {
    for (const uint64_t number : {uint64_t{0}, uint64_t{data[2]}}) {
      if (const auto site = examine(code, address, offset, number)) check(code, address, offset, number, *site);
    }
  }
  return 0;
}

std::vector<std::string> fuzz_seeds() {
  using namespace std::string_literals;
  return {
      "\x00\x00\x27\xf3\x0f\x1e\xfa\xb8\x27\x00\x00\x00\x0f\x05\x48\x3d\x01\xf0\xff\xff\x73\xea\xc3"s,
      "\x00\x00\x00\x31\xc0\x0f\x05\xc3\x66\x2e\x0f\x1f\x84\x00\x00\x00\x00\x00\x48\x89\xf8\xc3"s,
      "\xfe\x0f\x00\x80\x3d\x00\x00\x00\x00\x00\x74\x13\x31\xc0\x0f\x05\x48\x3d\x00\xf0\xff\xff\x77\x4e\xc3\x0f\x1f\x44\x00\x00\xc3"s,
      "\x00\x00\x00\x4d\x89\xc8\x4c\x8b\x4c\x24\x08\x0f\x05\x48\x3d\x01\xf0\xff\xff\x73\x01\xc3\xf7\xd8\xc3"s,
      "\x00\x00\x01\x48\x89\xce\x48\x89\xdf\x0f\x05\x48\x89\xd3\xc3\xcc\xcc\xcc\xcc\xcc\xcc\xcc\xcc\xcc\xcc"s,
      "\x00\x00\x27\x48\xc7\xc0\x27\x00\x00\x00\x0f\x05\xc3\xcc"s,
      "\x00\x00\x03\x62\xf1\xfe\x48\x6f\x06\xc4\xe2\x7d\x58\xc0\xb8\x03\x00\x00\x00\x0f\x05\xe8\x00\x00\x00\x00\xc3"s,
  };
}
