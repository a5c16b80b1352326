// SPDX-License-Identifier: Apache-2.0
//
// Requests to the runtime. Runs on the kernel's stack before any thread of the program exists.
#include "shim/launch.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string_view>

#include "base/text.h"
#include "shim/abi/errno_names.h"
#include "shim/attested/state.h"
#include "shim/files/insecure_manifest.h"
#include "shim/files/window.h"
#include "shim/gate/gate.h"
#include "shim/net/insecure_network.h"
#include "shim/process/crash.h"
#include "shim/process/elf_image.h"
#include "shim/syscalls/trace_output.h"

namespace redoubt::shim::launch {
namespace {

constexpr int kCannotExecute = 126;
constexpr int kNotFound = 127;

[[noreturn]] void exit_with(int status) {
  while (true) gate::call(SYS_exit_group, static_cast<uint64_t>(status));
}

void print(std::string_view text) { gate::call(SYS_write, 2, reinterpret_cast<uint64_t>(text.begin()), text.size()); }

[[noreturn]] void usage(std::string_view problem) {
  Text<512> line;
  line.append("redoubt-run: ").append(problem).append("; it is started by `redoubt run`, see `redoubt run --help`\n");
  print(line.view());
  exit_with(kOwnFailure);
}

const char* name_of(int error) {
  const abi::ErrnoName* known = abi::find_errno(error);
  return known != nullptr ? known->name : "unknown error";
}

struct Request {
  Options options;
  Outputs outputs;
  const char* program = nullptr;
  file_namespace::InsecureManifest manifest;
  std::string network;
  std::vector<std::string> arguments;
};

// The value of `--name=value`, or null.
const char* value_of(const char* argument, std::string_view name) {
  const std::string_view text(argument);
  return text.starts_with(name) && text.size() > name.size() && text[name.size()] == '=' ? argument + name.size() + 1
                                                                                         : nullptr;
}

Request parse(int argc, char** argv) {
  Request request;
  if (argc < 2 || std::strcmp(argv[1], "--launch") != 0) usage("the first argument must be --launch");
  int i = 2;
  for (; i < argc && std::strcmp(argv[i], "--") != 0; ++i) {
    if (std::strcmp(argv[i], "--trace") == 0) {
      request.options.trace = true;
    } else if (const char* filter = value_of(argv[i], "--trace-filter")) {
      request.options.trace = true;
      request.options.trace_filter = filter;
    } else if (std::strcmp(argv[i], "--stats") == 0) {
      request.options.stats = true;
    } else if (const char* file = value_of(argv[i], "--trace-output")) {
      request.options.trace = true;
      request.outputs.trace = file;
    } else if (const char* output = value_of(argv[i], "--stats-output")) {
      request.options.stats = true;
      request.outputs.stats = output;
    } else if (const char* count = value_of(argv[i], "--patch-after")) {
      const char* end = count + std::strlen(count);
      const auto parsed = std::from_chars(count, end, request.options.patch_after);
      if (parsed.ec != std::errc() || parsed.ptr != end || request.options.patch_after > Options::kLargestPatchAfter) {
        usage("--patch-after takes a number from 0 (never) to 254");
      }
    } else if (const char* path = value_of(argv[i], "--program")) {
      request.program = path;
    } else if (const char* manifest = value_of(argv[i], "--insecure-manifest")) {
      request.manifest.file = manifest;
    } else if (const char* network = value_of(argv[i], "--insecure-network")) {
      request.network = network;
    } else if (const char* injection = value_of(argv[i], "--insecure-inject")) {
      request.manifest.injections.emplace_back(injection);
    } else if (const char* volume = value_of(argv[i], "--insecure-volume")) {
      request.manifest.volumes.emplace_back(volume);
    } else {
      usage("unknown option");
    }
  }
  if (request.program == nullptr) usage("--program=PATH is missing");
  for (++i; i < argc; ++i) request.arguments.emplace_back(argv[i]);
  return request;
}

// Said before anything else is set up, and without a backtrace: it is the machine that lacks something.
void require_dispatch() {
  constexpr uint64_t kSetDispatch = 59, kDispatchOff = 0;  // PR_SET_SYSCALL_USER_DISPATCH
  if (!is_error(gate::call(SYS_prctl, kSetDispatch, kDispatchOff))) return;
  print(
      "redoubt: this kernel has no Syscall User Dispatch: expected Linux 5.11 or newer on x86-64, and no Redoubt or "
      "other "
      "sandbox around this one; see `redoubt doctor`\n");
  exit_with(kOwnFailure);
}

// Opens an output of the shim: a file to append to, or a copy of standard error.
void open_output(window::Slot slot, const std::string& file) {
  int64_t fd;
  if (!file.empty()) {
    fd = gate::call(SYS_openat, static_cast<uint64_t>(AT_FDCWD), gate::address_of(file.c_str()),
                    O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY | O_CLOEXEC, 0600);
  } else {
    fd = gate::call(SYS_fcntl, 2, F_DUPFD_CLOEXEC, 3);
  }
  if (is_error(fd)) {
    Text<4352> line;
    line.append("redoubt-run: cannot write to ").append(file.empty() ? "standard error" : file).append(": ");
    line.append(name_of(static_cast<int>(-fd))).append("\n");
    print(line.view());
    exit_with(kOwnFailure);
  }
  if (!window::put(slot, static_cast<int>(fd))) usage("no descriptor left for an output");
}

// `redoubt run` has checked the words and said what is wrong with them.
void take_trace_filter(const Options& options) {
  if (!start_trace(options.trace_filter)) usage("--trace-filter has a word that means nothing");
}

void open_essential(window::Slot slot, const char* path, uint64_t flags, const char* needed) {
  const int64_t fd = gate::call(SYS_openat, static_cast<uint64_t>(AT_FDCWD), gate::address_of(path), flags | O_CLOEXEC);
  if (fd == -EMFILE || fd == -ENFILE) usage("no descriptor is left below the limit (ulimit -n)");
  if (is_error(fd) || !window::put(slot, static_cast<int>(fd))) usage(needed);
}

// Whoever starts the runtime chooses its mounts: a directory of his own on /proc would choose what the runtime opens through it.
void open_proc() {
  open_essential(window::Slot::kProc, "/proc", O_PATH | O_DIRECTORY, "/proc is not mounted, and the shim needs it");
  constexpr uint64_t kRootInode = 1;  // PROC_ROOT_INO, include/linux/proc_fs.h
  const auto proc = static_cast<uint64_t>(window::get(window::Slot::kProc));
  struct statfs system {};
  struct stat root {};
  if (is_error(gate::call(SYS_fstatfs, proc, gate::address_of(&system))) || system.f_type != PROC_SUPER_MAGIC ||
      is_error(gate::call(SYS_fstat, proc, gate::address_of(&root))) || root.st_ino != kRootInode) {
    usage("/proc is something else than procfs: mount procfs there");
  }
}

// By /proc/self/exe, step by step, so that nothing mounted over one of them is taken for it: exec hands the program's secrets to
// what is opened here.
void open_own_file() {
  static constexpr char kWrong[] =
      "the runtime's own file cannot be opened through /proc/self/exe: something is mounted below /proc";
  const auto open_at = [](uint64_t directory, const char* name, uint64_t flags, uint64_t resolve) {
    const open_how how{.flags = flags | O_PATH | O_CLOEXEC, .mode = 0, .resolve = resolve};
    const int64_t fd = gate::call(SYS_openat2, directory, gate::address_of(name), gate::address_of(&how), sizeof(how));
    if (is_error(fd)) usage(kWrong);
    return OwnedFd(static_cast<int>(fd));
  };
  const auto number_of_fd = [](const OwnedFd& fd) { return static_cast<uint64_t>(fd.get()); };
  const OwnedFd self =
      open_at(static_cast<uint64_t>(window::get(window::Slot::kProc)), "self", O_DIRECTORY, RESOLVE_NO_XDEV);
  const OwnedFd link = open_at(number_of_fd(self), "exe", O_NOFOLLOW, RESOLVE_NO_XDEV);
  struct stat status {};
  if (is_error(gate::call(SYS_fstat, number_of_fd(link), gate::address_of(&status))) || !S_ISLNK(status.st_mode)) {
    usage(kWrong);
  }
  OwnedFd runtime = open_at(number_of_fd(self), "exe", 0, 0);
  if (!window::put(window::Slot::kRuntime, runtime.release())) usage(kWrong);
}

const char* explanation(int error) {
  switch (error) {
    case EACCES: return "expected a regular file that you may read and execute, on a file system without noexec";
    case ENOEXEC: return "expected a 64-bit x86-64 ELF program or a script that begins with #!";
    case ELIBBAD: return "its interpreter is not a 64-bit x86-64 ELF file";
    case ELOOP: return "too many symbolic links, or #! scripts that lead to each other";
    case E2BIG: return "arguments and environment are over the limit; see getconf ARG_MAX and ulimit -s";
    case EFAULT: return "the file is truncated: it ends before its last segment does";
    case EIO: return "the file is truncated: it ends within its headers";
    case EINVAL: return "its segments are not ones Linux can map";
    case ENOMEM: return "its addresses are taken, or memory is short";
    case ENOENT:
    case ENOTDIR:
    case ENAMETOOLONG: return "check the path";
    case EISDIR: return "expected a program, found a directory";
    default: return "";
  }
}

// A program whose last segment lies beyond the end of its file would start and die of SIGBUS: said before it starts.
bool is_truncated(int fd) {
  const auto image = parse_elf(
      [fd](uint64_t offset, std::span<uint8_t> into) { return read_at(fd, offset, into.data(), into.size()); },
      ENOEXEC);
  struct stat status;
  if (!image || !check_segments(*image) ||
      is_error(gate::call(SYS_fstat, static_cast<uint64_t>(fd), gate::address_of(&status))))
    return false;
  for (const Segment& segment : image->segments) {
    if (segment.offset + segment.file_size > static_cast<uint64_t>(status.st_size)) return true;
  }
  return false;
}

}  // namespace

void report_and_exit(const std::string& program, const std::string& culprit, Errno error) {
  const int number = number_of(error);
  Text<16384> line;
  line.append("redoubt: cannot run ").append(program).append(": ");
  if (culprit != program) line.append("its interpreter ").append(culprit).append(": ");
  const abi::ErrnoName* known = abi::find_errno(number);
  if (known != nullptr) line.append(known->text).append(" (").append(known->name).append("); ");
  line.append(explanation(number)).append("\n");
  print(line.view());
  exit_with(number == ENOENT ? kNotFound : kCannotExecute);
}

void open_descriptors(Handover& state, const Outputs& outputs) {
  require_dispatch();
  take_trace_filter(state.options);
  const auto base = window::choose_base();
  if (!base) {
    usage(
        "the shim needs 9 free descriptors from 8 to the hard limit (ulimit -Hn), which is below 17 or they are in "
        "use");
  }
  window::start(*base);
  open_proc();
  open_own_file();
  if (state.options.trace) open_output(window::Slot::kTrace, outputs.trace);
  if (state.options.stats) open_output(window::Slot::kStatistics, outputs.stats);
  window::fill();
  state.window_base = window::base();
}

namespace {

// Says so, because a manifest looks like protection.
void start_manifest(const file_namespace::InsecureManifest& manifest) {
  if (manifest.file.empty() && manifest.volumes.empty()) return;
  if (manifest.file.empty()) usage("--insecure-volume needs --insecure-manifest=FILE");
  const std::string problem = file_namespace::start_insecure(manifest);
  if (!problem.empty()) usage(problem);
  Text<4352> line;
  line.append("redoubt-run: unattested run with the files of ").append(manifest.file);
  line.append(" (--insecure-manifest): nothing is secret, and the host chose the manifest\n");
  for (const std::string& volume : manifest.volumes) {
    line.append("redoubt-run: the volume ").append(volume.substr(0, volume.rfind('=')));
    line.append(" (--insecure-volume) protects nothing: its key was on the command line\n");
  }
  print(line.view());
}

void start_network(const std::string& file) {
  if (file.empty()) return;
  const std::string problem = net::start_insecure(file);
  if (!problem.empty()) usage(problem);
  Text<4352> line;
  line.append("redoubt-run: unattested run with the network rules and keys of ").append(file);
  line.append(" (--insecure-network): nothing is secret, and the host chose the keys\n");
  print(line.view());
}

}  // namespace

Handover prepare(int argc, char** argv, char** environment, uint64_t host_signals) {
  Request request = parse(argc, argv);
  Handover state;
  state.options = request.options;
  state.signal_mask = host_signals;
  open_descriptors(state, request.outputs);
  for (char** entry = environment; *entry != nullptr; ++entry) {
    if (!std::string_view(*entry).starts_with("REDOUBT_")) state.environment.emplace_back(*entry);
  }
  start_manifest(request.manifest);
  start_network(request.network);
  std::string culprit;
  auto files = open_program(
      {.directory = AT_FDCWD, .path = request.program, .flags = 0, .arguments = std::move(request.arguments)},
      &culprit);
  if (!files) report_and_exit(request.program, culprit, files.error());
  if (is_truncated(files->program.get())) report_and_exit(request.program, request.program, as_errno(EFAULT));
  state.files = std::move(*files);
  return state;
}

const char* resume_descriptor(char** environment) {
  for (char** entry = environment; *entry != nullptr; ++entry) {
    if (const char* value = value_of(*entry, kResumeVariable)) return value;
  }
  return nullptr;
}

void show_arguments(char** argv, int argc, const std::vector<std::string>& arguments) {
  char* begin = argv[0];
  char* end = argv[argc - 1] + std::strlen(argv[argc - 1]) + 1;
  std::string text;
  for (const std::string& argument : arguments) text.append(argument.c_str(), argument.size() + 1);
  text.resize(static_cast<size_t>(end - begin), '\0');  // the launcher's arguments contain the program's: never shorter
  std::copy(text.begin(), text.end(), begin);
}

Handover resume(const char* descriptor) {
  int fd = -1;
  std::from_chars(descriptor, descriptor + std::strlen(descriptor), fd);
  auto state = read_handover(fd);
  if (!state) usage("REDOUBT_RESUME is for the runtime itself: the descriptor does not hold a handed-over state");
  take_trace_filter(state->options);
  window::start(state->window_base);
  window::adopt(state->open_slots);
  if (!state->attested.empty()) {
    const auto resumed = attested::resume(state->attested);
    if (!resumed) attested::report_and_exit(resumed.error(), "the program that exec names cannot start");
    release_attested(*state);
  }
  return std::move(*state);
}

}  // namespace redoubt::shim::launch
