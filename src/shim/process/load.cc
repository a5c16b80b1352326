// SPDX-License-Identifier: Apache-2.0
//
// The second half of load_elf_binary(): mapping segments, the break, and the initial stack (initial_stack.cc).
#include "shim/process/load.h"

#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cstring>

#include "shim/abi/auxiliary.h"
#include "shim/files/namespace.h"
#include "shim/files/proc_path.h"
#include "shim/gate/gate.h"
#include "shim/memory/address_space.h"
#include "shim/process/elf_image.h"
#include "shim/process/initial_stack.h"
#include "shim/process/program.h"

namespace redoubt::shim {
namespace {

constexpr uint64_t kPage = 4096;
constexpr uint64_t page_down(uint64_t address) { return address & ~(kPage - 1); }
constexpr uint64_t page_up(uint64_t address) { return (address + kPage - 1) & ~(kPage - 1); }

// Position-independent programs are placed in their usual region, above the break of the runtime (which the kernel
// keeps at 0x555555554000 and up) and within the range that sanitizers expect (0x550000000000 to 0x568000000000).
constexpr uint64_t kProgramRegion = 0x557000000000;
constexpr uint64_t kProgramRegionSize = 0x00f000000000;
constexpr uint64_t kBreakRandomness = 0x02000000;  // 32 MiB, as arch_randomize_brk

bool randomized() { return (gate::call(SYS_personality, 0xffffffff) & ADDR_NO_RANDOMIZE) == 0; }

uint64_t random_below(uint64_t limit) {
  if (!randomized()) return 0;
  uint64_t value = 0;
  gate::call(SYS_getrandom, gate::address_of(&value), sizeof(value), 0);
  return value % limit;
}

FileReader reader_of(int fd) {
  return [fd](uint64_t offset, std::span<uint8_t> into) { return read_at(fd, offset, into.data(), into.size()); };
}

Result<uint64_t> host_map(uint64_t address, uint64_t size, int protection, int flags, int fd, uint64_t offset) {
  return from_raw(gate::call(SYS_mmap, address, size, static_cast<uint64_t>(protection), static_cast<uint64_t>(flags),
                             static_cast<uint64_t>(fd), offset));
}

// The pages of the image's segments, before the bias.
RangeSet pages_of(const ElfImage& image) {
  RangeSet pages;
  for (const Segment& segment : image.segments) {
    if (segment.memory_size == 0) continue;
    pages.add(page_down(segment.address), page_up(segment.address + segment.memory_size));
  }
  return pages;
}

// At fixed addresses only the segments themselves need room: what lies between them may belong to somebody else.
Result<void> reserve_segments(const ElfImage& image, int flags) {
  Result<void> reserved;
  pages_of(image).for_each(0, UINT64_MAX, [&](uint64_t begin, uint64_t end) {
    if (!reserved) return;
    const auto mapped = host_map(begin, end - begin, PROT_NONE, flags | MAP_FIXED_NOREPLACE, -1, 0);
    if (!mapped) reserved = std::unexpected(mapped.error());
  });
  return reserved;
}

// Reserves room for the image and returns the bias to add to its addresses. Where it lies anywhere, that is one piece: the
// holes between segments are given back by map_image.
Result<uint64_t> place(const ElfImage& image, bool is_interpreter) {
  constexpr int kReserve = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  const uint64_t size = image.high() - image.low();
  if (!image.position_independent) {
    TRY_VOID(reserve_segments(image, kReserve));
    return 0;
  }
  if (!is_interpreter) {
    for (int attempt = 0; attempt < 8; ++attempt) {
      uint64_t at = kProgramRegion + page_down(random_below(kProgramRegionSize - size % kProgramRegionSize));
      at = (at + image.alignment - 1) & ~(image.alignment - 1);
      const auto placed = host_map(at, size, PROT_NONE, kReserve | MAP_FIXED_NOREPLACE, -1, 0);
      if (placed) return *placed - image.low();
    }
  }
  // Anywhere, with room to align.
  const uint64_t slack = image.alignment > kPage ? image.alignment : 0;
  const uint64_t at = TRY(host_map(0, size + slack, PROT_NONE, kReserve, -1, 0));
  const uint64_t aligned = (at + image.alignment - 1) & ~(image.alignment - 1);
  if (aligned > at) gate::call(SYS_munmap, at, aligned - at);
  if (const uint64_t tail = at + size + slack; tail > aligned + size) {
    gate::call(SYS_munmap, aligned + size, tail - aligned - size);
  }
  return aligned - image.low();
}

Result<void> map_segment(const Segment& segment, uint64_t bias, int fd) {
  const uint64_t begin = page_down(segment.address + bias);
  const uint64_t file_end = segment.address + bias + segment.file_size;
  const uint64_t memory_end = segment.address + bias + segment.memory_size;
  uint64_t mapped_end = begin;
  if (segment.file_size != 0) {
    mapped_end = page_up(file_end);
    TRY(host_map(begin, mapped_end - begin, segment.protection, MAP_PRIVATE | MAP_FIXED, fd,
                 page_down(segment.offset)));
  }
  // As vm_brk_flags() maps them: .bss can be written whatever the segment says.
  if (segment.memory_size > segment.file_size && page_up(memory_end) > mapped_end) {
    const int protection = PROT_READ | PROT_WRITE | (segment.protection & PROT_EXEC);
    TRY(host_map(mapped_end, page_up(memory_end) - mapped_end, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
                 0));
  }
  // The rest of the last file page belongs to .bss, to its end: ld.so allocates there. A file that ends before the
  // segment says would fault here; the kernel answers such a program with SIGSEGV too.
  if (segment.memory_size > segment.file_size && segment.file_size != 0 && (segment.protection & PROT_WRITE) != 0 &&
      file_end % kPage != 0) {
    struct stat status;
    TRY(from_raw(gate::call(SYS_fstat, static_cast<uint64_t>(fd), gate::address_of(&status))));
    if (page_down(segment.offset + segment.file_size) >= page_up(static_cast<uint64_t>(status.st_size))) {
      return fail(EFAULT);
    }
    std::fill(reinterpret_cast<uint8_t*>(file_end), reinterpret_cast<uint8_t*>(page_up(file_end)), uint8_t{0});
  }
  return {};
}

// Maps every segment over its reservation and gives the holes back.
Result<void> map_image(const ElfImage& image, uint64_t bias, int fd) {
  RangeSet holes;
  if (image.position_independent) holes.add(image.low() + bias, image.high() + bias);
  for (const Segment& segment : image.segments) {
    if (segment.memory_size == 0) continue;
    TRY_VOID(map_segment(segment, bias, fd));
    const uint64_t begin = page_down(segment.address + bias);
    const uint64_t end = page_up(segment.address + bias + segment.memory_size);
    holes.remove(begin, end);
    address_space().owned().add(begin, end);
    if (page_down(segment.offset) == 0) address_space().add_image(begin);
    if (segment.protection == (PROT_READ | PROT_EXEC)) {
      address_space().code().add(begin, page_up(segment.address + bias + segment.file_size));
    }
  }
  holes.for_each(0, UINT64_MAX, [](uint64_t begin, uint64_t end) { gate::call(SYS_munmap, begin, end - begin); });
  return {};
}

void record_ranges(const ElfImage& image, uint64_t bias) {
  Program& info = program();
  info.code_start = UINT64_MAX;
  for (const Segment& segment : image.segments) {
    const uint64_t begin = segment.address + bias;
    if ((segment.protection & PROT_EXEC) != 0) {
      info.code_start = std::min(info.code_start, begin);
      info.code_end = std::max(info.code_end, begin + segment.file_size);
    }
    if (begin >= info.data_start) {
      info.data_start = begin;
      info.data_end = begin + segment.file_size;
    }
  }
  if (info.code_end == 0) info.code_start = 0;
  Heap& heap = address_space().heap();
  heap.start = page_up(image.high() + bias) + page_down(random_below(kBreakRandomness));
  heap.end = heap.start;
}

// One past the kernel's stack mapping: it ends with the name of the executed file and a null word.
uint64_t end_of_stack() {
  const auto* name = reinterpret_cast<const char*>(abi::host_auxiliary(AT_EXECFN));
  return page_up(reinterpret_cast<uint64_t>(name) + std::strlen(name) + 1 + sizeof(uint64_t));
}

// The whole mapping counts as the program's, the few pages above `top` that the start of the runtime used included:
// the stack limit is measured from the end of the mapping, and libc derives the guard page's address from both. Its
// lowest page may be as far down as the limit says; the kernel grows it.
void own_stack(uint64_t top, bool executable) {
  rlimit limit{};
  gate::call(SYS_prlimit64, 0, RLIMIT_STACK, 0, gate::address_of(&limit));
  constexpr uint64_t kLargestStack = uint64_t{1} << 40;
  const uint64_t size = std::min<uint64_t>(limit.rlim_cur, kLargestStack);
  Program& info = program();
  info.stack_top = end_of_stack();
  address_space().owned().add(info.stack_top - std::min(page_up(size), info.stack_top - kPage), info.stack_top);
  if (executable) {
    gate::call(SYS_mprotect, page_down(top) - kPage, kPage, PROT_READ | PROT_WRITE | PROT_EXEC | PROT_GROWSDOWN);
  }
}

}  // namespace

Program& program() {
  static Program info;
  return info;
}

Result<EntryPoint> load_program(const ProgramFiles& files, const std::vector<std::string>& environment,
                                uint64_t stack_top) {
  const ElfImage image = TRY(parse_elf(reader_of(files.program.get()), ENOEXEC));
  // A program of no segments leaves everything to its interpreter.
  uint64_t bias = 0;
  if (!image.segments.empty() || !files.interpreter.valid()) {
    TRY_VOID(check_segments(image));
    bias = TRY(place(image, false));
    TRY_VOID(map_image(image, bias, files.program.get()));
  }
  record_ranges(image, bias);
  program().executable = file_namespace::name_of_special(files.program.get());
  if (program().executable.empty()) program().executable = path_of_fd(files.program.get());

  uint64_t entry = image.entry + bias;
  uint64_t interpreter_base = 0;
  if (files.interpreter.valid()) {
    const ElfImage interpreter = TRY(parse_elf(reader_of(files.interpreter.get()), ELIBBAD));
    TRY_VOID(check_segments(interpreter));
    const uint64_t interpreter_bias = TRY(place(interpreter, true));
    TRY_VOID(map_image(interpreter, interpreter_bias, files.interpreter.get()));
    interpreter_base = interpreter_bias;
    entry = interpreter.entry + interpreter_bias;
  }
  own_stack(stack_top, image.executable_stack);

  const StackRequest request{.top = stack_top,
                             .exec_name = files.exec_name,
                             .arguments = files.arguments,
                             .environment = environment,
                             .program_headers = image.program_headers + bias,
                             .program_header_count = image.program_header_count,
                             .interpreter_base = interpreter_base,
                             .entry = image.entry + bias};
  const uint64_t rsp = build_initial_stack(request);
  return EntryPoint{.rip = entry, .rsp = rsp};
}

}  // namespace redoubt::shim
