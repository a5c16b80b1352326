// SPDX-License-Identifier: Apache-2.0
//
// Calls that move bytes. A shielded connection never blocks in the kernel's recv or send: a blocking call waits with poll, without
// the connection's lock, so that a reader and a writer do not hold each other up. Signals cut a wait short as on Linux: restarted
// by SA_RESTART, EINTR when the socket has a timeout, and what was moved already is the result.
#include <fcntl.h>
#include <limits.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <algorithm>
#include <csignal>

#include "shim/abi/restart.h"
#include "shim/gate/gate.h"
#include "shim/memory/app_memory.h"
#include "shim/net/calls.h"
#include "shim/net/epoll.h"
#include "shim/net/log.h"
#include "shim/net/timeout.h"
#include "shim/syscalls/shim_time.h"

namespace redoubt::shim::net {

int64_t lost(int fd, Description& description) {
  ++counters.lost;
  if (!description.said_lost.exchange(true)) {
    Text<256> line;
    line.append("network: the TLS connection of descriptor ").decimal(fd);
    line.append(" is in use by another process, or came through exec or a socket: input/output error");
    say(line.view());
  }
  return -EIO;
}

namespace {

constexpr uint64_t kSigsetSize = 8;

// Until the socket has one of `events`. 0: go on; else what the call returns if nothing was moved.
int64_t wait_for(int fd, short events, const Timeout& timeout, bool is_first) {
  pollfd polled = {.fd = fd, .events = events, .revents = 0};
  timespec storage;
  const int64_t raw = host_for_program(SYS_ppoll, gate::address_of(&polled), 1, gate::address_of(timeout.rest(storage)),
                                       0, kSigsetSize);
  if (raw == 0) return -EAGAIN;
  if (raw == -EINTR || abi::is_restart(raw)) {
    if (raw == abi::kRestartAlways && is_first) return raw;
    return timeout.is_forever() ? abi::kRestartIfAsked : -EINTR;
  }
  return raw < 0 ? raw : 0;
}

// Runs `attempt` (under the lock) until it is done. It adds to `moved`, returns whether it is, and -EAGAIN to wait for `events`.
template <typename Attempt>
int64_t run(int fd, Description& description, bool may_wait, int64_t patience, Attempt attempt) {
  const Timeout timeout(patience == 0 ? Timeout::kForever : patience);
  int64_t moved = 0;
  for (bool is_first = true;; is_first = false) {
    short events = 0;
    int64_t result;
    {
      const std::lock_guard lock(description.mutex);
      if (!table::is(fd, &description)) return moved > 0 ? moved : -EBADF;  // closed meanwhile by another thread
      if (!description.connection->acquire()) return lost(fd, description);
      result = attempt(*description.connection, moved, events);
      if (!description.interests.empty()) refresh_interests(description);
    }
    if (result != -EAGAIN) return result;
    if (!may_wait) return moved > 0 ? moved : -EAGAIN;
    result = wait_for(fd, events, timeout, is_first);
    if (result != 0) return moved > 0 ? moved : result;
  }
}

}  // namespace

int64_t receive(int fd, Description& description, Pieces& to, int flags) {
  if (to.problem() != 0) return -to.problem();
  if ((flags & MSG_OOB) != 0) return -EINVAL;
  if ((flags & MSG_ERRQUEUE) != 0) return -EAGAIN;
  const bool may_wait = (flags & MSG_DONTWAIT) == 0 && !description.would_not_block(fd);
  const bool wants_all = (flags & MSG_WAITALL) != 0 && (flags & MSG_PEEK) == 0;
  return run(fd, description, may_wait, description.receive_timeout,
             [&](Connection& connection, int64_t& moved, short& events) -> int64_t {
               const int64_t size = connection.read(fd, to, flags);
               if (size == -EAGAIN) {
                 events = static_cast<short>(POLLIN | (connection.has_output() ? POLLOUT : 0));
                 return size;
               }
               if (size <= 0) return moved > 0 ? moved : size;
               moved += size;
               if (!wants_all || to.left() == 0) return moved;
               events = POLLIN;
               return -EAGAIN;
             });
}

namespace {

// A blocking write returns when the kernel has everything: nobody would send the rest while the program does something else.
int64_t write_through(Connection& connection, int fd, Pieces& from, int flags, int64_t& moved, short& events) {
  if (connection.is_handshaking() && connection.has_begun_output()) {
    connection.input_has_come();
    connection.fill(fd);
  }
  if (from.left() > 0) {
    const int64_t size = connection.write(fd, from, flags);
    if (size < 0 && size != -EAGAIN) return moved > 0 ? moved : size;
    if (size > 0) moved += size;
  } else if (connection.has_output()) {
    connection.flush(fd, flags & MSG_MORE);
  }
  const bool is_on_its_way = connection.is_handshaking() && !connection.has_failed() && !connection.is_finished();
  // Nothing of it has left: the peer failed the handshake.
  if (from.left() == 0 && connection.has_failed_handshake()) return connection.write_error();
  if (from.left() == 0 && !connection.has_output() && !is_on_its_way) return moved;
  events = static_cast<short>((connection.has_output() ? POLLOUT : 0) | (connection.is_handshaking() ? POLLIN : 0));
  if (events == 0) events = POLLOUT;
  return -EAGAIN;
}

void raise_broken_pipe() {
  const int64_t pid = gate::call(SYS_getpid);
  const int64_t tid = gate::call(SYS_gettid);
  gate::call(SYS_tgkill, static_cast<uint64_t>(pid), static_cast<uint64_t>(tid), SIGPIPE);
}

}  // namespace

int64_t send(int fd, Description& description, Pieces& from, int flags) {
  if (from.problem() != 0) return -from.problem();
  if ((flags & (MSG_OOB | MSG_FASTOPEN | MSG_ZEROCOPY)) != 0) return -EOPNOTSUPP;
  const bool may_wait = (flags & MSG_DONTWAIT) == 0 && !description.would_not_block(fd);
  const int64_t result = run(fd, description, may_wait, description.send_timeout,
                             [&](Connection& connection, int64_t& moved, short& events) -> int64_t {
                               if (from.left() == 0 && moved == 0) return 0;
                               if (may_wait) return write_through(connection, fd, from, flags, moved, events);
                               return connection.write(fd, from, flags);
                             });
  if (result == -EPIPE && (flags & MSG_NOSIGNAL) == 0) raise_broken_pipe();
  return result;
}

namespace {

// What the table has for a number, also where it was a shielded socket's before and a thread still uses it: accept tells the table a
// moment after the kernel has given out the number, and nothing may be sent in between.
Reference find_settled(int fd, Answer& answer) {
  constexpr int kPatience = 1000;  // accept needs a moment, unless it waits for a processor
  for (int round = 0;; ++round) {
    Reference socket = table::get(fd);
    if (socket || !table::was_shielded(fd)) return socket;
    if (is_error(gate::call(SYS_fcntl, static_cast<uint64_t>(fd), F_GETFD))) {
      answer = -EBADF;
      return nullptr;
    }
    // Several looks by number: they count only if it was one thing all the time. (Inodes of sockets do not come again.)
    const uint64_t inode = inode_of(fd);
    const auto strange = classify(fd);
    const bool is_one = inode != 0 && inode_of(fd) == inode;
    if (is_one && (!strange || strange->kind == Kind::kPlain)) {  // no rule keeps it from going out as it is
      table::forget_shielded(fd);
      continue;
    }
    if (round == kPatience) {
      answer = -EIO;
      return nullptr;
    }
    gate::call(SYS_sched_yield);
  }
}

}  // namespace

namespace {

std::optional<Address> peer_address(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  const int64_t result =
      gate::call(SYS_getpeername, static_cast<uint64_t>(fd), gate::address_of(&storage), gate::address_of(&size));
  return is_error(result) ? std::nullopt : address_of(&storage, std::min<size_t>(size, sizeof(storage)));
}

// What a write says on a stream that is not connected, or not yet.
int64_t unconnected_write(int fd) {
  const int state = state_of(fd);
  if (state == TCP_SYN_SENT || state == TCP_SYN_RECV) return -EAGAIN;
  int error = 0;
  socklen_t size = sizeof(error);
  const int64_t result = gate::call(SYS_getsockopt, static_cast<uint64_t>(fd), SOL_SOCKET, SO_ERROR,
                                    gate::address_of(&error), gate::address_of(&size));
  return is_error(result) || error == 0 ? -ENOTCONN : -error;
}

// Before bytes go out in the clear on a socket that another process has too. 0: they may. One call of the kernel, as long as it is
// connected to whom it was.
int64_t look_again_before_sending(int fd, Description& socket) {
  const std::lock_guard lock(socket.mutex);
  const auto peer = peer_address(fd);
  if (peer && peer == socket.plain_peer) return 0;
  const auto strange = classify(fd);
  if (!peer || !strange || strange->kind == Kind::kFresh || strange->kind == Kind::kListener) {
    return unconnected_write(fd);
  }
  if (strange->kind == Kind::kPlain) {
    socket.plain_peer = peer;
    return 0;
  }
  socket.kind = Kind::kLost;
  return lost(fd, socket);
}

}  // namespace

Reference shielded(int fd, Answer& answer, bool sends) {
  if (!table::may_be(fd)) return nullptr;
  Reference socket = find_settled(fd, answer);
  if (!socket) return nullptr;
  if (socket->kind == Kind::kFresh || socket->kind == Kind::kListener) {
    // Connected by another process that has it too?
    const auto strange = classify(fd);
    if (strange && strange->kind != Kind::kFresh && strange->kind != Kind::kListener) {
      socket->kind = strange->kind == Kind::kPlain ? Kind::kPlain : Kind::kLost;
    } else {  // it may be connected at any moment from now on: the kernel gets no byte
      answer = -ENOTCONN;
      return nullptr;
    }
  }
  if (sends && socket->kind == Kind::kPlain && socket->shared) {
    if (const int64_t problem = look_again_before_sending(fd, *socket); problem != 0) answer = problem;
    return nullptr;
  }
  if (socket->kind == Kind::kLost) {
    answer = lost(fd, *socket);
    return nullptr;
  }
  return socket->kind == Kind::kConnection ? socket : nullptr;
}

namespace {

// Pieces of the read and write families. Positions make no sense on a socket: ESPIPE, but for "no position".
struct Transfer {
  Pieces pieces;
  int flags = 0;
};

Result<Transfer> transfer_of(const Call& call) {
  int flags = 0;
  switch (call.number) {
    case SYS_read:
    case SYS_write: return Transfer{Pieces(call.args[1], call.args[2])};
    case SYS_readv:
    case SYS_writev: break;
    case SYS_preadv2:
    case SYS_pwritev2: {
      if (static_cast<int64_t>(call.args[3]) != -1) return fail(ESPIPE);
      constexpr int kNoWait = 0x8;  // RWF_NOWAIT; the others are about files
      if ((call.int_arg(5) & ~0x1f) != 0) return fail(EOPNOTSUPP);
      if ((call.int_arg(5) & kNoWait) != 0) flags |= MSG_DONTWAIT;
      break;
    }
    default: return fail(ESPIPE);
  }
  Transfer transfer{Pieces::from_iovec(call.args[1], call.args[2]), flags};
  if (transfer.pieces.problem() == EMSGSIZE) return fail(EINVAL);
  return transfer;
}

}  // namespace

Answer call_read(Call& call) {
  Answer answer;
  const int fd = call.int_arg(0);
  const Reference socket = shielded(fd, answer, false);
  if (!socket) return answer;
  auto transfer = transfer_of(call);
  if (!transfer) return -number_of(transfer.error());
  return receive(fd, *socket, transfer->pieces, transfer->flags);
}

Answer answer_of_send(Answer answer, int flags) {
  if (answer != -ENOTCONN) return answer;
  if ((flags & MSG_NOSIGNAL) == 0) raise_broken_pipe();
  return -EPIPE;
}

Answer call_write(Call& call) {
  Answer answer;
  const int fd = call.int_arg(0);
  const Reference socket = shielded(fd, answer, true);
  if (!socket) return answer_of_send(answer, 0);
  auto transfer = transfer_of(call);
  if (!transfer) return -number_of(transfer.error());
  return send(fd, *socket, transfer->pieces, transfer->flags);
}

}  // namespace redoubt::shim::net
