// SPDX-License-Identifier: Apache-2.0
//
// Where descriptors stand in a call: arguments, pollfds, fd_sets, control messages, paths.
#include "shim/files/own_descriptors.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "shim/abi/restart.h"
#include "shim/files/control_messages.h"
#include "shim/files/namespace.h"
#include "shim/files/passed_descriptors.h"
#include "shim/files/proc_path.h"
#include "shim/files/window.h"
#include "shim/gate/descriptor_state.h"
#include "shim/gate/gate.h"
#include "shim/gate/host_answer.h"
#include "shim/memory/app_memory.h"
#include "shim/memory/scratch.h"
#include "shim/process/thread.h"
#include "shim/syscalls/call.h"

namespace redoubt::shim::own_descriptors {
namespace {

using Answer = std::optional<int64_t>;

// ---- poll ----

constexpr size_t kMostPolled = 1 << 20;  // beyond it the kernel says EINVAL: no limit on descriptors is as high

bool is_own(const pollfd& entry) { return window::contains(entry.fd); }

bool polls_own(uint64_t at, size_t count) {
  pollfd chunk[32];
  for (size_t done = 0; done < count; done += std::size(chunk)) {
    const size_t size = std::min(count - done, std::size(chunk));
    if (!copy_from_app(chunk, at + done * sizeof(pollfd), size * sizeof(pollfd))) return false;
    if (std::any_of(chunk, chunk + size, is_own)) return true;
  }
  return false;
}

// The others are polled without waiting, since there is a result already: POLLNVAL.
Answer poll_others(Call& call, int64_t (*perform)(Call&)) {
  const auto count = static_cast<size_t>(static_cast<uint32_t>(call.args[1]));
  if (count > kMostPolled || !polls_own(call.args[0], count)) return std::nullopt;
  std::vector<pollfd> polled(count);
  if (!copy_from_app(polled.data(), call.args[0], count * sizeof(pollfd)))
    return std::nullopt;  // the kernel knows the errno
  std::vector<size_t> own;
  for (size_t i = 0; i < count; ++i) {
    if (!is_own(polled[i])) continue;
    own.push_back(i);
    polled[i].fd = -1;
  }
  Call others = call;
  const timespec no_time{};
  others.args[0] = gate::address_of(polled.data());
  others.args[2] = call.number == SYS_ppoll ? gate::address_of(&no_time) : 0;
  const int64_t result = perform(others);
  if (is_error(result) || abi::is_restart(result)) return result;
  for (const size_t index : own) polled[index].revents = POLLNVAL;
  for (size_t i = 0; i < count; ++i) {
    const uint64_t at = call.args[0] + i * sizeof(pollfd) + offsetof(pollfd, revents);
    if (!write_app(at, polled[i].revents)) return -EFAULT;
  }
  return result + static_cast<int64_t>(own.size());
}

// ---- select ----

bool selects_own(uint64_t set_at, int count) {
  constexpr int kBits = 64;
  if (set_at == 0) return false;
  for (int fd = window::first(); fd <= window::last() && fd < count; ++fd) {
    uint64_t word;
    if (!read_app(word, set_at + static_cast<uint64_t>(fd / kBits) * sizeof(word))) return false;
    if ((word >> (fd % kBits) & 1) != 0) return true;
  }
  return false;
}

// ---- control messages ----

// ENOBUFS: more than anybody looks at, and than the kernel takes, of a socket.
Answer answer_for(const Call& call, uint64_t message_at) {
  msghdr message;
  if (!read_app(message, message_at) || message.msg_control == nullptr || message.msg_controllen == 0)
    return std::nullopt;
  const auto control = passed_descriptors::copy(message);
  if (!control) {
    if (control.error() != as_errno(ENOBUFS)) return std::nullopt;  // the kernel knows the errno
    const int64_t refused = gate::refusal_of_socket(call.int_arg(0));
    return refused != 0 ? refused : -ENOBUFS;
  }
  const std::vector<int> passed = descriptors_in(*control);
  return std::ranges::any_of(passed, window::contains) ? Answer(-EBADF) : std::nullopt;
}

// sendmmsg: as by the kernel, the messages before the first that may not go are sent, and their number is the result.
Answer send_others(Call& call, int messages, int64_t (*perform)(Call&)) {
  constexpr uint32_t kMost = 1024;  // UIO_MAXIOV
  const auto count = std::min(static_cast<uint32_t>(call.args[messages + 1]), kMost);
  for (uint32_t i = 0; i < count; ++i) {
    const Answer refused = answer_for(call, call.args[messages] + i * sizeof(mmsghdr));
    if (!refused) continue;
    if (i == 0) return refused;
    Call others = call;
    others.args[messages + 1] = i;
    return perform(others);
  }
  return std::nullopt;
}

// ---- paths ----

bool is_own_number(std::string_view component) {
  int number = -1;
  const auto [end, error] = std::from_chars(component.data(), component.data() + component.size(), number);
  return error == std::errc() && end == component.data() + component.size() && window::contains(number);
}

// Whether a directory is /proc/self/fd or fdinfo under any of its names: `path` from `directory`, or `directory` itself.
bool is_list_of_own(int directory, const std::string& path) {
  int fd = directory;
  if (!path.empty() || directory == AT_FDCWD) {
    const char* const name = path.empty() ? "." : path.c_str();
    const auto opened = gate::descriptor_of(gate::call(SYS_openat, static_cast<uint64_t>(directory),
                                                       gate::address_of(name), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!opened) return false;
    fd = *opened;
  }
  const auto entry = proc_entry_of(fd);
  if (fd != directory) gate::call(SYS_close, static_cast<uint64_t>(fd));
  return entry && (entry->name == "fd" || entry->name == "fdinfo") && is_own_process(entry->pid);
}

// A first look without allocation: whether a component begins with a digit. Most paths have none, and are short.
bool may_lead_through_number(uint64_t path_at) {
  constexpr size_t kPage = 4096;
  char start[128];
  const size_t size = std::min(sizeof(start), kPage - path_at % kPage);
  if (!copy_from_app(start, path_at, size)) return true;
  bool is_begin = true;
  for (size_t i = 0; i < size; ++i) {
    if (start[i] == '\0') return false;
    if (is_begin && start[i] >= '0' && start[i] <= '9') return true;
    is_begin = start[i] == '/';
  }
  return true;
}

bool leads_through_own(int directory, uint64_t path_at) {
  if (path_at == 0 || !may_lead_through_number(path_at)) return false;
  const auto path = read_app_path(path_at);
  if (!path) return false;
  for (size_t begin = 0; begin < path->size();) {
    const size_t end = std::min(path->find('/', begin), path->size());
    if (is_own_number(std::string_view(*path).substr(begin, end - begin)) &&
        is_list_of_own(directory, path->substr(0, begin))) {
      return true;
    }
    begin = end + 1;
  }
  return false;
}

}  // namespace

std::optional<int64_t> answer(Call& call, int64_t (*perform)(Call&)) {
  for (int i = 0; i < 6; ++i) {
    const Arg& arg = call.row->args[i];
    switch (arg.kind) {
      case ArgKind::kNone: return std::nullopt;
      case ArgKind::kFd:
      case ArgKind::kDirFd:
        if (window::contains(call.int_arg(i))) return -EBADF;
        break;
      case ArgKind::kPath:
        // In an attested run paths are the namespace's, which knows them (files/kernel_view.cc).
        if (call.row->treatment != Treatment::kRefused && !file_namespace::is_active()) {
          const bool has_directory = i > 0 && call.row->args[i - 1].kind == ArgKind::kDirFd;
          const ScratchScope scratch(call.thread.shares_memory);
          if (leads_through_own(has_directory ? call.int_arg(i - 1) : AT_FDCWD, call.args[i])) return -ENOENT;
        }
        break;
      case ArgKind::kMsghdr:
      case ArgKind::kMmsghdr:
        if (arg.direction == Direction::kIn) {
          const ScratchScope scratch(call.thread.shares_memory);
          const Answer answered =
              arg.kind == ArgKind::kMsghdr ? answer_for(call, call.args[i]) : send_others(call, i, perform);
          if (answered) return answered;
        }
        break;
      case ArgKind::kStruct:
        if (arg.shape == Shape::kPollfds) {
          const ScratchScope scratch(call.thread.shares_memory);
          return poll_others(call, perform);
        }
        if (arg.shape == Shape::kFdset && selects_own(call.args[i], call.int_arg(arg.size_arg))) return -EBADF;
        break;
      default: break;
    }
  }
  return std::nullopt;
}

}  // namespace redoubt::shim::own_descriptors
