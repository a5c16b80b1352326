// SPDX-License-Identifier: Apache-2.0
//
// Opening what exec is asked to run, in the order of do_open_execat(), load_script() and load_elf_binary().
#include "shim/process/program_file.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/text.h"
#include "shim/files/namespace.h"
#include "shim/files/own_executable.h"
#include "shim/files/window.h"
#include "shim/gate/gate.h"
#include "shim/gate/host_answer.h"
#include "shim/process/elf_image.h"
#include "shim/process/script.h"

namespace redoubt::shim {
namespace {

constexpr int kMaximumDepth = 5;  // of `#!` in `#!`, fs/exec.c:exec_binprm

std::string text_of(uint64_t number) {
  Text<24> text;
  text.decimal(number);
  return std::string(text.c_str());
}

constexpr uint64_t kExecveCheck = 0x10000;  // AT_EXECVE_CHECK, Linux 6.14

// Whether the kernel would execute this file. With AT_EXECVE_CHECK it says so itself, ETXTBSY for a file that is open for
// writing included; older kernels are asked about permission only.
Result<void> check_executable(int fd) {
  const int64_t checked =
      gate::call(SYS_execveat, static_cast<uint64_t>(fd), gate::address_of(""), 0, 0, AT_EMPTY_PATH | kExecveCheck);
  if (checked != -EINVAL) {
    TRY(from_raw(checked));
    return {};
  }
  TRY(from_raw(
      gate::call(SYS_faccessat2, static_cast<uint64_t>(fd), gate::address_of(""), X_OK, AT_EMPTY_PATH | AT_EACCESS)));
  return {};
}

// Opens for execution: a regular file that the effective user may execute, on a file system that allows it.
Result<OwnedFd> open_executable(int directory, const std::string& path, int flags) {
  if (file_namespace::is_active()) return file_namespace::open_code(directory, path, flags);
  OwnedFd found;
  if (path.empty()) {
    if ((flags & AT_EMPTY_PATH) == 0) return fail(ENOENT);
    if (directory == AT_FDCWD) return fail(EACCES);  // a directory
    found = OwnedFd(
        static_cast<int>(TRY(from_raw(gate::call(SYS_fcntl, static_cast<uint64_t>(directory), F_DUPFD_CLOEXEC, 0)))));
  } else {
    uint64_t open_flags = O_PATH | O_CLOEXEC;
    if ((flags & AT_SYMLINK_NOFOLLOW) != 0) open_flags |= O_NOFOLLOW;
    found = OwnedFd(static_cast<int>(TRY(from_raw(
        gate::call(SYS_openat, static_cast<uint64_t>(directory), gate::address_of(path.c_str()), open_flags)))));
    if (const auto pid = own_executable::process_meant(found.get(), directory, path)) {
      found = OwnedFd(static_cast<int>(TRY(from_raw(own_executable::open_program(*pid, O_PATH | O_CLOEXEC)))));
    }
  }
  struct stat status;
  TRY(from_raw(gate::call(SYS_fstat, static_cast<uint64_t>(found.get()), gate::address_of(&status))));
  if (S_ISLNK(status.st_mode)) return fail(ELOOP);
  if (!S_ISREG(status.st_mode)) return fail(EACCES);
  TRY_VOID(check_executable(found.get()));
  // Reading is needed too, unlike for the kernel: a file with only the x bit is refused with EACCES.
  return OwnedFd(static_cast<int>(TRY(from_raw(window::reopen(found.get(), O_RDONLY | O_CLOEXEC)))));
}

// What a file names as its interpreter. An empty name is the working directory to the kernel, and blamed on the file.
Result<OwnedFd> open_interpreter(const std::string& path, std::string* culprit) {
  if (path.empty()) return fail(EACCES);
  if (culprit != nullptr) *culprit = path;
  return open_executable(AT_FDCWD, path, 0);
}

FileReader reader_of(int fd) {
  return [fd](uint64_t offset, std::span<uint8_t> into) { return read_at(fd, offset, into.data(), into.size()); };
}

std::string base_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

bool is_close_on_exec(int fd) {
  const int64_t flags = gate::call(SYS_fcntl, static_cast<uint64_t>(fd), F_GETFD);
  return !is_error(flags) && (flags & FD_CLOEXEC) != 0;
}

}  // namespace

OwnedFd& OwnedFd::operator=(OwnedFd&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) gate::call(SYS_close, static_cast<uint64_t>(fd_));
    fd_ = other.release();
  }
  return *this;
}

OwnedFd::~OwnedFd() {
  if (fd_ >= 0) gate::call(SYS_close, static_cast<uint64_t>(fd_));
}

Result<size_t> read_at(int fd, uint64_t offset, void* into, size_t size) {
  size_t done = 0;
  while (done < size) {
    const int64_t raw = gate::call(SYS_pread64, static_cast<uint64_t>(fd),
                                   gate::address_of(static_cast<uint8_t*>(into) + done), size - done, offset + done);
    const size_t got = TRY(gate::count_of(raw, size - done));
    if (got == 0) break;
    done += got;
  }
  return done;
}

Result<ProgramFiles> open_program(ProgramRequest request, std::string* culprit) {
  ProgramFiles files;
  const bool through_descriptor = request.directory != AT_FDCWD && !request.path.starts_with('/');
  // A script is read by its interpreter again, under a name: with a descriptor that exec closes there is none.
  const bool unreachable_name = through_descriptor && is_close_on_exec(request.directory);
  files.exec_name = request.path;
  if (through_descriptor) {
    files.exec_name = "/dev/fd/" + text_of(static_cast<uint64_t>(request.directory));
    if (!request.path.empty()) files.exec_name += "/" + request.path;
  }
  files.command_name = base_name(files.exec_name);
  files.arguments = std::move(request.arguments);
  if (files.arguments.empty()) files.arguments.emplace_back();  // as Linux 5.18: argc is never 0

  std::string path = files.exec_name;
  if (culprit != nullptr) *culprit = path;
  OwnedFd file = TRY(open_executable(request.directory, request.path, request.flags));
  for (int depth = 0;; ++depth) {
    char head[kScriptHeadSize];
    const size_t head_size = TRY(read_at(file.get(), 0, head, sizeof(head)));
    const std::optional<ScriptLine> script = TRY(parse_script({head, head_size}));
    if (!script) break;
    if (depth == kMaximumDepth) return fail(ELOOP);
    if (depth == 0 && unreachable_name) return fail(ENOENT);
    // argv becomes: interpreter, its argument, the script's name, and what followed argv[0].
    files.arguments[0] = path;
    if (script->argument) files.arguments.insert(files.arguments.begin(), *script->argument);
    files.arguments.insert(files.arguments.begin(), script->interpreter);
    path = script->interpreter;
    file = TRY(open_interpreter(path, culprit));
  }

  const ElfImage image = TRY(parse_elf(reader_of(file.get()), ENOEXEC));
  files.program = std::move(file);
  if (image.interpreter) {
    files.interpreter = TRY(open_interpreter(*image.interpreter, culprit));
    (void)TRY(parse_elf(reader_of(files.interpreter.get()), ELIBBAD));
  }
  return files;
}

}  // namespace redoubt::shim
