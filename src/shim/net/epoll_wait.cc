// SPDX-License-Identifier: Apache-2.0
//
// epoll_wait, epoll_pwait and epoll_pwait2 of instances that the shim tracks.
#include <limits.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>

#include "shim/gate/gate.h"
#include "shim/gate/host_answer.h"
#include "shim/memory/app_memory.h"
#include "shim/net/calls.h"
#include "shim/net/epoll.h"
#include "shim/net/epoll_tag.h"
#include "shim/net/readiness.h"
#include "shim/net/timeout.h"
#include "shim/net/waits.h"
#include "shim/syscalls/shim_time.h"

namespace redoubt::shim::net {

uint64_t tag::mark = 0;

void tag::draw_mark() {
  uint64_t random = 0;
  gate::call(SYS_getrandom, gate::address_of(&random), sizeof(random), 0);
  mark = (random | uint64_t{1} << 63) & ~((uint64_t{1} << 44) - 1);
}

namespace {

constexpr size_t kBatch = 256;  // events of one answer: the program asks again

class Report {
 public:
  explicit Report(size_t limit) : limit_(std::min(limit, kBatch)) {}
  size_t size() const { return size_; }
  size_t room() const { return limit_ - size_; }
  void add(const Interest* of, uint32_t events, uint64_t data) {
    for (size_t i = 0; of != nullptr && i < size_; ++i) {
      if (of_[i] != of) continue;
      events_[i].events |= events;
      return;
    }
    if (room() == 0) return;  // level: reported again
    of_[size_] = of;
    events_[size_].events = events;
    events_[size_++].data.u64 = data;
  }
  int64_t give(uint64_t at) const {
    return copy_to_app(at, events_.data(), size_ * sizeof(epoll_event)) ? static_cast<int64_t>(size_) : -EFAULT;
  }

