// SPDX-License-Identifier: Apache-2.0
//
// The tracer. Every task of the program is ours (PTRACE_O_TRACEFORK and so on) and stops at
//   a seccomp stop         before an observed call: the path is read, since execve replaces the memory and open may change it
//   the end of that call   where its result says whether the path was used
//   its beginning, signals, group stops: handed through
// One loop waits for all tasks; a blocked SIGCHLD, SIGINT and SIGTERM are its clock and its bell.
#include "measure/observe.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <climits>
#include <csignal>
#include <cstring>
#include <fstream>

#include "measure/observed_calls.h"

namespace redoubt::measure {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kGrace = std::chrono::seconds(5);           // between SIGTERM and SIGKILL
constexpr auto kOrphansMayLive = std::chrono::seconds(2);  // after the program itself has ended
constexpr int kCannotStart = 127;

std::string proc(pid_t task, const char* what) { return "/proc/" + std::to_string(task) + '/' + what; }

std::string read_link(const std::string& path) {
  char target[PATH_MAX];
  const ssize_t size = readlink(path.c_str(), target, sizeof(target));
  return size > 0 && size < static_cast<ssize_t>(sizeof(target)) ? std::string(target, static_cast<size_t>(size)) : "";
}

std::string name_of_program(pid_t task) {
  const std::string file = read_link(proc(task, "exe"));
  return file.substr(file.rfind('/') + 1);
}

template <typename T>
bool read_memory(pid_t task, uint64_t address, T& out) {
  iovec local = {&out, sizeof(T)};
  iovec remote = {reinterpret_cast<void*>(address), sizeof(T)};
  return process_vm_readv(task, &local, 1, &remote, 1, 0) == static_cast<ssize_t>(sizeof(T));
}

// Page by page: what follows the path may not be mapped.
std::optional<std::string> read_path(pid_t task, uint64_t address) {
  constexpr uint64_t kPage = 4096;
  std::string text;
  while (text.size() < PATH_MAX) {
    char piece[kPage];
    const uint64_t at = address + text.size();
    iovec local = {piece, kPage - at % kPage};
    iovec remote = {reinterpret_cast<void*>(at), local.iov_len};
    const ssize_t size = process_vm_readv(task, &local, 1, &remote, 1, 0);
    if (size <= 0) return std::nullopt;
    const std::string_view view(piece, static_cast<size_t>(size));
    const size_t end = view.find('\0');
    text += view.substr(0, end);
    if (end != std::string_view::npos) return text;
  }
  return std::nullopt;
}

struct Pending {
  std::string path;
  Use use = Use::kLookedAt;
  bool writes = false;
  std::string by;
};

class Tracer {
 public:
  explicit Tracer(const ObservedProgram& program) : program_(program) {}

  Result<Observation, Error> run() {
    sigset_t signals, previous;
    sigemptyset(&signals);
    for (const int signal : {SIGCHLD, SIGINT, SIGTERM}) sigaddset(&signals, signal);
    sigprocmask(SIG_BLOCK, &signals, &previous);
    Result<void, Error> started = start(previous);
    if (started) loop(signals);
    sigprocmask(SIG_SETMASK, &previous, nullptr);
    if (!started) return std::unexpected(started.error());
    return std::move(seen_);
  }

 private:
  // --- beginning ---

