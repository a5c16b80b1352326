// SPDX-License-Identifier: Apache-2.0
//
// One generator a file, from a table. The kernel's own text is the base where only some fields are the runtime's.
#include "shim/files/proc_files.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/statfs.h>
#include <sys/syscall.h>

#include <charconv>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "shim/files/namespace.h"
#include "shim/files/raised_limit.h"
#include "shim/files/window.h"
#include "shim/gate/gate.h"
#include "shim/gate/host_answer.h"
#include "shim/memory/address_space.h"
#include "shim/memory/app_memory.h"
#include "shim/process/program.h"
#include "shim/process/program_file.h"
#include "shim/process/signals.h"
#include "shim/process/thread.h"

namespace redoubt::shim {
namespace {

constexpr std::string_view kSubstitutePrefix = "redoubt:";

// No file of /proc/PID that is read here comes near this; a host that never ends one must not end us.
constexpr size_t kLargestText = size_t{256} << 20;

std::string read_whole(int fd) {
  std::string text;
  char chunk[4096];
  while (true) {
    const auto got = gate::count_of(
        gate::call(SYS_read, static_cast<uint64_t>(fd), gate::address_of(chunk), sizeof(chunk)), sizeof(chunk));
    if (!got || *got == 0 || text.size() + *got > kLargestText) return text;
    text.append(chunk, *got);
  }
}

std::string read_memory(uint64_t begin, uint64_t end) {
  std::string bytes(end - begin, '\0');
  return copy_from_app(bytes.data(), begin, bytes.size()) ? bytes : std::string();
}

// fs/proc/base.c:get_mm_cmdline: a program that overwrote the last NUL of its arguments (setproctitle) has one string,
// which may run on into the environment.
std::string command_line(int) {
  const Program& info = program();
  std::string arguments = read_memory(info.arguments_start, info.arguments_end);
  if (arguments.empty() || arguments.back() == '\0') return arguments;
  if (const size_t nul = arguments.find('\0'); nul != std::string::npos) return arguments.substr(0, nul + 1);
  const std::string more = read_memory(info.environment_start, info.environment_end);
  return arguments + more.substr(0, more.find('\0') + 1);
}

std::string environment(int) { return read_memory(program().environment_start, program().environment_end); }

std::string auxiliary_vector(int) {
  const std::vector<uint64_t>& auxv = program().auxv;
  return {reinterpret_cast<const char*>(auxv.data()), auxv.size() * sizeof(uint64_t)};
}

bool parse_hex(std::string_view text, uint64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  return error == std::errc() && end == text.data() + text.size();
}

// "begin-end" at the start of a line of maps, or the name of an entry in map_files.
bool parse_range(std::string_view text, uint64_t& begin, uint64_t& end) {
  const size_t dash = text.find('-');
  return dash != std::string_view::npos && parse_hex(text.substr(0, dash), begin) &&
         parse_hex(text.substr(dash + 1), end);
}

// "/memfd:redoubt:PATH (deleted)" at the end of a line becomes PATH: a code file of an attested run.
void name_code(std::string& line) {
  const size_t name = line.find("/memfd:redoubt:");
  if (name != std::string::npos) line = line.substr(0, name) + name_of_substitute(line.substr(name));
}

// Writes the header line of one mapping for the part that is the program's. The kernel pads the name to column 73.
void append_mapping(std::string& out, uint64_t begin, uint64_t end, std::string_view attributes, const Heap& heap) {
  constexpr size_t kNameColumn = 73;
  Text<64> range;
  auto append_address = [&](uint64_t address) {
    char digits[17];
    const auto [last, error] = std::to_chars(digits, digits + sizeof(digits), address, 16);
    for (auto count = last - digits; count < 8; ++count) range.append('0');
    range.append(std::string_view(digits, static_cast<size_t>(last - digits)));
  };
  append_address(begin);
  range.append('-');
  append_address(end);
  std::string line(range.view());
  line += attributes;
  if (file_namespace::is_active()) name_code(line);
  const bool is_heap =
      begin < heap.end && end > heap.start;  // fs/proc/task_mmu.c: also one with the page before the heap
  // The name starts after five fields; the runtime's own [heap] label cannot be here.
  if (is_heap && line.find('/') == std::string::npos && line.find('[') == std::string::npos) {
    while (!line.empty() && (line.back() == ' ')) line.pop_back();
    while (line.size() < kNameColumn) line += ' ';
    line += "[heap]";
  }
  out += line;
  out += '\n';
}

// Code and data that the kernel maps into every process: [vdso], [vvar], [vvar_vclock], [vsyscall].
bool is_kernels_own(std::string_view line) {
  const size_t name = line.rfind(' ') + 1;
  return line.substr(name).starts_with("[v");
}

// The part of a line of maps behind the addresses: " r-xp 00001000 fe:00 42   /lib/x".
struct Attributes {
  std::string_view permissions, file;  // the file with its device and inode
  uint64_t offset = 0;
};
Attributes parse_attributes(std::string_view text) {
  constexpr size_t kPermissions = 6;  // with both blanks
  Attributes parsed;
  const size_t blank = text.find(' ', kPermissions);
  if (blank == std::string_view::npos || !parse_hex(text.substr(kPermissions, blank - kPermissions), parsed.offset)) {
    return {};
  }
  parsed.permissions = text.substr(0, kPermissions);
  parsed.file = text.substr(blank);
  return parsed;
}

// True where a mapping of code begins that was one with its neighbour until the patcher opened blocks of it. pprof, for one, takes
// the second mapping of a file for the file's beginning.
bool continues_code(AddressSpace& space, uint64_t begin, std::string_view attributes, uint64_t last_begin,
                    uint64_t last_end, std::string_view last_attributes) {
  if (begin != last_end) return false;
  const auto code = space.code().range_at(begin);
  if (!code || code->first >= begin) return false;
  const Attributes one = parse_attributes(last_attributes), other = parse_attributes(attributes);
  return !one.file.empty() && one.permissions == other.permissions && one.file == other.file &&
         one.offset + (last_end - last_begin) == other.offset;
}

// maps and smaps: each mapping's header line, and in smaps the lines that follow it, for the program's addresses.
std::string mappings(int fd) {
  const std::string text = read_whole(fd);
  AddressSpace& space = address_space();
  std::lock_guard lock(space.mutex());
  std::string out;
  bool shown = false;
  // The last line, while nothing follows it: in smaps something always does.
  uint64_t last_begin = 0, last_end = 0;
  std::string_view last_attributes;
  size_t last_at = 0;
  std::string_view rest(text);
  while (!rest.empty()) {
    const size_t newline = rest.find('\n');
    const std::string_view line = rest.substr(0, newline);
    rest = newline == std::string_view::npos ? std::string_view() : rest.substr(newline + 1);
    uint64_t begin, end;
    const size_t blank = line.find(' ');
    if (blank == std::string_view::npos || !parse_range(line.substr(0, blank), begin, end)) {
      if (shown) out.append(line).append("\n");  // a detail line of smaps
      last_end = 0;
      continue;
    }
    shown = false;
    if (is_kernels_own(line)) {
      out.append(line).append("\n");
      shown = true;
      continue;
    }
    space.owned().for_each(begin, end, [&](uint64_t low, uint64_t high) {
      const std::string_view attributes = line.substr(blank);
      if (low == begin && continues_code(space, low, attributes, last_begin, last_end, last_attributes)) {
        out.resize(last_at);
      } else {
        last_begin = low;
        last_attributes = attributes;
        last_at = out.size();
      }
      last_end = high;
      append_mapping(out, last_begin, last_end, last_attributes, space.heap());
      shown = true;
    });
  }
  return out;
}

// A code file's name in a line of numa_maps, where blanks are written as \040.
void name_placed_code(std::string& line) {
  constexpr std::string_view kDeleted = "\\040(deleted)";
  const size_t name = line.find("/memfd:redoubt:");
  if (name == std::string::npos) return;
  const size_t end = std::min(line.find(' ', name), line.size());
  std::string target = line.substr(name, end - name);
  if (target.ends_with(kDeleted)) target.replace(target.size() - kDeleted.size(), kDeleted.size(), " (deleted)");
  line.replace(name, end - name, name_of_substitute(target));
}

// numa_maps: a line a mapping, which begins with where the mapping begins and counts its pages. Where the kernel joined one of the
// program's with one of the runtime's, the counts are those of both.
std::string placements(int fd) {
  const std::string text = read_whole(fd);
  AddressSpace& space = address_space();
  std::lock_guard lock(space.mutex());
  const Heap heap = space.heap();
  std::string out;
  std::string_view rest(text);
  while (!rest.empty()) {
    const size_t newline = rest.find('\n');
    const std::string_view line = rest.substr(0, newline);
    rest = newline == std::string_view::npos ? std::string_view() : rest.substr(newline + 1);
    uint64_t begin = 0, next = 0;
    const size_t blank = line.find(' ');
    if (blank == std::string_view::npos || !parse_hex(line.substr(0, blank), begin)) continue;
    if (!parse_hex(rest.substr(0, rest.find(' ')), next) || next <= begin) next = begin + 1;
    bool is_first = true;
    space.owned().for_each(begin, next, [&](uint64_t low, uint64_t) {
      if (!is_first) return;
      is_first = false;
      char digits[17];
      const auto [last, error] = std::to_chars(digits, digits + sizeof(digits), low, 16);
      std::string shown(digits, last);
      shown.insert(0, 8 - std::min<size_t>(shown.size(), 8), '0');
      shown += line.substr(blank);
      if (file_namespace::is_active()) name_placed_code(shown);
      const size_t policy_end = shown.find(' ', shown.find(' ') + 1);
      if (low < heap.end && next > heap.start && shown.find(" file=") == std::string::npos)
        shown.insert(std::min(policy_end, shown.size()), " heap");
      out += shown;
      out += '\n';
    });
  }
  return out;
}

// Replaces the value of "Name:\t..." in a status text.
void set_status_field(std::string& text, std::string_view name, uint64_t value) {
  const size_t at = text.find("\n" + std::string(name) + ":\t");
  if (at == std::string::npos) return;
  const size_t begin = at + name.size() + 3;
  const size_t end = text.find('\n', begin);
  char digits[17];
  const auto [last, error] = std::to_chars(digits, digits + sizeof(digits), value, 16);
  std::string hex(digits, static_cast<size_t>(last - digits));
  hex.insert(0, 16 - hex.size(), '0');
  text.replace(begin, end - begin, hex);
}

struct SignalSets {
  uint64_t ignored = 0;
  uint64_t caught = 0;
};

SignalSets dispositions() {
  SignalSets sets;
  const SignalActions& actions = *current_thread().actions;
  for (int signal = 1; signal <= abi::kSignalCount; ++signal) {
    const uint64_t handler = actions.get(signal).handler;
    if (handler == abi::kIgnore) sets.ignored |= abi::mask_of(signal);
    if (handler > abi::kIgnore) sets.caught |= abi::mask_of(signal);
  }
  return sets;
}

std::string status(int fd) {
  std::string text = read_whole(fd);
  const SignalSets sets = dispositions();
  set_status_field(text, "SigBlk", current_thread().mask);
  set_status_field(text, "SigIgn", sets.ignored);
  set_status_field(text, "SigCgt", sets.caught);
  return text;
}

// stat: one line of blank-separated fields, numbered from 1 as in proc_pid_stat(5). The second, the command name in
// parentheses, may contain anything.
std::string stat_line(int fd) {
  std::string text = read_whole(fd);
  const size_t close = text.rfind(')');
  if (close == std::string::npos || close + 2 > text.size()) return text;
  std::vector<std::string> fields;
  std::string_view rest = std::string_view(text).substr(close + 2);
  while (!rest.empty()) {
    const size_t blank = rest.find_first_of(" \n");
    fields.emplace_back(rest.substr(0, blank));
    rest = blank == std::string_view::npos ? std::string_view() : rest.substr(blank + 1);
  }
  constexpr size_t kFirst = 3;  // the field after the name
  auto set = [&](size_t number, uint64_t value) {
    if (number - kFirst >= fields.size()) return;
    Text<24> digits;
    digits.decimal(value);
    fields[number - kFirst] = digits.c_str();
  };
  const Program& info = program();
  const SignalSets sets = dispositions();
  constexpr uint64_t kStandardSignals = 0x7fffffff;
  set(26, info.code_start);
  set(27, info.code_end);
  set(28, info.stack_start);
  set(32, current_thread().mask & kStandardSignals);
  set(33, sets.ignored & kStandardSignals);
  set(34, sets.caught & kStandardSignals);
  set(45, info.data_start);
  set(46, info.data_end);
  set(47, address_space().heap().start);
  set(48, info.arguments_start);
  set(49, info.arguments_end);
  set(50, info.environment_start);
  set(51, info.environment_end);
  std::string line = text.substr(0, close + 1);
  for (const std::string& field : fields) line.append(" ").append(field);
  line += '\n';
  return line;
}

struct Substitute {
  std::string_view name;
  std::string (*generate)(int fd);  // `fd` is open on the kernel's version
};
constexpr Substitute kSubstitutes[] = {
    {"cmdline", command_line}, {"environ", environment},  {"auxv", auxiliary_vector}, {"maps", mappings},
    {"smaps", mappings},       {"numa_maps", placements}, {"status", status},         {"stat", stat_line},
};

// A read-only descriptor of a sealed memory file with the given contents.
Result<OwnedFd> memory_file(const std::string& name, const std::string& contents) {
  OwnedFd file(static_cast<int>(
      TRY(from_raw(gate::call(SYS_memfd_create, gate::address_of(name.c_str()), MFD_ALLOW_SEALING | MFD_CLOEXEC)))));
  const RaisedSoftLimit raised(RLIMIT_FSIZE, RLIM_INFINITY);
  size_t done = 0;
  while (done < contents.size()) {
    const int64_t raw = gate::call(SYS_write, static_cast<uint64_t>(file.get()),
                                   gate::address_of(contents.data() + done), contents.size() - done);
    const size_t written = TRY(gate::count_of(raw, contents.size() - done));
    if (written == 0) return fail(EIO);
    done += written;
  }
  gate::call(SYS_fcntl, static_cast<uint64_t>(file.get()), F_ADD_SEALS,
             F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
  return OwnedFd(static_cast<int>(TRY(from_raw(window::reopen(file.get(), O_RDONLY | O_CLOEXEC)))));
}

Result<void> replace(int fd, int flags, const Substitute& substitute) {
  const std::string path = path_of_fd(fd);
  const std::string contents = substitute.generate(fd);
  const OwnedFd file = TRY(memory_file(std::string(kSubstitutePrefix) + path, contents));
  TRY(from_raw(gate::call(SYS_dup3, static_cast<uint64_t>(file.get()), static_cast<uint64_t>(fd),
                          static_cast<uint64_t>(flags & O_CLOEXEC))));
  return {};
}

}  // namespace

int64_t substitute_proc_file(int fd, int flags) {
  if ((flags & O_PATH) != 0 || (flags & O_ACCMODE) != O_RDONLY) return fd;
  const auto entry = proc_entry_of(fd);
  if (!entry || !is_own_process(entry->pid)) return fd;
  for (const Substitute& substitute : kSubstitutes) {
    if (substitute.name != entry->name) continue;
    if (const auto replaced = replace(fd, flags, substitute); !replaced) {
      gate::call(SYS_close, static_cast<uint64_t>(fd));
      return to_raw(replaced);
    }
    break;
  }
  return fd;
}

std::string name_of_substitute(const std::string& target) {
  constexpr std::string_view kMemfd = "/memfd:";
  constexpr std::string_view kDeleted = " (deleted)";
  std::string_view name(target);
  if (!name.starts_with(kMemfd)) return target;
  name.remove_prefix(kMemfd.size());
  if (!name.starts_with(kSubstitutePrefix)) return target;
  name.remove_prefix(kSubstitutePrefix.size());
  if (name.ends_with(kDeleted)) name.remove_suffix(kDeleted.size());
  return std::string(name);
}

bool hides_proc_entry(const ProcEntry& directory, std::string_view text) {
  if (directory.name == "fd" || directory.name == "fdinfo") {
    int fd = -1;
    std::from_chars(text.data(), text.data() + text.size(), fd);
    return window::contains(fd);
  }
  if (directory.name == "map_files") {
    uint64_t begin, end;
    if (!parse_range(text, begin, end)) return false;
    AddressSpace& space = address_space();
    std::lock_guard lock(space.mutex());
    return !space.owned().touches(begin, end);
  }
  return false;
}

}  // namespace redoubt::shim
