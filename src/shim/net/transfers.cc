// SPDX-License-Identifier: Apache-2.0
//
// Calls that move bytes. A shielded connection never blocks in the kernel's recv or send: a blocking call waits with poll, without
// the connection's lock, so that a reader and a writer do not hold each other up. Signals cut a wait short as on Linux: restarted
// by SA_RESTART, EINTR when the socket has a timeout, and what was moved already is the result.
#include <fcntl.h>
#include <limits.h>
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
#include "shim/syscalls/dispatch.h"

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
int64_t wait_for(int fd, const Description& description, short events, const Timeout& timeout, bool is_first) {
  pollfd polled = {.fd = fd, .events = events, .revents = 0};
  timespec storage;
  const int64_t raw = gate::interruptible(SYS_ppoll, gate::address_of(&polled), 1,
                                          gate::address_of(timeout.rest(storage)), 0, kSigsetSize);
  if (raw == 0) return -EAGAIN;
  if (raw == -EINTR || abi::is_restart(raw)) {
    if (raw == abi::kRestartAlways && is_first) return raw;
    return timeout.is_forever() ? abi::kRestartIfAsked : -EINTR;
  }
  if (raw < 0) return raw;
  return table::get(fd).get() == &description ? 0 : -EBADF;  // closed meanwhile by another thread
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
      if (!description.connection->acquire()) return lost(fd, description);
      result = attempt(*description.connection, moved, events);
      if (!description.interests.empty()) refresh_interests(description);
    }
    if (result != -EAGAIN) return result;
    if (!may_wait) return moved > 0 ? moved : -EAGAIN;
    result = wait_for(fd, description, events, timeout, is_first);
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

// The shielded socket behind an argument. Null: not one, or `answer` says what the call returns.
Reference shielded(int fd, Answer& answer) {
  if (!table::may_be(fd)) return nullptr;
  Reference socket = table::get(fd);
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
  if (socket->kind == Kind::kLost) {
    answer = lost(fd, *socket);
    return nullptr;
  }
  return socket->kind == Kind::kConnection ? socket : nullptr;
}

// Pieces of the read and write families. Positions make no sense on a socket: ESPIPE, but for "no position".
Answer pieces_of(const Call& call, std::optional<Pieces>& pieces, int& flags) {
  switch (call.number) {
    case SYS_read:
    case SYS_write: pieces.emplace(call.args[1], call.args[2]); return std::nullopt;
    case SYS_readv:
    case SYS_writev: break;
    case SYS_preadv2:
    case SYS_pwritev2: {
      if (static_cast<int64_t>(call.args[3]) != -1) return -ESPIPE;
      constexpr int kNoWait = 0x8;  // RWF_NOWAIT; the others are about files
      if ((call.int_arg(5) & ~0x1f) != 0) return -EOPNOTSUPP;
      if ((call.int_arg(5) & kNoWait) != 0) flags |= MSG_DONTWAIT;
      break;
    }
    default: return -ESPIPE;
  }
  pieces = Pieces::from_iovec(call.args[1], call.args[2]);
  if (pieces->problem() == EMSGSIZE) return -EINVAL;
  return std::nullopt;
}

}  // namespace

Answer call_read(Call& call) {
  Answer answer;
  const int fd = call.int_arg(0);
  const Reference socket = shielded(fd, answer);
  if (!socket) return answer;
  std::optional<Pieces> pieces;
  int flags = 0;
  if ((answer = pieces_of(call, pieces, flags))) return answer;
  return receive(fd, *socket, *pieces, flags);
}

namespace {

// As tcp_sendmsg on a socket that is not connected: EPIPE with its signal.
Answer answer_of_send(Answer answer, int flags) {
  if (answer != -ENOTCONN) return answer;
  if ((flags & MSG_NOSIGNAL) == 0) raise_broken_pipe();
  return -EPIPE;
}

}  // namespace

Answer call_write(Call& call) {
  Answer answer;
  const int fd = call.int_arg(0);
  const Reference socket = shielded(fd, answer);
  if (!socket) return answer_of_send(answer, 0);
  std::optional<Pieces> pieces;
  int flags = 0;
  if ((answer = pieces_of(call, pieces, flags))) return answer;
  return send(fd, *socket, *pieces, flags);
}

namespace {

// recvmsg on a shielded socket: no address, no control messages.
int64_t receive_message(int fd, Description& socket, uint64_t at, int flags) {
  msghdr message;
  if (!read_app(message, at)) return -EFAULT;
  Pieces to = Pieces::from_iovec(gate::address_of(message.msg_iov), message.msg_iovlen);
  const int64_t size = receive(fd, socket, to, flags);
  if (size < 0) return size;
  message.msg_namelen = 0;
  message.msg_controllen = 0;
  message.msg_flags = flags & MSG_CMSG_CLOEXEC;
  return write_app(at, message) ? size : -EFAULT;
}

int64_t send_message(int fd, Description& socket, uint64_t at, int flags) {
  msghdr message;
  if (!read_app(message, at)) return -EFAULT;
  Pieces from = Pieces::from_iovec(gate::address_of(message.msg_iov), message.msg_iovlen);
  return send(fd, socket, from, flags);
}

}  // namespace

