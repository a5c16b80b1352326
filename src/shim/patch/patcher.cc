// SPDX-License-Identifier: Apache-2.0
//
// What is rewritten, when, and how it is written under threads that run over it (Intel SDM volume 3, 8.1.3; the order is
// that of the kernel's text_poke_bp()):
//
//   1  int3 in the first byte       whoever comes by raises SIGTRAP and goes on in the slot, or behind (is_own_trap)
//   2  the bytes behind it            nobody executes them: membarrier(SYNC_CORE) made every processor see the int3
//   3  the first byte               after another, so that nobody sees it with the old four
//
// Everything here that changes anything holds AddressSpace::mutex, fork included.
#include "shim/patch/patcher.h"

#include <fcntl.h>
#include <linux/membarrier.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "shim/files/window.h"
#include "shim/gate/gate.h"
#include "shim/gate/host_answer.h"
#include "shim/memory/app_memory.h"
#include "shim/patch/call_site.h"
#include "shim/patch/call_way.h"
#include "shim/patch/go_table.h"
#include "shim/patch/patched_call.h"
#include "shim/patch/slots.h"
#include "shim/patch/trap_counts.h"
#include "shim/patch/unwind_table.h"
#include "shim/process/crash.h"
#include "shim/process/options.h"
#include "shim/syscalls/row.h"

extern "C" {
// By descriptor number: not zero where a call must go through the shim (gate.S).
__attribute__((visibility("hidden"))) uint8_t redoubt_descriptor_marks[65536];
}

namespace redoubt::shim::patch {
namespace {

constexpr uint8_t kBreakpoint = 0xcc;
constexpr uint8_t kNop = 0x90;
constexpr uint8_t kNearJump = 0xe9;
constexpr uint8_t kShortJump = 0xeb;
constexpr uint64_t kLargestFunction = uint64_t{64} << 10;

std::atomic<bool> is_on = false;
bool is_prepared = false;  // guarded by AddressSpace::mutex
std::atomic<uint64_t> active_count = 0;

alignas(kPage) constinit TrapCounts own_counts;
// Of the processes that descend from each other by fork; null if there is no memory for it.
constinit std::atomic<TrapCounts*> shared_counts = nullptr;

// What due() was when somebody looked last.
struct Seen {
  std::atomic<uint64_t> own, shared;
};
constinit Seen seen = {};

void share_counts() {
  const int64_t raw = gate::call(SYS_mmap, 0, sizeof(TrapCounts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                                 static_cast<uint64_t>(-1), 0);
  if (!is_error(raw)) shared_counts = reinterpret_cast<TrapCounts*>(raw);  // zeros
}

int64_t membarrier(uint64_t command) { return gate::call(SYS_membarrier, command); }

void synchronize_processors() {
  if (membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE) == 0) return;
  // The registration of start() was this process's; a child may need one of its own. Without, a site would stay half written
  // under running threads.
  CHECK(membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE) == 0);
  CHECK(membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE) == 0);
}

// False when the page is not there: its file ends before it, be it since a moment ago. Nobody executes it then.
bool write_site(uint64_t first_at, std::span<const uint8_t> bytes) {
  if (!copy_to_app(first_at, &kBreakpoint, 1)) return false;
  synchronize_processors();
  if (!copy_to_app(first_at + 1, bytes.data() + 1, bytes.size() - 1)) return false;
  synchronize_processors();
  if (!copy_to_app(first_at, bytes.data(), 1)) return false;
  synchronize_processors();
  return true;
}

// fork copies the page table of a mapping that holds pages of the process's own, all of it, and a child takes it down again: for
// libc's code some 20 microseconds. So a mapping is opened, and with that split for good, by blocks: the kernel joins neighbours
// that were both open, and a mapping more costs fork less than a microsecond.
constexpr uint64_t kOpenedBlock = uint64_t{64} << 10;

