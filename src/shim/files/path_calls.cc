// SPDX-License-Identifier: Apache-2.0
//
// System calls that take a path. The kernel resolves it; afterwards the shim looks at what was found, so that a file of
// /proc is recognised through links, ".." and directory descriptors alike.
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <linux/stat.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include <cstring>

#include "shim/abi/restart.h"
#include "shim/files/host_link.h"
#include "shim/files/own_executable.h"
#include "shim/files/proc_files.h"
#include "shim/gate/gate.h"
#include "shim/memory/app_memory.h"
#include "shim/process/program_file.h"
#include "shim/syscalls/call.h"
#include "shim/syscalls/handlers.h"

namespace redoubt::shim {
namespace {

// The program's own executable instead of the runtime's, under the same number.
int64_t open_program_instead(int pid, int fd, int flags) {
  const int64_t opened = own_executable::open_program(pid, (flags & ~(O_CREAT | O_EXCL | O_NOFOLLOW)) | O_CLOEXEC);
  if (is_error(opened)) {
    gate::call(SYS_close, static_cast<uint64_t>(fd));
    return opened;
  }
  gate::call(SYS_dup3, static_cast<uint64_t>(opened), static_cast<uint64_t>(fd),
             static_cast<uint64_t>(flags & O_CLOEXEC));
  gate::call(SYS_close, static_cast<uint64_t>(opened));
  return fd;
}

// What every successful open goes through.
int64_t after_open(int64_t result, int flags, int directory, uint64_t path_at) {
  if (is_error(result) || abi::is_restart(result)) return result;
  const int fd = static_cast<int>(result);
  struct stat status;
  if (is_error(gate::call(SYS_fstat, static_cast<uint64_t>(fd), gate::address_of(&status)))) return result;
  // procfs and the runtime's file system live on devices; ordinary files are done here, with one call.
  if (own_executable::is_runtime(status.st_dev, status.st_ino)) {
    const auto path = read_app_path(path_at);
    const auto pid = path ? own_executable::process_of_link(directory, *path) : std::nullopt;
    return pid ? open_program_instead(*pid, fd, flags) : result;
  }
  if (S_ISREG(status.st_mode) && major(status.st_dev) == 0) return substitute_proc_file(fd, flags);
  return result;
}

}  // namespace

int64_t sys_open(Call& call) { return after_open(pass(call), call.int_arg(1), AT_FDCWD, call.args[0]); }

int64_t sys_openat(Call& call) { return after_open(pass(call), call.int_arg(2), call.int_arg(0), call.args[1]); }

int64_t sys_openat2(Call& call) {
  open_how how{};
  const int64_t result = pass(call);
  if (is_error(result) || !copy_from_app(&how, call.args[2], sizeof(how.flags))) return result;
  return after_open(result, static_cast<int>(how.flags), call.int_arg(0), call.args[1]);
}

int64_t sys_creat(Call& call) { return pass(call); }

namespace {

// After a stat that found the runtime: the program's file, if that is what was meant.
OwnedFd program_meant(uint64_t device, uint64_t inode, int directory, uint64_t path_at) {
  if (!own_executable::is_runtime(device, inode)) return {};
  const auto path = read_app_path(path_at);
  const auto pid = path ? own_executable::process_of_link(directory, *path) : std::nullopt;
  return pid ? OwnedFd(static_cast<int>(own_executable::open_program(*pid, O_PATH | O_CLOEXEC))) : OwnedFd();
}

int64_t stat_at(Call& call, int directory, uint64_t path_at, uint64_t buffer_at) {
  const int64_t result = pass(call);
  struct stat status;
  if (result != 0 || !read_app(status, buffer_at)) return result;
  const OwnedFd program = program_meant(status.st_dev, status.st_ino, directory, path_at);
  if (!program.valid()) return result;
  return gate::call(SYS_fstat, static_cast<uint64_t>(program.get()), buffer_at);
}

}  // namespace

int64_t sys_stat(Call& call) { return stat_at(call, AT_FDCWD, call.args[0], call.args[1]); }
int64_t sys_lstat(Call& call) { return pass(call); }
int64_t sys_newfstatat(Call& call) { return stat_at(call, call.int_arg(0), call.args[1], call.args[2]); }

int64_t sys_statx(Call& call) {
  const int64_t result = pass(call);
  struct statx status;
  if (result != 0 || !read_app(status, call.args[4])) return result;
  const uint64_t device = makedev(status.stx_dev_major, status.stx_dev_minor);
  const OwnedFd program = program_meant(device, status.stx_ino, call.int_arg(0), call.args[1]);
  if (!program.valid()) return result;
  return gate::call(SYS_statx, static_cast<uint64_t>(program.get()), gate::address_of(""), AT_EMPTY_PATH, call.args[3],
                    call.args[4]);
}

namespace {

int64_t access_at(Call& call, int directory, uint64_t path_at, int mode, int flags) {
  const int64_t result = pass(call);
  if ((flags & AT_SYMLINK_NOFOLLOW) != 0) return result;
  // Asking what was found would make every such call two: a link to /proc/self/exe is known by its own name only.
  const auto path = read_app_path(path_at);
  if (!path || !path->ends_with("exe")) return result;
  const auto pid = own_executable::process_of_link(directory, *path);
  if (!pid) return result;
  const OwnedFd program(static_cast<int>(own_executable::open_program(*pid, O_PATH | O_CLOEXEC)));
  if (!program.valid()) return result;
  return gate::call(SYS_faccessat2, static_cast<uint64_t>(program.get()), gate::address_of(""),
                    static_cast<uint64_t>(mode), static_cast<uint64_t>(flags | AT_EMPTY_PATH));
}

}  // namespace

int64_t sys_access(Call& call) { return access_at(call, AT_FDCWD, call.args[0], call.int_arg(1), 0); }
int64_t sys_faccessat(Call& call) { return access_at(call, call.int_arg(0), call.args[1], call.int_arg(2), 0); }
int64_t sys_faccessat2(Call& call) {
  return access_at(call, call.int_arg(0), call.args[1], call.int_arg(2), call.int_arg(3));
}

namespace {

int64_t read_link(int directory, uint64_t path_at, uint64_t buffer_at, uint64_t size) {
  if (static_cast<int64_t>(size) <= 0) return -EINVAL;
  const auto path = read_app_path(path_at);
  if (!path) return -number_of(path.error());
  auto target = read_host_link(directory, path->c_str());
  if (!target) return -number_of(target.error());
  std::string text = std::move(*target);
  if (text == own_executable::runtime_path()) {
    const auto pid = own_executable::process_of_link(directory, *path);
    std::string program_path = pid ? own_executable::program_path(*pid) : std::string();
    if (!program_path.empty()) text = name_of_substitute(program_path);  // a code file, in an attested run
  } else {
    text = name_of_substitute(text);
  }
  const size_t count = text.size() < size ? text.size() : size;
  return copy_to_app(buffer_at, text.data(), count) ? static_cast<int64_t>(count) : -EFAULT;
}

}  // namespace

int64_t sys_readlink(Call& call) { return read_link(AT_FDCWD, call.args[0], call.args[1], call.args[2]); }
int64_t sys_readlinkat(Call& call) { return read_link(call.int_arg(0), call.args[1], call.args[2], call.args[3]); }

}  // namespace redoubt::shim
