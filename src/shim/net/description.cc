// SPDX-License-Identifier: Apache-2.0
#include "shim/net/description.h"

#include <fcntl.h>
#include <sys/syscall.h>

#include <algorithm>
#include <unordered_set>

#include "shim/attested/openssl_use.h"

#include "shim/gate/gate.h"
#include "shim/net/calls.h"
#include "shim/net/epoll.h"

namespace redoubt::shim::net {

namespace {

constinit std::mutex register_mutex;
std::unordered_set<Description*> sockets;  // guarded by register_mutex

}  // namespace

Reference make_socket(Kind kind) {
  auto made = std::make_shared<Description>(kind);
  const std::lock_guard lock(register_mutex);
  sockets.insert(made.get());
  return made;
}

void share_sockets() {
  const std::lock_guard lock(register_mutex);
  for (Description* socket : sockets) socket->shared = true;
}

void lock_sockets_for_fork() {
  register_mutex.lock();
  for (Description* socket : sockets) {
    socket->shared = true;
    socket->mutex.lock();
  }
}

void unlock_sockets_after_fork() {
  for (Description* socket : sockets) socket->mutex.unlock();
  register_mutex.unlock();
}

Description::Description(Kind first) : kind(first) {}

Description::~Description() {
  if (epoll || kind == Kind::kReplaced || kind == Kind::kClosed) return;
  {
    const std::lock_guard lock(register_mutex);
    sockets.erase(this);
  }
  if (!connection) return;
  const attested::OpensslUse use;
  connection.reset();
}

bool Description::would_not_block(int fd) {
  if (!nonblocking_known.load(std::memory_order_relaxed)) {
    const int64_t flags = gate::call(SYS_fcntl, static_cast<uint64_t>(fd), F_GETFL);
    if (is_error(flags)) return true;
    nonblocking = (flags & O_NONBLOCK) != 0;
    nonblocking_known = true;
  }
  return nonblocking.load(std::memory_order_relaxed);
}

namespace table {

constinit std::atomic<uint8_t> bits[kTracked / 8] = {};

namespace {

constexpr size_t kStripes = 64;
constinit std::mutex stripes[kStripes];
constinit Reference entries[kTracked];

std::mutex& stripe_of(int fd) { return stripes[static_cast<size_t>(fd) % kStripes]; }

}  // namespace

namespace {

Reference look(int fd) {
  if (!may_be(fd)) return nullptr;
  const std::lock_guard lock(stripe_of(fd));
  return entries[fd];
}

bool is_known(const Reference& found) {
  return found && found->kind != Kind::kReplaced && found->kind != Kind::kClosed;
}

Reference mark_of_closed() {
  static const Reference mark = std::make_shared<Description>(Kind::kClosed);
  return mark;
}

// Whether what leaves a number leaves a mark there. What other threads wrote to it was to be encrypted, or to be refused.
bool is_shielded(const Description& description) {
  const Kind kind = description.kind;
  return kind == Kind::kConnection || kind == Kind::kListener || kind == Kind::kFresh || kind == Kind::kLost;
}

}  // namespace

Reference get(int fd) {
  while (true) {
    Reference found = look(fd);
    if (is_known(found)) return found;
    if (!found || found->kind == Kind::kClosed) return nullptr;
    gate::call(SYS_sched_yield);
  }
}

bool is(int fd, const Description* description) {
  if (!may_be(fd)) return false;
  const std::lock_guard lock(stripe_of(fd));
  return entries[fd].get() == description;
}

Replacement begin_replacing(int fd) {
  while (true) {
    Reference before = get(fd);
    if (!before) return {};
    const std::lock_guard lock(before->mutex);
    if (!is(fd, before.get())) continue;
    auto mark = std::make_shared<Description>(Kind::kReplaced);
    exchange(fd, mark);
    return {fd, std::move(before), std::move(mark)};
  }
}

void end_replacing(Replacement& replacement, Reference now) {
  const int fd = replacement.fd;
  // Once the kernel has closed the number, another thread may have got it, for something that is tracked.
  if (!now && fd >= 0 && is_shielded(*replacement.before)) now = mark_of_closed();
  if (fd >= 0 && is(fd, replacement.mark.get())) exchange(fd, std::move(now));
  replacement = {};
}

bool was_shielded(int fd) {
  const Reference found = look(fd);
  return found && found->kind == Kind::kClosed;
}

void forget_shielded(int fd) {
  const std::lock_guard lock(stripe_of(fd));
  Reference& entry = entries[fd];
  if (!entry || entry->kind != Kind::kClosed) return;
  entry = nullptr;
  bits[fd / 8].fetch_and(static_cast<uint8_t>(~(1U << (fd % 8))));
}

void finish_replacing_after_fork() {
  for (int fd = 0; fd < kTracked; ++fd) {
    const Reference found = look(fd);
    if (!found || found->kind != Kind::kReplaced) continue;
    exchange(fd, nullptr);
    adopt(fd);
  }
}

int find(const Description* description) {
  for (int fd = 0; fd < kTracked; ++fd) {
    if (fd % 8 == 0 && bits[fd / 8].load(std::memory_order_relaxed) == 0) {
      fd += 7;
      continue;
    }
    if (is(fd, description)) return fd;
  }
  return -1;
}

Reference exchange(int fd, Reference description) {
  if (!fits(fd)) return nullptr;
  const std::lock_guard lock(stripe_of(fd));
  if (description) {
    ++description->uses;
    bits[fd / 8].fetch_or(static_cast<uint8_t>(1U << (fd % 8)));
  } else {
    bits[fd / 8].fetch_and(static_cast<uint8_t>(~(1U << (fd % 8))));
  }
  entries[fd].swap(description);
  if (description) --description->uses;
  return description;
}

std::vector<std::pair<int, Reference>> all(int first, int last) {
  std::vector<std::pair<int, Reference>> found;
  last = std::min(last, kTracked - 1);
  for (int fd = std::max(first, 0); fd <= last; ++fd) {
    if (fd % 8 == 0 && bits[fd / 8].load(std::memory_order_relaxed) == 0) {
      fd += 7;
      continue;
    }
    Reference reference = look(fd);
    if (is_known(reference)) found.emplace_back(fd, std::move(reference));
  }
  return found;
}

void lock_for_fork() {
  for (std::mutex& stripe : stripes) stripe.lock();
}
void unlock_after_fork() {
  for (std::mutex& stripe : stripes) stripe.unlock();
}

}  // namespace table
}  // namespace redoubt::shim::net