Answer call_receive(Call& call) {
  Answer answer;
  const int fd = call.int_arg(0);
  const Reference socket = shielded(fd, answer);
  if (call.number == SYS_recvmsg) {
    if (socket) return receive_message(fd, *socket, call.args[1], call.int_arg(2));
    if (answer) return answer;
    const int64_t result = decide_beyond_network(call);
    if (result >= 0) adopt_received(call.args[1]);
    return result;
  }
  if (!socket) return answer;
  Pieces to(call.args[1], call.args[2]);
  const int64_t size = receive(fd, *socket, to, call.int_arg(3));
  constexpr socklen_t kNoAddress = 0;
  if (size >= 0 && call.args[4] != 0 && call.args[5] != 0 && !write_app(call.args[5], kNoAddress)) return -EFAULT;
  return size;
}

namespace {

// A datagram, or TCP Fast Open, to an address of its own. True: no rule lets it go.
bool goes_astray(int fd, uint64_t address_at, uint64_t size, int flags) {
  if ((flags & MSG_FASTOPEN) != 0) return true;
  if (address_at == 0 || size == 0) return false;
  sockaddr_storage storage{};
  if (size > sizeof(storage) || !copy_from_app(&storage, address_at, size)) return false;  // the kernel knows the errno
  auto address = address_of(&storage, size);
  if (!address || table::may_be(fd)) return false;  // a stream socket takes no notice of it
  if (address->is_any()) address = loopback_of(*address);
  const auto rule = find_connect(*address);
  if (rule ? !policy.connect[*rule].tls : !policy.refuses_unnamed) return false;
  say_refused_address("send datagrams to", text_of(*address));
  return true;
}

// AF_UNSPEC is AF_INET to a datagram socket of IPv4 (udp_sendmsg), and said so in `name`.
bool is_internet_name(int fd, sockaddr_storage& name) {
  if (name.ss_family == AF_INET || name.ss_family == AF_INET6) return true;
  if (name.ss_family != AF_UNSPEC || domain_of(fd) != AF_INET) return false;
  name.ss_family = AF_INET;
  return true;
}

// The address is looked at in memory that the program could change before the kernel reads it: the kernel gets a copy.
int64_t pass_message(Call& call, uint64_t at, int flags) {
  msghdr message;
  if (!read_app(message, at)) return -EFAULT;
  sockaddr_storage name{};
  if (message.msg_name != nullptr && message.msg_namelen <= sizeof(name)) {
    if (!copy_from_app(&name, gate::address_of(message.msg_name), message.msg_namelen)) return -EFAULT;
    if (is_internet_name(call.int_arg(0), name)) {
      if (goes_astray(call.int_arg(0), gate::address_of(&name), message.msg_namelen, 0)) return -EACCES;
    }
    message.msg_name = &name;
  }
  return gate::interruptible(SYS_sendmsg, call.args[0], gate::address_of(&message), static_cast<uint64_t>(flags));
}

bool has_internet_name(int fd, uint64_t at) {
  msghdr message;
  if (!read_app(message, at) || message.msg_name == nullptr) return false;
  sockaddr_storage name{};
  if (!read_app(name.ss_family, gate::address_of(message.msg_name))) return false;
  return is_internet_name(fd, name);
}

}  // namespace

Answer call_send(Call& call) {
  Answer answer;
  const int fd = call.int_arg(0);
  const Reference socket = shielded(fd, answer);
  const int flags = call.int_arg(call.number == SYS_sendmsg ? 2 : 3);
  if (call.number == SYS_sendmsg) {
    if (socket) return send_message(fd, *socket, call.args[1], flags);
    if ((flags & MSG_FASTOPEN) != 0) return -EOPNOTSUPP;
    if (answer) return answer_of_send(answer, flags);
    if (!has_internet_name(fd, call.args[1])) return std::nullopt;
    return pass_message(call, call.args[1], flags);
  }
  if (!socket) {
    if ((flags & MSG_FASTOPEN) != 0) return -EOPNOTSUPP;
    if (answer) return answer_of_send(answer, flags);
    const uint64_t size = static_cast<uint32_t>(call.args[5]);
    sockaddr_storage name{};
    if (call.args[4] == 0 || size > sizeof(name) || !copy_from_app(&name, call.args[4], size)) return std::nullopt;
    if (!is_internet_name(fd, name)) return std::nullopt;
    if (goes_astray(fd, gate::address_of(&name), size, flags)) return -EACCES;
    return pass_with(call, call.args[0], call.args[1], call.args[2], call.args[3], gate::address_of(&name), size);
  }
  Pieces from(call.args[1], call.args[2]);
  return send(fd, *socket, from, flags);
}

namespace {

constexpr uint32_t kMostMessages = 1024;  // UIO_MAXIOV

}  // namespace

