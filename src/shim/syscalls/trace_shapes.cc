// SPDX-License-Identifier: Apache-2.0
//
// Structures as --trace writes them. Each is copied from the program first and printed from the copy, so that a program
// that changes it meanwhile, or unmaps it, gets a line that is merely outdated.
#include "shim/syscalls/trace_values.h"

#include <sys/resource.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#include <algorithm>
#include <cstring>

#include "shim/abi/signal_names.h"
#include "shim/abi/signals.h"
#include "shim/memory/app_memory.h"
#include "shim/syscalls/names/files.h"
#include "shim/syscalls/names/signals.h"
#include "shim/syscalls/trace.h"

namespace redoubt::shim {
namespace {

// Kernel layouts that the C library declares differently, or not at all.
struct PollFd {
  int32_t fd;
  int16_t events;
  int16_t revents;
};
struct __attribute__((packed)) EpollEvent {
  uint32_t events;
  uint64_t data;
};
static_assert(sizeof(PollFd) == 8 && sizeof(EpollEvent) == 12);
struct SignalStack {
  uint64_t sp;
  int32_t flags;
  int32_t padding;
  uint64_t size;
};
static_assert(sizeof(SignalStack) == 24);

void put(TextBuilder& out, int32_t value) { out.append('[').decimal(value).append(']'); }
void put(TextBuilder& out, int64_t value) { out.append('[').decimal(value).append(']'); }

struct IntPair {
  int32_t first, second;
};
void put(TextBuilder& out, const IntPair& pair) {
  out.append('[').decimal(pair.first).append(", ").decimal(pair.second).append(']');
}

void put(TextBuilder& out, const timespec& time) {
  out.append("{tv_sec=").decimal(time.tv_sec).append(", tv_nsec=").decimal(time.tv_nsec).append('}');
}
void put(TextBuilder& out, const timeval& time) {
  out.append("{tv_sec=").decimal(time.tv_sec).append(", tv_usec=").decimal(time.tv_usec).append('}');
}
void put(TextBuilder& out, const itimerval& timer) {
  put(out.append("{it_interval="), timer.it_interval);
  put(out.append(", it_value="), timer.it_value);
  out.append('}');
}
void put(TextBuilder& out, const itimerspec& timer) {
  put(out.append("{it_interval="), timer.it_interval);
  put(out.append(", it_value="), timer.it_value);
  out.append('}');
}

void put(TextBuilder& out, const struct stat& status) {
  static constexpr NamedValue kTypes[] = {
      REDOUBT_NAME(S_IFREG), REDOUBT_NAME(S_IFDIR), REDOUBT_NAME(S_IFLNK),  REDOUBT_NAME(S_IFCHR),
      REDOUBT_NAME(S_IFBLK), REDOUBT_NAME(S_IFIFO), REDOUBT_NAME(S_IFSOCK),
  };
  static constexpr NameTable kTypeNames = names::table_of(kTypes);
  put_choice(out.append("{st_mode="), kTypeNames, status.st_mode & S_IFMT);
  out.append('|').octal(status.st_mode & ~static_cast<mode_t>(S_IFMT));
  out.append(", st_size=").decimal(status.st_size).append(", ...}");
}

void put_limit(TextBuilder& out, uint64_t limit) {
  limit == RLIM_INFINITY ? out.append("RLIM_INFINITY") : out.decimal(limit);
}
void put(TextBuilder& out, const rlimit& limit) {
  put_limit(out.append("{rlim_cur="), limit.rlim_cur);
  put_limit(out.append(", rlim_max="), limit.rlim_max);
  out.append('}');
}

// A set that holds most signals is written by those it lacks, as sigfillset leaves it.
void put_signals(TextBuilder& out, uint64_t set) {
  const bool inverted = __builtin_popcountll(set) > abi::kLastSignal / 2;
  const uint64_t shown = inverted ? ~set : set;
  out.append(inverted ? "~[" : "[");
  bool first = true;
  for (int signal = 1; signal <= abi::kLastSignal; ++signal) {
    if ((shown & abi::mask_of(signal)) == 0) continue;
    if (!first) out.append(' ');
    first = false;
    const char* name = abi::find_signal_name(signal);
    if (name != nullptr) {
      out.append(name + std::strlen("SIG"));
    } else {
      out.append("RT_").decimal(signal - abi::kFirstRealTimeSignal);
    }
  }
  out.append(']');
}

void put(TextBuilder& out, const abi::KernelSigaction& action) {
  out.append("{sa_handler=");
  if (action.handler == abi::kDefault) {
    out.append("SIG_DFL");
  } else if (action.handler == abi::kIgnore) {
    out.append("SIG_IGN");
  } else {
    out.hex(action.handler);
  }
  put_signals(out.append(", sa_mask="), action.mask);
  put_flags(out.append(", sa_flags="), names::kActionFlags, static_cast<uint32_t>(action.flags));
  out.append('}');
}

void put(TextBuilder& out, const abi::Siginfo& info) {
  if (info.signo == 0) {  // waitid(2) with WNOHANG and nobody to report
    out.append("{}");
    return;
  }
  put_signal(out.append("{si_signo="), info.signo);
  if (info.code > 0 && info.code < 0x80) {
    out.append(", si_code=").decimal(info.code);  // means something else for each signal
  } else {
    put_choice(out.append(", si_code="), names::kSentCodes, static_cast<uint32_t>(info.code));
  }
  out.append(", si_pid=").decimal(info.sender.pid).append(", si_uid=").decimal(info.sender.uid).append('}');
}

void put(TextBuilder& out, const SignalStack& stack) {
  put_address(out.append("{ss_sp="), stack.sp);
  put_flags(out.append(", ss_flags="), names::kStackFlags, static_cast<uint32_t>(stack.flags));
  out.append(", ss_size=").decimal(stack.size).append('}');
}

void put_wait_status(TextBuilder& out, int status) {
  if (WIFEXITED(status)) {
    out.append("[{WIFEXITED(s) && WEXITSTATUS(s) == ").decimal(WEXITSTATUS(status)).append("}]");
  } else if (WIFSTOPPED(status)) {
    put_signal(out.append("[{WIFSTOPPED(s) && WSTOPSIG(s) == "), WSTOPSIG(status));
    out.append("}]");
  } else if (WIFCONTINUED(status)) {
    out.append("[{WIFCONTINUED(s)}]");
  } else {
    put_signal(out.append("[{WIFSIGNALED(s) && WTERMSIG(s) == "), WTERMSIG(status));
    out.append(WCOREDUMP(status) ? " && WCOREDUMP(s)}]" : "}]");
  }
}

// poll(2)'s events are epoll's without the E, apart from POLLREMOVE and POLLNVAL, which nobody sets and few see.
void put_poll_events(TextBuilder& out, uint16_t events) {
  constexpr uint16_t kInvalid = 0x20;
  if (events == 0) {
    out.append('0');
    return;
  }
  bool first = true;
  for (size_t index = 0; index < names::kEpollEvents.count; ++index) {
    const NamedValue& bit = names::kEpollEvents.values[index];
    if (bit.value > 0xffff || (events & bit.value) == 0) continue;
    out.append(first ? "" : "|").append(bit.name + 1);
    first = false;
  }
  if ((events & kInvalid) != 0) out.append(first ? "" : "|").append("POLLNVAL");
}

void put(TextBuilder& out, const PollFd& entry) {
  out.append("{fd=").decimal(entry.fd).append(", events=");
  put_poll_events(out, static_cast<uint16_t>(entry.events));
  if (entry.revents != 0) put_poll_events(out.append(", revents="), static_cast<uint16_t>(entry.revents));
  out.append('}');
}

void put(TextBuilder& out, const EpollEvent& event) {
  put_flags(out.append("{events="), names::kEpollEvents, event.events);
  out.append(", data=").hex(event.data).append('}');
}

template <typename T>
void put_one(TextBuilder& out, uint64_t address) {
  T value;
  if (read_app(value, address)) {
    put(out, value);
  } else {
    put_address(out, address);
  }
}

template <typename T>
void put_array(TextBuilder& out, uint64_t address, uint64_t count) {
  T value;
  if (count > 0 && !read_app(value, address)) {
    put_address(out, address);
    return;
  }
  out.append('[');
  for (uint64_t index = 0; index < count; ++index) {
    if (index > 0) out.append(", ");
    if (index == kTraceElementLimit || !read_app(value, address + index * sizeof(T))) {
      out.append("...");
      break;
    }
    put(out, value);
  }
  out.append(']');
}

void put_fdset(TextBuilder& out, uint64_t address, uint64_t bit_count) {
  out.append('[');
  size_t shown = 0;
  for (uint64_t word = 0; word * 64 < std::min<uint64_t>(bit_count, FD_SETSIZE); ++word) {
    uint64_t bits = 0;
    if (!read_app(bits, address + word * sizeof(bits))) break;
    for (uint64_t bit = 0; bit < 64 && word * 64 + bit < bit_count; ++bit) {
      if ((bits >> bit & 1) == 0) continue;
      if (shown > 0) out.append(' ');
      if (shown++ == kTraceElementLimit) {
        out.append("...]");
        return;
      }
      out.decimal(word * 64 + bit);
    }
  }
  out.append(']');
}

}  // namespace

void put_shape(TextBuilder& out, Shape shape, uint64_t address, uint64_t count) {
  switch (shape) {
    case Shape::kOpaque: return put_address(out, address);
    case Shape::kInt32: return put_one<int32_t>(out, address);
    case Shape::kInt64: return put_one<int64_t>(out, address);
    case Shape::kIntPair: return put_one<IntPair>(out, address);
    case Shape::kTimespec: return put_one<timespec>(out, address);
    case Shape::kTimeval: return put_one<timeval>(out, address);
    case Shape::kItimerval: return put_one<itimerval>(out, address);
    case Shape::kItimerspec: return put_one<itimerspec>(out, address);
    case Shape::kStat: return put_one<struct stat>(out, address);
    case Shape::kSigaction: return put_one<abi::KernelSigaction>(out, address);
    case Shape::kSiginfo: return put_one<abi::Siginfo>(out, address);
    case Shape::kStack: return put_one<SignalStack>(out, address);
    case Shape::kRlimit: return put_one<rlimit>(out, address);
    case Shape::kPollfds: return put_array<PollFd>(out, address, count);
    case Shape::kEpollEvents: return put_array<EpollEvent>(out, address, count);
    case Shape::kFdset: return put_fdset(out, address, count);
    case Shape::kSigset: {
      uint64_t set = 0;
      return read_app(set, address) ? put_signals(out, set) : put_address(out, address);
    }
    case Shape::kWaitStatus: {
      int32_t status = 0;
      return read_app(status, address) ? put_wait_status(out, status) : put_address(out, address);
    }
  }
}

}  // namespace redoubt::shim
