// SPDX-License-Identifier: Apache-2.0
//
// Records of watched sockets: epoll_ctl, and what a change of a connection means for who watches it. Waiting: epoll_wait.cc.
#include "shim/net/epoll.h"

#include <sys/syscall.h>

#include <algorithm>

#include "shim/gate/gate.h"
#include "shim/memory/app_memory.h"
#include "shim/net/calls.h"
#include "shim/net/epoll_tag.h"
#include "shim/net/readiness.h"

namespace redoubt::shim::net {
namespace {

constexpr uint32_t kFlags = EPOLLET | EPOLLONESHOT | EPOLLEXCLUSIVE | EPOLLWAKEUP;

int64_t tell_kernel(int instance, int operation, int fd, uint32_t events, uint64_t data) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = data;
  return gate::call(SYS_epoll_ctl, static_cast<uint64_t>(instance), static_cast<uint64_t>(operation),
                    static_cast<uint64_t>(fd), gate::address_of(&event));
}

// A number of the instance in this process; -1: none.
int number_of_instance(Interest& interest, const Reference& instance) {
  if (!table::is(interest.instance_fd, instance.get())) interest.instance_fd = table::find(instance.get());
  return interest.instance_fd;
}

uint32_t bits_for_kernel(const Description& target, const Interest& interest) {
  if (target.kind != Kind::kConnection || (interest.events & EPOLLEXCLUSIVE) != 0) return interest.events;
  if (interest.is_edge()) return interest.events | EPOLLIN | EPOLLOUT;
  return kernel_bits(*target.connection, interest.events & ~kFlags) | (interest.events & kFlags);
}

void add_slot(const Reference& instance, const std::shared_ptr<Interest>& interest) {
  Epoll& epoll = *instance->epoll;
  const std::lock_guard lock(epoll.mutex);
  uint32_t index = static_cast<uint32_t>(epoll.slots.size());
  if (epoll.free_slots.empty()) {
    epoll.slots.push_back(interest);
  } else {
    index = epoll.free_slots.back();
    epoll.free_slots.pop_back();
    epoll.slots[index] = interest;
  }
  interest->tag = tag::make(index, ++epoll.generation);
}

void remove_slot(const Reference& instance, const std::shared_ptr<Interest>& interest) {
  Epoll& epoll = *instance->epoll;
  const std::lock_guard lock(epoll.mutex);
  interest->is_gone = true;
  const uint32_t index = tag::index_of(interest->tag);
  if (index >= epoll.slots.size() || epoll.slots[index] != interest) return;
  epoll.slots[index] = nullptr;
  epoll.free_slots.push_back(index);
}

void watch_nested(const Reference& instance, const std::shared_ptr<Interest>& interest) {
  const std::lock_guard lock(instance->epoll->mutex);
  std::erase_if(instance->epoll->nested, [](const auto& one) { return one.expired(); });
  instance->epoll->nested.push_back(interest);
  instance->epoll->nested_count = instance->epoll->nested.size();
}

int64_t add(const Reference& instance, const Reference& target, int instance_fd, int fd, const epoll_event& event) {
  const auto interest = std::make_shared<Interest>();
  interest->instance = instance;
  interest->target = target;
  interest->instance_fd = instance_fd;
  interest->fd = fd;
  interest->events = event.events;
  interest->data = event.data.u64;
  interest->kernel_events = bits_for_kernel(*target, *interest);
  if (target->connection) interest->reported = target->connection->arrivals() - 1;
  add_slot(instance, interest);
  const int64_t result = tell_kernel(instance_fd, EPOLL_CTL_ADD, fd, interest->kernel_events, interest->tag);
  if (is_error(result)) {
    remove_slot(instance, interest);
    return result;
  }
  target->interests.push_back(interest);
  if (target->kind == Kind::kEpoll) watch_nested(instance, interest);
  refresh_interests(*target);
  return result;
}

int64_t modify(Interest& interest, Description& target, int instance_fd, const epoll_event& event,
               const Reference& instance) {
  {
    const std::lock_guard lock(instance->epoll->mutex);
    if (((interest.events | event.events) & EPOLLEXCLUSIVE) != 0) return -EINVAL;
    interest.events = event.events;
    interest.data = event.data.u64;
    interest.is_armed = true;
    if (target.connection) interest.reported = target.connection->arrivals() - 1;
    interest.kernel_events = bits_for_kernel(target, interest);
    const int64_t result = tell_kernel(instance_fd, EPOLL_CTL_MOD, interest.fd, interest.kernel_events, interest.tag);
    if (is_error(result)) return result;
  }
  refresh_interests(target);
  return 0;
}

bool would_report(Connection& connection, const Interest& interest) {
  const bool is_news = !interest.is_edge() || connection.arrivals() != interest.reported;
  if ((interest.events & (EPOLLIN | EPOLLRDNORM)) != 0 && is_news && connection.is_readable()) return true;
  if ((interest.events & EPOLLRDHUP) != 0 && is_news && connection.is_finished()) return true;
  return (interest.events & EPOLLOUT) != 0 && interest.is_edge() && connection.would_be_writable_again();
}

}  // namespace

