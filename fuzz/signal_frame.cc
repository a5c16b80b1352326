// SPDX-License-Identifier: Apache-2.0
//
// The frame that a program hands to rt_sigreturn: registers and vector state, from its own memory. The kernel's copy of the vector
// state, which it is loaded over, lies between guards.
#include <algorithm>

#include "fuzz/program_memory.h"
#include "shim/process/signals.h"

using namespace redoubt;
using namespace redoubt::shim;

namespace {

static_assert(sizeof(abi::UserContext) % 8 == 0);  // seeds are words
constexpr uint32_t kXstateSize = 832;              // x87, SSE and AVX, in the standard format
constexpr uint8_t kGuardByte = 0xa5;
constexpr size_t kGuard = 4096;

struct alignas(64) HostState {
  uint8_t before[kGuard];
  alignas(64) uint8_t state[kXstateSize];
  uint32_t magic2;
  uint8_t after[kGuard];
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static ProgramMemory memory;
  static HostState host;
  std::fill(std::begin(host.before), std::end(host.before), kGuardByte);
  std::fill(std::begin(host.after), std::end(host.after), kGuardByte);
  std::memset(host.state, 0, sizeof(host.state));
  host.magic2 = abi::kFpMagic2;
  auto& vector = *reinterpret_cast<abi::FpState*>(host.state);
  vector.mxcsr_mask = 0xffff;
  vector.software = {.magic1 = abi::kFpMagic1,
                     .extended_size = kXstateSize + 4,
                     .xfeatures = 7,
                     .xstate_size = kXstateSize,
                     .padding = {}};

  Thread thread;
  abi::UserContext frame{};
  frame.regs.cs = 0x33;
  frame.regs.ss = 0x2b;
  frame.regs.fpstate = reinterpret_cast<uint64_t>(host.state);
  frame.regs.rsp = memory.place(data, size);
  (void)pop_signal_frame(thread, frame);

  const auto untouched = [](uint8_t byte) { return byte == kGuardByte; };
  FUZZ_CHECK(std::all_of(std::begin(host.before), std::end(host.before), untouched));
  FUZZ_CHECK(std::all_of(std::begin(host.after), std::end(host.after), untouched));
  // What the kernel takes from here on must be what it accepts, or its own return from the signal would end the process.
  FUZZ_CHECK(host.magic2 == abi::kFpMagic2 && vector.software.magic1 == abi::kFpMagic1);
  FUZZ_CHECK(vector.software.xstate_size == kXstateSize && vector.software.extended_size == kXstateSize + 4);
  FUZZ_CHECK((vector.mxcsr & ~0xffffU) == 0 && vector.xcomp_bv == 0 && (vector.xstate_bv & ~uint64_t{7}) == 0);
  FUZZ_CHECK(frame.regs.fpstate == reinterpret_cast<uint64_t>(host.state));
  FUZZ_CHECK(frame.regs.cs == 0x33 && frame.regs.ss == 0x2b);
  constexpr uint64_t kSystemFlags = 0x23200;  // IF, IOPL, VM: no program's business
  FUZZ_CHECK((frame.regs.eflags & kSystemFlags & ~uint64_t{0x200}) == 0);
  return 0;
}

std::vector<std::string> fuzz_seeds() {
  abi::UserContext context{};
  context.regs.rip = 0x401000;
  context.regs.eflags = 0x202;
  context.regs.cs = 0x33;
  context.regs.ss = 0x2b;
  abi::FpState state{};
  state.mxcsr = abi::kInitialMxcsr;
  state.software = {.magic1 = abi::kFpMagic1,
                    .extended_size = kXstateSize + 4,
                    .xfeatures = 7,
                    .xstate_size = kXstateSize,
                    .padding = {}};
  state.xstate_bv = 7;
  std::vector<std::string> seeds;
  // Of the right size, and of one that no state of ours has.
  for (const uint32_t size : {kXstateSize, kXstateSize + 512}) {
    state.software.xstate_size = size;
    state.software.extended_size = size + 4;
    std::string vector(reinterpret_cast<const char*>(&state), sizeof(state));
    vector.resize(size);
    vector.append(reinterpret_cast<const char*>(&abi::kFpMagic2), sizeof(abi::kFpMagic2));
    vector.resize((vector.size() + 7) & ~size_t{7});
    for (const uint64_t at :
         {ProgramMemory::pointer(static_cast<int16_t>(vector.size())), ProgramMemory::pointer(600), uint64_t{0}}) {
      context.regs.fpstate = at;
      seeds.push_back(std::string(reinterpret_cast<const char*>(&context), sizeof(context)) + vector);
      seeds.emplace_back(reinterpret_cast<const char*>(&context), sizeof(context));
    }
  }
  return seeds;
}