 private:
  size_t limit_;
  size_t size_ = 0;
  std::array<epoll_event, kBatch> events_;
  std::array<const Interest*, kBatch> of_;
};

// The number under which it was registered may be closed while another one keeps the socket open.
int number_of(const Description& target, int registered) {
  if (table::is(registered, &target)) return registered;
  for (const auto& [fd, description] : table::all()) {
    if (description.get() == &target) return fd;
  }
  return -1;
}

// What is true of the interest, with the kernel's `seen`. Target's mutex is held.
uint32_t events_of(Description& target, Interest& interest, uint32_t wanted, uint32_t seen) {
  if (target.kind == Kind::kLost) return seen | ((EPOLLIN | EPOLLOUT) & wanted) | EPOLLERR;
  if (target.kind != Kind::kConnection) return seen & (wanted | EPOLLHUP | EPOLLERR);
  Connection& connection = *target.connection;
  const int fd = number_of(target, interest.fd);
  if (fd < 0) return 0;  // being closed
  uint32_t ready = advance(connection, fd, wanted, seen);
  if (!interest.is_edge() || !connection.claim().is_mine()) return ready;
  if (connection.arrivals() == interest.reported) ready &= ~static_cast<uint32_t>(EPOLLIN | EPOLLRDNORM | EPOLLRDHUP);
  if ((wanted & EPOLLOUT) != 0 && connection.take_writable_again()) ready |= EPOLLOUT;
  if ((ready & (EPOLLIN | EPOLLRDNORM | EPOLLRDHUP)) != 0) interest.reported = connection.arrivals();
  return ready;
}

void report_interest(Epoll& epoll, const std::shared_ptr<Interest>& interest, uint32_t seen, Report& report,
                     bool from_kernel) {
  const Reference target = interest->target.lock();
  if (!target) return;
  const std::lock_guard lock(target->mutex);
  uint32_t wanted;
  {
    const std::lock_guard epoll_lock(epoll.mutex);
    if (interest->is_gone || !interest->is_armed) return;
    wanted = interest->events;
    if (from_kernel && interest->is_oneshot()) interest->kernel_events = 0;  // the kernel has disarmed it
  }
  const uint32_t ready = events_of(*target, *interest, wanted, seen);
  if (ready != 0) {
    const std::lock_guard epoll_lock(epoll.mutex);
    report.add(interest.get(), ready, interest->data);
    if (interest->is_oneshot()) {
      interest->is_armed = false;
      if (interest->kernel_events != 0) {  // reported from `held`
        epoll_event off{};
        off.events = EPOLLONESHOT;
        off.data.u64 = interest->tag;
        gate::call(SYS_epoll_ctl, static_cast<uint64_t>(interest->instance_fd), EPOLL_CTL_MOD,
                   static_cast<uint64_t>(interest->fd), gate::address_of(&off));
      }
    }
  }
  refresh_interests(*target);
}

// Every held record once: those that are still true are reported and, of levels, stay.
void report_held(Epoll& epoll, Report& report) {
  size_t count = epoll.held_count;
  while (count-- > 0 && report.room() > 0) {
    std::shared_ptr<Interest> interest;
    {
      const std::lock_guard lock(epoll.mutex);
      if (epoll.held.empty()) return;
      interest = std::move(epoll.held.front());
      epoll.held.pop_front();
      --epoll.held_count;
      interest->is_held = false;  // refresh_interests puts it back if it is still true
    }
    report_interest(epoll, interest, 0, report, false);
  }
}

void report_nested(Epoll& epoll, Report& report) {
  std::vector<std::shared_ptr<Interest>> nested;
  {
    const std::lock_guard lock(epoll.mutex);
    for (const auto& one : epoll.nested) {
      if (auto interest = one.lock()) nested.push_back(std::move(interest));
    }
  }
  for (const auto& interest : nested) {
    const Reference inner = interest->target.lock();
    if (!inner || !has_held_events(*inner)) continue;
    const std::lock_guard lock(epoll.mutex);
    if (!interest->is_gone) report.add(interest.get(), EPOLLIN & interest->events, interest->data);
  }
}

void report_kernel(Epoll& epoll, const epoll_event& event, Report& report) {
  const uint64_t data = event.data.u64;
  if (!tag::is_tag(data)) return report.add(nullptr, event.events, data);
  std::shared_ptr<Interest> interest;
  {
    const std::lock_guard lock(epoll.mutex);
    const uint32_t index = tag::index_of(data);
    if (index < epoll.slots.size()) interest = epoll.slots[index];
    if (!interest || interest->tag != data) return;  // gone meanwhile, or of a process that shares the instance
  }
  report_interest(epoll, interest, event.events, report, true);
}

int64_t ask_kernel(Epoll& epoll, int fd, epoll_event* into, size_t room, Timeout timeout, bool is_fine, uint64_t mask) {
  constexpr uint64_t kSigsetSize = 8;
  ++epoll.waiters;
  if (epoll.held_count > 0) timeout = Timeout(0);  // held since it was looked at, by a thread that saw no waiter
  int64_t result;
  if (is_fine) {
    timespec storage;
    result = host_for_program(SYS_epoll_pwait2, static_cast<uint64_t>(fd), gate::address_of(into), room,
                              gate::address_of(timeout.rest(storage)), mask, kSigsetSize);
  } else {
    result = host_for_program(SYS_epoll_pwait, static_cast<uint64_t>(fd), gate::address_of(into), room,
                              static_cast<uint64_t>(timeout.milliseconds()), mask, kSigsetSize);
  }
  --epoll.waiters;
  return result;
}

}  // namespace

Answer wait_epoll(int fd, uint64_t events_at, int most, int64_t nanoseconds, bool is_fine, uint64_t mask) {
  const Reference instance = table::get(fd);
  if (!instance || instance->kind != Kind::kEpoll) return std::nullopt;
  if (most <= 0 || static_cast<size_t>(most) > INT_MAX / sizeof(epoll_event)) return -EINVAL;
  Epoll& epoll = *instance->epoll;
  const Timeout timeout(nanoseconds);
  std::array<epoll_event, kBatch> events;
  for (bool is_first = true;; is_first = false) {
    Report report(static_cast<size_t>(most));
    if (epoll.held_count > 0) report_held(epoll, report);
    if (epoll.nested_count > 0) report_nested(epoll, report);
    const bool has_some = report.size() > 0;
    if (report.room() == 0) return report.give(events_at);
    const int64_t raw = ask_kernel(epoll, fd, events.data(), report.room(), has_some ? Timeout(0) : timeout,
                                   is_fine && !has_some, mask);
    if (raw < 0 && !has_some) return raw_after_wait(raw, is_first);
    const auto count = gate::count_of(raw < 0 ? 0 : raw, report.room());
    if (!count) return -EIO;
    for (size_t i = 0; i < *count; ++i) report_kernel(epoll, events[i], report);
    if (report.size() > 0) return report.give(events_at);
    if (timeout.is_over()) return 0;
  }
}

Answer call_epoll_wait(Call& call) {
  if (!table::may_be(call.int_arg(0))) return std::nullopt;
  const int milliseconds = call.int_arg(3);
  return wait_epoll(call.int_arg(0), call.args[1], call.int_arg(2),
                    milliseconds < 0 ? Timeout::kForever : int64_t{milliseconds} * 1000000, false, 0);
}

}  // namespace redoubt::shim::net