// Makes code writable while it lives: of the mapping, the blocks that the range touches.
class Writable {
 public:
  using Mapping = std::pair<uint64_t, uint64_t>;
  Writable(const Mapping& mapping, uint64_t begin, uint64_t end)
      : begin_(std::max(mapping.first, begin & ~(kOpenedBlock - 1))),
        size_(std::min(mapping.second, (end + kOpenedBlock - 1) & ~(kOpenedBlock - 1)) - begin_) {
    is_open_ = gate::call(SYS_mprotect, begin_, size_, PROT_READ | PROT_WRITE | PROT_EXEC) == 0;
  }
  ~Writable() {
    if (is_open_) CHECK(gate::call(SYS_mprotect, begin_, size_, PROT_READ | PROT_EXEC) == 0);
  }
  Writable(const Writable&) = delete;
  Writable& operator=(const Writable&) = delete;
  explicit operator bool() const { return is_open_; }

 private:
  uint64_t begin_, size_;
  bool is_open_;
};

bool read_program(void* to, uint64_t address, size_t size) { return copy_from_app(to, address, size); }

// Go's table in the image whose header is at `header`. Finding it may take a search through the image, so the last answer is kept,
// until code goes away.
struct KnownGoTable {
  uint64_t header;
  std::optional<GoTable> table;
};
std::optional<KnownGoTable> known_go_table;  // guarded by AddressSpace::mutex

std::optional<Function> function_at(uint64_t header, uint64_t address) {
  if (const auto function = find_function(read_program, header, address)) return function;
  if (!known_go_table || known_go_table->header != header) {
    known_go_table = {.header = header, .table = find_go_table(read_program, header)};
  }
  return known_go_table->table ? find_go_function(read_program, *known_go_table->table, address) : std::nullopt;
}

// The hole of the result is an address.
std::optional<CallSite> prove(AddressSpace& space, uint64_t mapping, uint64_t syscall_at, uint64_t number) {
  const auto header = space.image_before(mapping);
  const auto function = header ? function_at(*header, syscall_at) : std::nullopt;
  if (!function || function->end - function->begin > kLargestFunction ||
      !space.code().covers(function->begin, function->end)) {
    return std::nullopt;
  }
  std::vector<uint8_t> bytes(function->end - function->begin);
  if (!copy_from_app(bytes.data(), function->begin, bytes.size())) return std::nullopt;
  // As the program has it: what a jump left of a longer instruction is none, and would shift all that follows.
  for_each_slot([&](const Slot& slot) {
    if (slot.active == 0 || slot.first_at() < function->begin || slot.syscall_at() >= function->end) return;
    std::copy_n(slot.instruction, slot.size, &bytes[slot.first_at() - function->begin]);
  });
  auto site = examine(bytes, function->begin, syscall_at - function->begin, number);
  if (site && site->hole_size != 0) site->hole += function->begin;
  return site;
}

// A debugger takes the breakpoint of a site being written for its own or the program's, and goes on behind it, which is in the
// middle of an instruction.
bool is_traced() {
  const auto fd = gate::descriptor_of(gate::call(SYS_openat, static_cast<uint64_t>(window::get(window::Slot::kProc)),
                                                 gate::address_of("self/status"), O_RDONLY | O_CLOEXEC));
  if (!fd) return false;
  char text[1024];
  const auto size = gate::count_of(
      gate::call(SYS_read, static_cast<uint64_t>(*fd), gate::address_of(text), sizeof(text)), sizeof(text));
  gate::call(SYS_close, static_cast<uint64_t>(*fd));
  if (!size) return false;
  constexpr std::string_view kField = "\nTracerPid:\t";
  const std::string_view status(text, *size);
  const size_t at = status.find(kField);
  return at != std::string_view::npos && !status.substr(at + kField.size()).starts_with("0\n");
}

bool prepare(const abi::UserContext& frame) {
  if (is_prepared) return true;
  if (!learn_vector_format(frame)) return false;
  for (int fd = window::first(); fd <= window::last(); ++fd) {
    if (fd >= 0 && static_cast<size_t>(fd) < sizeof(redoubt_descriptor_marks)) redoubt_descriptor_marks[fd] = 1;
  }
  fill_call_ways();
  return is_prepared = true;
}

