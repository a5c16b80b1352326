// SPDX-License-Identifier: Apache-2.0
//
// poll, ppoll, select and pselect6 with shielded sockets among the descriptors. select is answered through poll.
#include <poll.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cstring>

#include "shim/gate/gate.h"
#include "shim/gate/host_answer.h"
#include "shim/memory/app_memory.h"
#include "shim/net/epoll.h"
#include "shim/net/readiness.h"
#include "shim/net/timeout.h"
#include "shim/net/waits.h"
#include "shim/syscalls/shim_time.h"

namespace redoubt::shim::net {
namespace {

constexpr size_t kMostDescriptors = 1 << 20;
constexpr uint64_t kSigsetSize = 8;

struct Watched {
  size_t index;
  Reference description;
};

std::vector<Watched> tracked_among(const std::vector<pollfd>& polled) {
  std::vector<Watched> watched;
  for (size_t i = 0; i < polled.size(); ++i) {
    Reference description = table::get(polled[i].fd);
    if (!description) continue;
    const Kind kind = description->kind;
    if (kind == Kind::kConnection || kind == Kind::kLost || kind == Kind::kEpoll) {
      watched.push_back({i, std::move(description)});
    }
  }
  return watched;
}

// What is true of one, with what the kernel saw; and what the kernel is to be asked.
short look(const Watched& one, const pollfd& wanted, short seen, short* ask) {
  Description& description = *one.description;
  if (description.kind == Kind::kEpoll) {
    *ask = wanted.events;
    const bool is_readable = (wanted.events & POLLIN) != 0 && has_held_events(description);
    return static_cast<short>(seen | (is_readable ? POLLIN : 0));
  }
  const std::lock_guard lock(description.mutex);
  if (!table::is(wanted.fd, &description)) {  // closed meanwhile by another thread
    *ask = 0;
    return POLLNVAL;
  }
  if (description.kind == Kind::kLost) {
    *ask = 0;
    return static_cast<short>((wanted.events & (POLLIN | POLLOUT)) | POLLERR);
  }
  if (description.kind != Kind::kConnection) {
    *ask = wanted.events;
    return seen;
  }
  const auto events = static_cast<uint16_t>(wanted.events);
  const uint32_t ready = advance(*description.connection, wanted.fd, events, static_cast<uint16_t>(seen));
  *ask = static_cast<short>(kernel_bits(*description.connection, events));
  refresh_interests(description);
  return static_cast<short>(ready);
}

// -errno, or how many have events.
int64_t poll_shielded(std::vector<pollfd>& polled, const std::vector<Watched>& watched, const Timeout& timeout,
                      uint64_t mask) {
  std::vector<pollfd> asked = polled;
  std::vector<bool> is_watched(polled.size());
  for (const Watched& one : watched) is_watched[one.index] = true;
  for (bool is_first = true;; is_first = false) {
    bool has_some = false;
    for (const Watched& one : watched) {
      pollfd& ask = asked[one.index];
      polled[one.index].revents = look(one, polled[one.index], 0, &ask.events);
      has_some |= polled[one.index].revents != 0;
    }
    timespec storage;
    const Timeout now(0);
    const int64_t raw = host_for_program(SYS_ppoll, gate::address_of(asked.data()), asked.size(),
                                         gate::address_of((has_some ? now : timeout).rest(storage)), mask, kSigsetSize);
    if (raw < 0 && !has_some) return raw_after_wait(raw, is_first);
    if (!gate::count_of(raw < 0 ? 0 : raw, asked.size())) return -EIO;
    if (raw > 0) {
      for (size_t i = 0; i < asked.size(); ++i) {
        if (!is_watched[i]) polled[i].revents = asked[i].revents;
      }
    }
    for (const Watched& one : watched) {
      if (raw <= 0 || asked[one.index].revents == 0) continue;
      short ask = 0;
      if ((asked[one.index].revents & POLLNVAL) != 0) {
        polled[one.index].revents = POLLNVAL;
        continue;
      }
      short& ready = polled[one.index].revents;
      ready = static_cast<short>(ready | look(one, polled[one.index], asked[one.index].revents, &ask));
    }
    const auto ready = std::ranges::count_if(polled, [](const pollfd& one) { return one.revents != 0; });
    if (ready > 0 || timeout.is_over()) return ready;
  }
}

}  // namespace

Answer wait_poll(uint64_t fds_at, uint64_t count, int64_t nanoseconds, uint64_t mask, int64_t* left) {
  if (count > kMostDescriptors || count == 0) return std::nullopt;  // the kernel knows the errno
  std::vector<pollfd> polled(count);
  if (!copy_from_app(polled.data(), fds_at, count * sizeof(pollfd))) return -EFAULT;
  const std::vector<Watched> watched = tracked_among(polled);
  if (watched.empty()) return std::nullopt;
  for (pollfd& one : polled) one.revents = 0;
  const Timeout timeout(nanoseconds);
  const int64_t result = poll_shielded(polled, watched, timeout, mask);
  if (left != nullptr) *left = timeout.left();
  if (result >= 0 && !copy_to_app(fds_at, polled.data(), count * sizeof(pollfd))) return -EFAULT;
  return result;
}

namespace {

constexpr short kReadEvents = POLLIN | POLLRDNORM | POLLRDBAND;
constexpr short kWriteEvents = POLLOUT | POLLWRNORM | POLLWRBAND;
constexpr short kExceptEvents = POLLPRI;
// As fs/select.c: what makes a descriptor ready in each set.
constexpr short kReady[3] = {kReadEvents | POLLHUP | POLLERR, kWriteEvents | POLLERR, kExceptEvents};
constexpr short kAsk[3] = {POLLIN, POLLOUT, POLLPRI};

using Bits = std::vector<uint64_t>;
bool has(const Bits& bits, size_t fd) { return !bits.empty() && (bits[fd / 64] >> (fd % 64) & 1) != 0; }

}  // namespace

Answer wait_select(int count, const SelectSets& sets, int64_t nanoseconds, uint64_t mask, int64_t* left) {
  if (count <= 0 || static_cast<size_t>(count) > kMostDescriptors) return std::nullopt;
  const size_t words = (static_cast<size_t>(count) + 63) / 64;
  Bits bits[3];
  for (int set = 0; set < 3; ++set) {
    if (sets.at[set] == 0) continue;
    bits[set].resize(words);
    if (!copy_from_app(bits[set].data(), sets.at[set], words * sizeof(uint64_t))) return -EFAULT;
  }
  std::vector<pollfd> polled;
  for (size_t fd = 0; fd < static_cast<size_t>(count); ++fd) {
    short events = 0;
    for (int set = 0; set < 3; ++set) events = static_cast<short>(events | (has(bits[set], fd) ? kAsk[set] : 0));
    if (events != 0) polled.push_back({.fd = static_cast<int>(fd), .events = events, .revents = 0});
  }
  const std::vector<Watched> watched = tracked_among(polled);
  if (watched.empty()) return std::nullopt;
  const Timeout timeout(nanoseconds);
  const int64_t result = poll_shielded(polled, watched, timeout, mask);
  if (left != nullptr) *left = timeout.left();
  if (result < 0) return result;
  int64_t ready = 0;
  Bits out[3];
  for (int set = 0; set < 3; ++set) out[set].resize(bits[set].size());
  for (const pollfd& one : polled) {
    if ((one.revents & POLLNVAL) != 0) return -EBADF;
    const auto fd = static_cast<size_t>(one.fd);
    for (int set = 0; set < 3; ++set) {
      if (!has(bits[set], fd) || (one.revents & kReady[set]) == 0) continue;
      out[set][fd / 64] |= uint64_t{1} << (fd % 64);
      ++ready;
    }
  }
  for (int set = 0; set < 3; ++set) {
    if (sets.at[set] != 0 && !copy_to_app(sets.at[set], out[set].data(), words * sizeof(uint64_t))) return -EFAULT;
  }
  return ready;
}

Answer call_poll(Call& call) {
  const int milliseconds = call.int_arg(2);
  return wait_poll(call.args[0], static_cast<uint32_t>(call.args[1]),
                   milliseconds < 0 ? Timeout::kForever : int64_t{milliseconds} * 1000000, 0, nullptr);
}

Answer call_select(Call& call) {
  timeval time{};
  int64_t nanoseconds = Timeout::kForever;
  if (call.args[4] != 0) {
    if (!read_app(time, call.args[4])) return -EFAULT;
    if (time.tv_sec < 0 || time.tv_usec < 0) return -EINVAL;
    constexpr int64_t kLongest = int64_t{1} << 30;  // seconds
    nanoseconds =
        std::min<int64_t>(time.tv_sec, kLongest) * 1000000000 + std::min<int64_t>(time.tv_usec, 1 << 30) * 1000;
  }
  int64_t left = 0;
  const Answer result =
      wait_select(call.int_arg(0), {{call.args[1], call.args[2], call.args[3]}}, nanoseconds, 0, &left);
  if (result && call.args[4] != 0 && !abi::is_restart(*result)) {
    time = {.tv_sec = left / 1000000000, .tv_usec = left % 1000000000 / 1000};
    (void)write_app(call.args[4], time);
  }
  return result;
}

}  // namespace redoubt::shim::net
