// SPDX-License-Identifier: Apache-2.0
//
// The crash report. Allocates nothing and takes no locks: the heap may be what broke. Symbols come from the runtime's
// own .symtab, read with pread.
#include "shim/process/crash.h"

#include <elf.h>
#include <fcntl.h>
#include <immintrin.h>
#include <sys/syscall.h>

#include "base/text.h"
#include "shim/abi/signal_names.h"
#include "shim/entry/nested.h"
#include "shim/entry/thread_control.h"
#include "shim/files/standard_error.h"
#include "shim/files/window.h"
#include "shim/gate/gate.h"
#include "shim/process/options.h"
#include "shim/process/symbol_name.h"
#include "shim/process/thread.h"
#include "shim/syscalls/statistics.h"
#include "shim/syscalls/trace.h"

extern "C" const char __executable_start[];
extern "C" const char etext[];

namespace redoubt::shim {
namespace {

constinit bool program_is_private = false;

using Line = Text<1024>;

void print(const Line& line) { standard_error::write(line.view()); }

bool read_exactly(int fd, uint64_t offset, void* into, size_t size) {
  return gate::call(SYS_pread64, static_cast<uint64_t>(fd), gate::address_of(into), size, offset) ==
         static_cast<int64_t>(size);
}

// Finds function names in the executable's symbol table by scanning it: slow, and enough for a report.
class Symbols {
 public:
  Symbols() {
    fd_ = static_cast<int>(window::reopen(window::get(window::Slot::kRuntime), O_RDONLY | O_CLOEXEC));
    Elf64_Ehdr header;
    if (fd_ < 0 || !read_exactly(fd_, 0, &header, sizeof(header))) return;
    for (uint16_t i = 0; i < header.e_shnum; ++i) {
      Elf64_Shdr section;
      if (!read_exactly(fd_, header.e_shoff + uint64_t{i} * sizeof(section), &section, sizeof(section))) return;
      if (section.sh_type != SHT_SYMTAB) continue;
      table_ = section;
      read_exactly(fd_, header.e_shoff + uint64_t{section.sh_link} * sizeof(section), &names_, sizeof(names_));
    }
  }

  // Appends "name+0x12", or the offset in the file when the name is not known.
  void describe(Line& line, uint64_t address) const {
    const uint64_t relative = address - reinterpret_cast<uint64_t>(__executable_start);
    Elf64_Sym best{};
    bool found = false;
    Elf64_Sym chunk[64];
    for (uint64_t at = 0; at < table_.sh_size; at += sizeof(chunk)) {
      const uint64_t size = table_.sh_size - at < sizeof(chunk) ? table_.sh_size - at : sizeof(chunk);
      if (!read_exactly(fd_, table_.sh_offset + at, chunk, size)) break;
      for (uint64_t i = 0; i < size / sizeof(Elf64_Sym); ++i) {
        const Elf64_Sym& symbol = chunk[i];
        if (symbol.st_value > relative || symbol.st_shndx == SHN_UNDEF || symbol.st_name == 0) continue;
        if (ELF64_ST_TYPE(symbol.st_info) == STT_OBJECT || ELF64_ST_TYPE(symbol.st_info) == STT_TLS) continue;
        if (!found || symbol.st_value > best.st_value) best = symbol;
        found = true;
      }
    }
    char name[512] = {};
    if (found && gate::call(SYS_pread64, static_cast<uint64_t>(fd_), gate::address_of(name), sizeof(name) - 1,
                            names_.sh_offset + best.st_name) > 0) {
      append_symbol_name(line, name);
      line.append("+").hex(relative - best.st_value);
    } else {
      line.append("redoubt-run+").hex(relative);
    }
  }

 private:
  int fd_ = -1;
  Elf64_Shdr table_{};
  Elf64_Shdr names_{};
};

bool in_runtime(uint64_t address) {
  return address >= reinterpret_cast<uint64_t>(__executable_start) && address < reinterpret_cast<uint64_t>(etext);
}

// Frames of the shim keep %rbp (-fno-omit-frame-pointer); library frames may not, and end the walk early.
void print_backtrace(const ThreadControl& control, uint64_t rip, uint64_t rbp) {
  const Symbols symbols;
  const auto& thread = static_cast<const Thread&>(control);
  const auto low = reinterpret_cast<uint64_t>(thread.shim_stack);
  constexpr int kMostFrames = 32;
  for (int i = 0; i < kMostFrames && in_runtime(rip); ++i) {
    Line line;
    line.append("redoubt:   at ").hex(rip).append(" ");
    symbols.describe(line, rip);
    line.append("\n");
    print(line);
    if (low == 0 || rbp < low || rbp + 16 > low + kShimStackSize || rbp % 8 != 0) break;
    rip = reinterpret_cast<const uint64_t*>(rbp)[1];
    rbp = reinterpret_cast<const uint64_t*>(rbp)[0];
  }
}

// What an attested program reads and writes is not for whoever reads its standard error, unless its evidence said so.
bool may_show_arguments() { return !program_is_private || options().trace; }

void print_last_call(const ThreadControl& control) {
  Line line;
  line.append("redoubt: last call of the thread: ");
  const Row* const row = find_row(control.last_number);
  if (may_show_arguments()) {
    char text[512];
    format_call(text, sizeof(text), row, control.last_number, control.last_args, std::nullopt);
    line.append(text).append("\n");
  } else {
    line.append(row != nullptr ? row->name : "unknown").append("\n");
  }
  print(line);
}

[[noreturn]] void end_process() {
  statistics::write_line(statistics::process_counters(), "crash");
  while (true) gate::call(SYS_exit_group, kOwnFailure);
}

}  // namespace

void keep_program_out_of_reports() { program_is_private = true; }

void panic(const char* message) {
  block_host_signals();
  Line line;
  line.append("redoubt: internal error: ").append(message).append("\n");
  print(line);
  const ThreadControl* control = current_control_or_null();
  if (control != nullptr) {
    line.clear();
    line.append("redoubt: in thread ").decimal(static_cast<uint64_t>(gate::call(SYS_gettid))).append("\n");
    print(line);
    print_backtrace(*control, reinterpret_cast<uint64_t>(__builtin_return_address(0)),
                    reinterpret_cast<uint64_t>(__builtin_frame_address(0)));
    print_last_call(*control);
  }
  end_process();
}

}  // namespace redoubt::shim

// The strong definition of what the C library stand-ins (runtime_libc.cc) call when they find the heap corrupted, a
// pure virtual call or an uncaught exception.
extern "C" [[noreturn]] void runtime_fatal(const char* message) { redoubt::shim::panic(message); }

extern "C" void redoubt_report_crash(redoubt::shim::ThreadControl* control, int signal,
                                     const redoubt::abi::Siginfo* info, redoubt::abi::UserContext* frame) {
  using namespace redoubt::shim;
  control->selector = DISPATCH_ALLOW;
  _writefsbase_u64(control->shim_fs);
  block_host_signals();
  Line line;
  line.append("redoubt: internal error: ")
      .append(redoubt::abi::find_signal_name(signal))
      .append(" in the shim at address ");
  line.hex(info->address).append(", thread ").decimal(static_cast<uint64_t>(control->tid)).append("\n");
  print(line);
  print_backtrace(*control, frame->regs.rip, frame->regs.rbp);
  print_last_call(*control);
  line.clear();
  line.append("redoubt: the program was ended; this is a defect of Redoubt, not of the program\n");
  print(line);
  end_process();
}