using Jump = std::array<uint8_t, kJumpSize>;

Jump near_jump(uint64_t from, uint64_t to) {
  Jump jump{kNearJump};
  const auto displacement = static_cast<uint32_t>(to - (from + kJumpSize));
  std::memcpy(jump.data() + 1, &displacement, sizeof(displacement));
  return jump;
}

size_t jump_size(const Slot& slot) { return slot.hole == 0 ? kJumpSize : kShortJumpSize; }

// What stands at slot.first_at() while the site is rewritten. Its first jump_size() bytes count. What they leave of a longer
// instruction stays: nobody executes it.
Jump jump_of(const Slot& slot) {
  if (slot.hole == 0) return near_jump(slot.first_at(), code_of(slot));
  return {kShortJump, static_cast<uint8_t>(slot.hole - (slot.first_at() + kShortJumpSize))};
}

// A hole keeps its jump for ever: a thread may stand on it, and nobody else comes by.
bool write_jumps(Slot& slot, const CallSite& site) {
  slot.hole = site.hole_size != 0 ? site.hole : 0;
  if (slot.hole != 0) {
    std::array<uint8_t, kMostOfHole> padding;
    padding.fill(kNop);
    const Jump far = near_jump(slot.hole, code_of(slot));
    std::copy(far.begin(), far.end(), padding.begin());
    if (!copy_to_app(slot.hole, padding.data(), std::min(site.hole_size, padding.size()))) return false;
  }
  const Jump jump = jump_of(slot);
  return write_site(slot.first_at(), std::span(jump).first(jump_size(slot)));
}

bool is_rewritten(uint64_t syscall_at) {
  bool found = false;
  for_each_slot([&](const Slot& slot) { found |= slot.active != 0 && slot.syscall_at() == syscall_at; });
  return found;
}

// `frame` is the kernel's, of this call or another, or there was one before.
void rewrite(uint64_t syscall_at, uint64_t number, const abi::UserContext& frame) {
  const Row* row = find_row(number);
  // Unwinders know the end of a handler by its instructions.
  if (number == SYS_rt_sigreturn) return;
  AddressSpace& space = address_space();
  const std::lock_guard lock(space.mutex());
  if (!is_on.load(std::memory_order_relaxed)) return;
  const auto mapping = space.code().range_at(syscall_at);
  if (!mapping || is_rewritten(syscall_at)) return;
  const auto site = prove(space, mapping->first, syscall_at, number);
  if (!site || (!site->is_displaced && row == nullptr) || is_traced()) return;
  if (!prepare(frame)) {
    is_on = false;
    return;
  }
  std::array<uint8_t, kLongestInstruction> instruction;
  if (!copy_from_app(instruction.data(), syscall_at - site->size, site->size)) return;
  Slot* slot = take({.syscall_at = syscall_at,
                     .instruction = std::span(instruction).first(site->size),
                     .is_displaced = site->is_displaced,
                     .number = site->is_displaced ? 0 : static_cast<uint32_t>(number),
                     .target = gate::address_of(site->is_displaced ? redoubt_gate_patched_by_number : way_of(*row))});
  if (slot == nullptr) return;
  const uint64_t hole = site->hole_size != 0 ? site->hole : syscall_at;
  const Writable writable(*mapping, std::min(slot->first_at(), hole), std::max(syscall_at, hole + site->hole_size));
  if (!writable) return;
  slot->active = 1;
  if (write_jumps(*slot, *site)) {
    ++active_count;
  } else {
    slot->active = 0;
  }
}