  // In the child: only calls that are safe after fork in a process of several threads.
  [[noreturn]] void become(int gate, int report, const sigset_t& mask, const sock_fprog& filter, char** argv) {
    char byte;
    if (read(gate, &byte, 1) != 1) _exit(kCannotStart);
    dup2(STDERR_FILENO, STDOUT_FILENO);
    if (isatty(STDIN_FILENO) != 0) {
      const int null = open("/dev/null", O_RDONLY);
      if (null >= 0) dup2(null, STDIN_FILENO);
    }
    sigprocmask(SIG_SETMASK, &mask, nullptr);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) == 0) execv(program_.file.c_str(), argv);
    const int error = errno;
    [[maybe_unused]] const ssize_t told = write(report, &error, sizeof(error));
    _exit(kCannotStart);
  }

  Result<void, Error> start(const sigset_t& mask) {
    int gate[2], report[2];
    if (pipe2(gate, O_CLOEXEC) != 0 || pipe2(report, O_CLOEXEC | O_NONBLOCK) != 0) return failed("make a pipe");
    std::vector<sock_filter> filter = observed_calls_filter();
    const sock_fprog filter_program = {static_cast<unsigned short>(filter.size()), filter.data()};
    std::vector<std::string> arguments = program_.arguments;
    std::vector<char*> argv;
    argv.reserve(arguments.size() + 1);
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    root_ = fork();
    if (root_ < 0) return failed("start a process");
    if (root_ == 0) become(gate[0], report[1], mask, filter_program, argv.data());
    close(gate[0]);
    close(report[1]);
    report_ = report[0];
    constexpr uint64_t kOptions = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                                  PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL;
    const bool attached = ptrace(PTRACE_SEIZE, root_, nullptr, kOptions) == 0;
    const int error = errno;
    if (attached) {
      [[maybe_unused]] const ssize_t told = write(gate[1], "", 1);
    }
    close(gate[1]);
    if (!attached) {
      waitpid(root_, nullptr, __WALL);
      return fail(ErrorCode::kFailed, std::string("cannot watch a process: ") + std::strerror(error) +
                                          "; --observe needs ptrace, which this system or container forbids");
    }
    tasks_.insert(root_);
    if (program_.seconds) deadline_ = Clock::now() + std::chrono::seconds(*program_.seconds);
    return {};
  }

  static std::unexpected<Error> failed(const char* what) {
    return fail(ErrorCode::kFailed, std::string("cannot ") + what + ": " + std::strerror(errno));
  }

  // --- the loop ---

  void loop(const sigset_t& signals) {
    while (true) {
      int status = 0;
      const pid_t task = waitpid(-1, &status, __WALL | WNOHANG);
      if (task > 0) {
        handle(task, status);
        continue;
      }
      if (task < 0 && errno == ECHILD) break;
      const auto left =
          deadline_ ? std::max(*deadline_ - Clock::now(), Clock::duration::zero()) : std::chrono::hours(1);
      const auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(left).count();
      const timespec time = {nanoseconds / 1'000'000'000, nanoseconds % 1'000'000'000};
      const int signal = sigtimedwait(&signals, nullptr, &time);
      if (signal == SIGINT || signal == SIGTERM || (deadline_ && Clock::now() >= *deadline_)) end_program();
    }
    int error = 0;
    if (read(report_, &error, sizeof(error)) == static_cast<ssize_t>(sizeof(error))) seen_.exit_status = kCannotStart;
    close(report_);
  }

  // First politely, then not.
  void end_program() {
    seen_.stopped = true;
    std::set<pid_t> processes;
    for (const pid_t task : tasks_) processes.insert(process_of(task));
    for (const pid_t process : processes) {
      if (process > 0) kill(process, told_to_end_ ? SIGKILL : SIGTERM);
    }
    told_to_end_ = true;
    deadline_ = Clock::now() + kGrace;
  }

  static pid_t process_of(pid_t task) {
    std::ifstream stream(proc(task, "status"));
    for (std::string word; stream >> word;) {
      pid_t process = 0;
      if (word == "Tgid:" && stream >> process) return process;
    }
    return 0;
  }

  void handle(pid_t task, int status) {
    if (WIFEXITED(status) || WIFSIGNALED(status)) {
      tasks_.erase(task);
      pending_.erase(task);
      if (task == root_) {
        seen_.exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        if (!deadline_) deadline_ = Clock::now() + kOrphansMayLive;
      }
      return;
    }
    if (!WIFSTOPPED(status)) return;
    tasks_.insert(task);
    const int signal = WSTOPSIG(status);
    const int event = status >> 16;
    if (event == PTRACE_EVENT_SECCOMP) return go_on(task, before_call(task) ? PTRACE_SYSCALL : PTRACE_CONT, 0);
    if (event == PTRACE_EVENT_EXEC) {
      unsigned long former = 0;
      ptrace(PTRACE_GETEVENTMSG, task, nullptr, &former);
      note(static_cast<pid_t>(former));
      return go_on(task, PTRACE_CONT, 0);
    }
    if (event == PTRACE_EVENT_STOP) {
      // A group stop, where it stays until SIGCONT; or the first stop of a new task.
      const bool group = signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
      return go_on(task, group ? PTRACE_LISTEN : PTRACE_CONT, 0);
    }
    if (event != 0) return go_on(task, PTRACE_CONT, 0);
    if (signal == (SIGTRAP | 0x80)) {
      after_call(task);
      return go_on(task, PTRACE_CONT, 0);
    }
    // In the middle of a call that is observed, its end still matters.
    go_on(task, pending_.contains(task) ? PTRACE_SYSCALL : PTRACE_CONT, signal);
  }

  static void go_on(pid_t task, int request, int signal) {
    ptrace(static_cast<__ptrace_request>(request), task, nullptr, signal);
  }

  // --- calls ---

  // The path from the root; empty: it cannot be told.
  static std::string absolute(pid_t task, const ObservedCall& call, const uint64_t* arguments,
                              const std::string& path) {
    if (read_link(proc(task, "root")) != "/") return "";
    if (path.starts_with('/')) return path;
    const int directory = call.directory == kNoArgument ? AT_FDCWD : static_cast<int>(arguments[call.directory]);
    const std::string base =
        read_link(directory == AT_FDCWD ? proc(task, "cwd") : proc(task, "fd/") + std::to_string(directory));
    return base.starts_with('/') ? base + '/' + path : "";
  }

  bool before_call(pid_t task) {
    __ptrace_syscall_info info = {};
    if (ptrace(static_cast<__ptrace_request>(PTRACE_GET_SYSCALL_INFO), task, sizeof(info), &info) <= 0) return false;
    const ObservedCall* call = find_observed_call(info.seccomp.nr);
    if (call == nullptr) return false;
    const auto* arguments = reinterpret_cast<const uint64_t*>(info.seccomp.args);
    const auto path = read_path(task, arguments[call->path]);
    // Unreadable: the call will fail as well. Empty: it means a descriptor, whose opening was seen.
    if (!path || path->empty()) return false;
    Pending pending;
    pending.path = absolute(task, *call, arguments, *path);
    if (pending.path.empty()) {
      ++seen_.unfollowed_count;
      return false;
    }
    pending.writes = call->meaning == Meaning::kWrite;
    if (call->meaning == Meaning::kExecute) pending.use = Use::kExecuted;
    if (call->meaning == Meaning::kOpen) {
      uint64_t flags = arguments[call->flags];
      open_how how = {};
      if (call->number == SYS_openat2) flags = read_memory(task, flags, how) ? how.flags : 0;
      pending.writes = (flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC)) != 0;
      pending.use = (flags & O_PATH) != 0 ? Use::kLookedAt : Use::kOpened;
    }
    pending.by = name_of_program(task);
    pending_.insert_or_assign(task, std::move(pending));
    return true;
  }

  void after_call(pid_t task) {
    __ptrace_syscall_info info = {};
    const long size = ptrace(static_cast<__ptrace_request>(PTRACE_GET_SYSCALL_INFO), task, sizeof(info), &info);
    if (size > 0 && info.op == PTRACE_SYSCALL_INFO_EXIT && info.exit.is_error == 0) note(task);
    pending_.erase(task);
  }

  void note(pid_t task) {
    const auto found = pending_.find(task);
    if (found == pending_.end()) return;
    Pending& pending = found->second;
    if (pending.writes) {
      seen_.written.insert(pending.path);
    } else {
      const auto [place, is_new] = seen_.used.try_emplace(pending.path, Observation::Seen{pending.use, pending.by});
      if (!is_new && pending.use > place->second.use) place->second = {pending.use, pending.by};
    }
    pending_.erase(found);
  }

  const ObservedProgram& program_;
  Observation seen_;
  pid_t root_ = -1;
  int report_ = -1;
  std::set<pid_t> tasks_;
  std::map<pid_t, Pending> pending_;
  std::optional<Clock::time_point> deadline_;
  bool told_to_end_ = false;
};

}  // namespace

Result<Observation, Error> observe(const ObservedProgram& program) { return Tracer(program).run(); }

}  // namespace redoubt::measure