Answer call_receive_many(Call& call) {
  Answer answer;
  const int fd = call.int_arg(0);
  const Reference socket = shielded(fd, answer);
  const auto count = std::min(static_cast<uint32_t>(call.args[2]), kMostMessages);
  if (!socket) {
    if (answer) return answer;
    const int64_t result = decide_beyond_network(call);
    for (int64_t i = 0; i < result; ++i) adopt_received(call.args[1] + static_cast<uint64_t>(i) * sizeof(mmsghdr));
    return result;
  }
  int flags = call.int_arg(3);
  uint32_t done = 0;
  for (; done < count; ++done) {
    const uint64_t at = call.args[1] + done * sizeof(mmsghdr);
    const int64_t size = receive_message(fd, *socket, at, flags & ~MSG_WAITFORONE);
    if (size < 0) return done > 0 ? done : size;
    if (!write_app(at + offsetof(mmsghdr, msg_len), static_cast<unsigned>(size))) return -EFAULT;
    if ((flags & MSG_WAITFORONE) != 0) flags |= MSG_DONTWAIT;
    if (size == 0) return done + 1;
  }
  return done;
}

Answer call_send_many(Call& call) {
  Answer answer;
  const int fd = call.int_arg(0);
  const Reference socket = shielded(fd, answer);
  const int flags = call.int_arg(3);
  if (!socket && answer) return answer_of_send(answer, flags);
  const auto count = std::min(static_cast<uint32_t>(call.args[2]), kMostMessages);
  if (!socket) {
    if ((flags & MSG_FASTOPEN) != 0) return -EOPNOTSUPP;
    bool is_internet = false;
    for (uint32_t i = 0; i < count && !is_internet; ++i)
      is_internet = has_internet_name(fd, call.args[1] + i * sizeof(mmsghdr));
    if (!is_internet) return std::nullopt;
  }
  for (uint32_t done = 0; done < count; ++done) {
    const uint64_t at = call.args[1] + done * sizeof(mmsghdr);
    const int64_t size = socket ? send_message(fd, *socket, at, flags) : pass_message(call, at, flags);
    if (size < 0) return done > 0 ? done : size;
    if (!write_app(at + offsetof(mmsghdr, msg_len), static_cast<unsigned>(size))) return -EFAULT;
  }
  return count;
}

namespace {

constexpr size_t kCopied = 65536;  // bytes of a file at a time

// One piece of the source, through whatever stands for the file (a code file, an injected one, a volume's).
int64_t read_source(Call& call, void* into, size_t size, const int64_t* position) {
  const auto fd = static_cast<uint64_t>(call.int_arg(1));
  if (position != nullptr) {
    return perform_other(call, SYS_pread64, fd, gate::address_of(into), size, static_cast<uint64_t>(*position));
  }
  return perform_other(call, SYS_read, fd, gate::address_of(into), size);
}

}  // namespace

// Reads and sends. What could not be sent is left unread: the position of the file goes back.
Answer call_sendfile(Call& call) {
  Answer answer;
  const Reference source = shielded(call.int_arg(1), answer);
  if (source || answer) return answer ? answer : Answer(-EINVAL);
  const int fd = call.int_arg(0);
  const Reference socket = shielded(fd, answer);
  if (!socket) return answer_of_send(answer, 0);
  int64_t position = 0;
  const bool has_position = call.args[2] != 0;
  if (has_position && !read_app(position, call.args[2])) return -EFAULT;
  if (has_position && position < 0) return -EINVAL;
  // Linux sends out of what can be mapped or has pages: nothing that waits.
  const int64_t seekable = perform_other(call, SYS_lseek, static_cast<uint64_t>(call.int_arg(1)), 0, SEEK_CUR);
  if (is_error(seekable)) return seekable == -EBADF ? -EBADF : -EINVAL;
  std::vector<uint8_t> buffer(std::min<uint64_t>(call.args[3], kCopied));
  int64_t total = 0;
  while (static_cast<uint64_t>(total) < call.args[3]) {
    const size_t wanted = std::min<uint64_t>(buffer.size(), call.args[3] - static_cast<uint64_t>(total));
    const int64_t got = read_source(call, buffer.data(), wanted, has_position ? &position : nullptr);
    if (got <= 0) {
      if (total == 0) total = got;
      break;
    }
    Pieces from(gate::address_of(buffer.data()), static_cast<uint64_t>(got));
    const int64_t sent = send(fd, *socket, from, 0);
    const int64_t taken = std::max<int64_t>(sent, 0);
    if (taken < got && !has_position) {
      perform_other(call, SYS_lseek, static_cast<uint64_t>(call.int_arg(1)), static_cast<uint64_t>(taken - got),
                    SEEK_CUR);
    }
    position += taken;
    total += taken;
    if (taken < got) {
      if (total == 0) total = sent;
      break;
    }
  }
  if (has_position && total > 0 && !write_app(call.args[2], position)) return -EFAULT;
  return total;
}

// EINVAL is what file systems and sockets without splice say: programs read and write instead.
Answer call_splice(Call& call) {
  for (int i = 0; i < 6; ++i) {
    if (call.row->args[i].kind != ArgKind::kFd) continue;
    const Reference socket = table::get(call.int_arg(i));
    if (socket && socket->kind != Kind::kPlain && socket->kind != Kind::kEpoll) return -EINVAL;
  }
  return std::nullopt;
}

}  // namespace redoubt::shim::net