void restore(AddressSpace& space, const Slot& slot) {
  const auto mapping = space.code().range_at(slot.first_at());
  const Jump expected = jump_of(slot);
  const size_t size = jump_size(slot);
  Jump present{};
  if (!mapping || !copy_from_app(present.data(), slot.first_at(), size) ||
      std::memcmp(present.data(), expected.data(), size) != 0) {
    return;
  }
  const Writable writable(*mapping, slot.first_at(), slot.syscall_at());
  if (writable) (void)write_site(slot.first_at(), std::span(slot.instruction).first(size));
}

}  // namespace

void start() {
  if (options().patch_after == 0) return;
  // Once for all, as long as there is one thread: later it would wait for every processor.
  is_on = membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE) == 0;
  if (is_on) share_counts();  // now: made at the first fork, it would lie where the program has just unmapped something
}

void note_trap(Thread& thread, const abi::UserContext& frame) {
  if (!is_on.load(std::memory_order_relaxed)) return;
  const uint64_t syscall_at = frame.regs.rip - kSyscallSize, number = frame.regs.rax;
  const uint8_t limit = options().patch_after;
  const bool is_due = own_counts.add(syscall_at, number, limit);
  // A child that shares memory may be killed at any instruction, and would leave the lock behind.
  if (thread.shares_memory) {
    if (is_due) own_counts.mark_due(syscall_at, number);
    return;
  }
  TrapCounts* const shared = shared_counts.load(std::memory_order_relaxed);
  if (shared != nullptr && shared->add(syscall_at, number, limit)) shared->mark_due(syscall_at, number);
  if (is_due) rewrite(syscall_at, number, frame);
}

void rewrite_for_children(const Thread& thread, const abi::UserContext& frame) {
  if (!is_on.load(std::memory_order_relaxed) || thread.shares_memory) return;
  const auto decide = [&](uint64_t syscall_at, uint64_t number) {
    if (own_counts.decide(syscall_at, number)) rewrite(syscall_at, number, frame);
  };
  const auto look_at = [&](const TrapCounts& counts, std::atomic<uint64_t>& last) {
    const uint64_t due = counts.due();
    if (due == last.load(std::memory_order_relaxed)) return;
    last.store(due, std::memory_order_relaxed);
    counts.for_each_due(decide);
  };
  look_at(own_counts, seen.own);
  if (const TrapCounts* const shared = shared_counts; shared != nullptr) look_at(*shared, seen.shared);
}

void give_back(AddressSpace& space, uint64_t begin, uint64_t end) {
  if (!space.code().touches(begin, end)) return;
  known_go_table.reset();
  if (active_count != 0) {
    for_each_slot([&](Slot& slot) {
      if (slot.active == 0 || slot.first_at() >= end || slot.syscall_at() + kSyscallSize <= begin) return;
      restore(space, slot);
      slot.active = 0;
      --active_count;
    });
  }
  space.code().remove(begin, end);
}

bool is_own_trap(abi::UserContext& frame, const abi::Siginfo& info) {
  // A step ended on the way to the site's own instruction, which is the next step.
  constexpr uint64_t kTrapFlag = 0x100;
  if (info.code == abi::kTraced) {
    return (frame.regs.eflags & kTrapFlag) != 0 && is_on_way_to_instruction(frame.regs.rip);
  }
  if (info.code != abi::kRaisedByKernel) return false;
  const uint64_t first_at = frame.regs.rip - 1;
  const Slot* slot = slot_of(first_at);
  if (slot == nullptr) return false;
  if (slot->active != 0) {
    if (slot->is_displaced) {
      frame.regs.rip = code_of(*slot);
    } else {
      frame.regs.rax = slot->number;
      frame.regs.rip = slot->syscall_at();
    }
    return true;
  }
  // Given back meanwhile, unless the program has a breakpoint of its own there.
  uint8_t byte;
  if (!copy_from_app(&byte, first_at, 1) || byte == kBreakpoint) return false;
  frame.regs.rip = first_at;
  return true;
}

bool stop() {
  const std::lock_guard lock(address_space().mutex());
  is_on = false;
  return retarget(gate::address_of(redoubt_patched_refused));
}

uint64_t site_count() { return active_count; }

}  // namespace redoubt::shim::patch
