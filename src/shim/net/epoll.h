// SPDX-License-Identifier: Apache-2.0
//
// epoll instances that watch shielded sockets. The kernel's instance goes on doing the waiting; a watched socket has a record
// here (Interest), and the kernel is given a tag in the place of the program's data, by which its events are recognised.
//
//   kernel's event ─► pump the connection: receive, decrypt, flush ─► what the program asked for and is true ─► program
//                                                             └─ nothing (half a record, a handshake): wait on
//
// What the kernel cannot know is kept in `held`: records of connections that hold plaintext, or may be written again because a
// handshake ended. They are reported before the kernel is asked. What the kernel is asked to watch follows from the state of the
// connection: room while output waits, bytes while a handshake needs them, even if the program asked for neither.
//
// Edges: the kernel watches for bytes and room, always. A record is reported readable when plaintext came since it was last
// reported. Oneshot: the kernel disarms it; what is not passed on is armed again, what is reported from `held` is disarmed.
#pragma once

#include <sys/epoll.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "shim/net/description.h"

namespace redoubt::shim::net {

struct Interest {
  std::weak_ptr<Description> instance;  // the epoll
  std::weak_ptr<Description> target;
  int instance_fd = -1;  // a number the instance had when it was last used
  int fd = -1;           // the kernel's key is the target's open file and this number
  uint64_t tag = 0;
  // Guarded by the instance's Epoll::mutex:
  uint32_t events = 0;  // as the program wants it, with its flags
  uint64_t data = 0;
  uint32_t kernel_events = 0;  // what the kernel has
  bool is_armed = true;
  bool is_held = false;
  bool is_gone = false;
  uint64_t reported = 0;  // Connection::arrivals() at the last report of bytes

  bool is_edge() const { return (events & EPOLLET) != 0; }
  bool is_oneshot() const { return (events & EPOLLONESHOT) != 0; }
};

struct Epoll {
  std::mutex mutex;
  std::vector<std::shared_ptr<Interest>> slots;  // by the index in the tag
  std::vector<uint32_t> free_slots;
  uint32_t generation = 0;
  std::deque<std::shared_ptr<Interest>> held;
  std::atomic<size_t> held_count = 0;
  std::vector<std::weak_ptr<Interest>> nested;  // epoll instances that this one watches
  std::atomic<size_t> nested_count = 0;
  std::atomic<int> waiters = 0;  // threads in the kernel: an event that only the shim knows must wake one
};

// After anything that may have changed what waits for `target` should know; its mutex is held. Adds to `held`, tells the kernel.
void refresh_interests(Description& target);
// The last descriptor of `target` in this process goes. `stays_open`: not its open file, which the kernel would go on watching.
void forget_interests(Description& target, int fd, bool stays_open);
// Whether a wait on the instance would report something that the kernel does not know of (for nested instances and poll).
bool has_held_events(Description& instance);

}  // namespace redoubt::shim::net