void refresh_interests(Description& target) {
  for (const auto& interest : target.interests) {
    const Reference instance = interest->instance.lock();
    if (!instance) continue;
    const std::lock_guard lock(instance->epoll->mutex);
    if (!interest->is_armed || interest->is_gone) continue;
    uint32_t bits = bits_for_kernel(target, *interest);
    bool must_tell = bits != interest->kernel_events && (interest->events & EPOLLEXCLUSIVE) == 0;
    if (target.kind == Kind::kConnection && !interest->is_held && target.connection->claim().is_mine() &&
        would_report(*target.connection, *interest)) {
      interest->is_held = true;
      instance->epoll->held.push_back(interest);
      ++instance->epoll->held_count;
      if (instance->epoll->waiters > 0) {  // a socket that has room wakes one of them at once
        bits |= EPOLLOUT;
        must_tell = true;
      }
    }
    if (!must_tell) continue;
    const int number = number_of_instance(*interest, instance);
    if (number >= 0) tell_kernel(number, EPOLL_CTL_MOD, interest->fd, bits, interest->tag);
    interest->kernel_events = bits;
  }
}

void forget_interests(Description& target, int fd, bool stays_open) {
  const std::lock_guard lock(target.mutex);
  for (const auto& interest : target.interests) {
    const Reference instance = interest->instance.lock();
    if (!instance) continue;
    remove_slot(instance, interest);
    // Under another number than the last one it cannot be taken out any more: that number is somebody else's.
    const int number = stays_open && interest->fd == fd ? number_of_instance(*interest, instance) : -1;
    if (number >= 0) tell_kernel(number, EPOLL_CTL_DEL, interest->fd, 0, 0);
  }
  target.interests.clear();
}

namespace {

constexpr int kMostNested = 5;  // EP_MAX_NESTS, with one to spare

bool has_held_events(Description& instance, int depth);

bool has_nested_events(Epoll& epoll, int depth) {
  if (epoll.nested_count == 0 || depth == 0) return false;
  std::vector<std::shared_ptr<Interest>> nested;
  {
    const std::lock_guard lock(epoll.mutex);
    for (const auto& one : epoll.nested) {
      if (auto interest = one.lock(); interest && !interest->is_gone) nested.push_back(std::move(interest));
    }
  }
  return std::ranges::any_of(nested, [depth](const std::shared_ptr<Interest>& interest) {
    const Reference inner = interest->target.lock();
    return inner && has_held_events(*inner, depth - 1);
  });
}

bool has_held_events(Description& instance, int depth) {
  Epoll& epoll = *instance.epoll;
  if (has_nested_events(epoll, depth)) return true;
  if (epoll.held_count == 0) return false;
  std::vector<std::shared_ptr<Interest>> held;
  {
    const std::lock_guard lock(epoll.mutex);
    held.assign(epoll.held.begin(), epoll.held.end());
  }
  return std::ranges::any_of(held, [](const std::shared_ptr<Interest>& interest) {
    const Reference target = interest->target.lock();
    if (!target) return false;
    const std::lock_guard lock(target->mutex);
    return target->kind == Kind::kConnection && target->connection->claim().is_mine() && interest->is_armed &&
           would_report(*target->connection, *interest);
  });
}

}  // namespace

bool has_held_events(Description& instance) { return has_held_events(instance, kMostNested); }

std::optional<int64_t> call_epoll_create(Call& call) {
  const int64_t fd = pass(call);
  if (is_error(fd) || !table::fits(static_cast<int>(fd))) return fd;
  auto made = std::make_shared<Description>(Kind::kEpoll);
  made->epoll = std::make_unique<Epoll>();
  table::exchange(static_cast<int>(fd), std::move(made));
  return fd;
}

std::optional<int64_t> call_epoll_ctl(Call& call) {
  const int fd = call.int_arg(2);
  if (!table::may_be(call.int_arg(0)) || !table::may_be(fd)) return std::nullopt;
  const Reference instance = table::get(call.int_arg(0));
  const Reference target = table::get(fd);
  if (!instance || instance->kind != Kind::kEpoll || !target || target == instance) return std::nullopt;
  const int operation = call.int_arg(1);
  epoll_event event{};
  if (operation != EPOLL_CTL_DEL && !read_app(event, call.args[3])) return -EFAULT;
  const std::lock_guard lock(target->mutex);
  if (!table::is(fd, target.get())) return -EBADF;  // closed meanwhile by another thread
  const auto found = std::ranges::find_if(target->interests, [&](const std::shared_ptr<Interest>& one) {
    return one->fd == fd && one->instance.lock() == instance;
  });
  const bool is_known = found != target->interests.end();
  switch (operation) {
    case EPOLL_CTL_ADD: return is_known ? -EEXIST : add(instance, target, call.int_arg(0), fd, event);
    case EPOLL_CTL_MOD: return is_known ? modify(**found, *target, call.int_arg(0), event, instance) : -ENOENT;
    case EPOLL_CTL_DEL: break;
    default: return -EINVAL;
  }
  if (!is_known) return std::nullopt;
  remove_slot(instance, *found);
  target->interests.erase(found);
  return pass(call);
}

}  // namespace redoubt::shim::net
