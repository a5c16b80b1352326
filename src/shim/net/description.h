// SPDX-License-Identifier: Apache-2.0
//
// What the shim knows of the program's sockets and epoll instances, by descriptor number. The kernel's open file description has
// one Description here; dup and its kin make descriptors of one description equal. Stream sockets of the internet are tracked from
// socket() on, since a program may put one into an epoll instance before it connects it.
//
// A bit for each number says whether it is tracked at all; calls on others go their way after one look at it. Numbers from
// kTracked on are never given out for tracked ones (EMFILE).
//
// A vfork child shares this memory but not the descriptors: it neither changes nor trusts the table (vfork_child.cc).
//
// Lock order: the register of sockets, Description::mutex, Epoll::mutex, the table's stripes (leaves: nothing is called under them).
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "shim/net/connection.h"

namespace redoubt::shim::net {

enum class Kind : uint8_t {
  kFresh,       // not bound to a rule yet: the kernel's affair, and nothing can be sent
  kPlain,       // a rule says tls: off, or the default lets it be; looked at again before bytes go where it is shared
  kListener,    // what it accepts is shielded, by `rule`
  kConnection,  // shielded
  kLost,        // a connection whose TLS state is in another process or image: EIO
  kEpoll,
  kReplaced,  // stands for a number that is being closed or replaced; nobody sees it but the table
  kClosed,    // stands for a number that was a shielded socket's; nobody sees it but the table
};

struct Epoll;
struct Interest;

struct Description {
  explicit Description(Kind first);

  std::atomic<Kind> kind;
  std::atomic<int> uses = 0;   // descriptors of this process
  std::atomic<int> rule = -1;  // kListener, and kFresh when it was bound
  // O_NONBLOCK, which another process may change too: asked for again after fork.
  std::atomic<bool> nonblocking = false;
  std::atomic<bool> nonblocking_known = true;
  std::atomic<int64_t> receive_timeout = 0;  // SO_RCVTIMEO in nanoseconds; 0: none
  std::atomic<int64_t> send_timeout = 0;
  std::atomic<int> low_water = 1;  // SO_RCVLOWAT, of plaintext
  std::atomic<bool> said_lost = false;
  // Another process may have it too, and connect it or make it listen: from a fork on, after exec, sent or received over a socket.
  std::atomic<bool> shared = false;

  std::mutex mutex;
  std::unique_ptr<Connection> connection;  // guarded by mutex; kConnection
  std::optional<Address> plain_peer;       // guarded by mutex; kPlain and shared: whom a rule was seen to let be
  std::vector<std::shared_ptr<Interest>> interests;  // guarded by mutex: epoll instances that watch it
  std::unique_ptr<Epoll> epoll;                      // kEpoll; constant

  ~Description();
  bool would_not_block(int fd);
};
using Reference = std::shared_ptr<Description>;

// A stream socket, registered for fork: whoever uses a connection holds its mutex, and fork holds all of them.
Reference make_socket(Kind kind);
// Before a child that may hand them on at exec: from here on other processes may have all that are there. fork does the same.
void share_sockets();
void lock_sockets_for_fork();
void unlock_sockets_after_fork();

namespace table {

inline constexpr int kTracked = 65536;
extern std::atomic<uint8_t> bits[kTracked / 8];

inline bool may_be(int fd) {
  return fd >= 0 && fd < kTracked && (bits[fd / 8].load(std::memory_order_relaxed) >> (fd % 8) & 1) != 0;
}
inline bool fits(int fd) { return fd >= 0 && fd < kTracked; }

Reference get(int fd);  // null: not tracked. Waits while another thread has the kernel close the number
// Still that description's number, and not being closed. Who holds its mutex may use the number in the kernel: it is not another's.
// No Reference, which would be the last one now and then: a description ends under no lock but the stripes', which these take.
bool is(int fd, const Description* description);
// The lowest number of this description, or -1.
int find(const Description* description);
// What was there before. `description` may be null.
Reference exchange(int fd, Reference description);

// Around a call of the kernel that closes or replaces a number. In between the number is nobody's, and calls on it wait: passed on
// as those of an untracked one they could send in the clear what was meant for the shielded socket that is still there.
struct Replacement {
  int fd = -1;
  Reference before, mark;
};
Replacement begin_replacing(int fd);  // takes the mutex of what was there
void end_replacing(Replacement& replacement, Reference now = nullptr);
// Whether the number was a shielded socket's, and the table does not know yet what it is now. A thread that still uses it must not
// have its bytes passed on: the kernel may give it to the next connection, which is tracked only a moment later.
bool was_shielded(int fd);
void forget_shielded(int fd);  // it is something else now
// In the child of fork: what another thread was about to close or replace is what the kernel has there, as if the fork had been first
// or last. A connection is lost there.
void finish_replacing_after_fork();

// Every tracked descriptor in [first, last].
std::vector<std::pair<int, Reference>> all(int first = 0, int last = kTracked - 1);

void lock_for_fork();
void unlock_after_fork();

}  // namespace table
}  // namespace redoubt::shim::net
