// SPDX-License-Identifier: Apache-2.0
//
// Which sockets exist and where they may be bound. Under `default: refuse` what no rule names is EACCES and a line; of families and
// transports there are TCP, UDP (for `tls: off` rules: name servers), AF_UNIX and the routing table. TCP Fast Open would send
// before any handshake, and there is none on any socket while the network is shielded.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <cstring>

#include "shim/abi/restart.h"
#include "shim/gate/gate.h"
#include "shim/memory/app_memory.h"
#include "shim/net/calls.h"
#include "shim/net/epoll.h"
#include "shim/net/handshakes.h"
#include "shim/net/log.h"
#include "shim/syscalls/dispatch.h"

namespace redoubt::shim::net {

namespace {

constexpr int kTypeMask = 0xf;

// Whether this kind of socket can be shielded or ruled.
bool is_ruled(int type, int protocol) {
  if (type == SOCK_STREAM) return protocol == 0 || protocol == IPPROTO_TCP;
  if (type == SOCK_DGRAM) return protocol == 0 || protocol == IPPROTO_UDP;
  return false;
}

}  // namespace

int64_t close_and_fail(int fd, int error) {
  gate::call(SYS_close, static_cast<uint64_t>(fd));
  return -error;
}

Answer call_socket(Call& call) {
  const int domain = call.int_arg(0);
  if (domain != AF_INET && domain != AF_INET6) return std::nullopt;
  const int type = call.int_arg(1) & kTypeMask;
  const bool ruled = is_ruled(type, call.int_arg(2));
  if (!ruled && policy.refuses_unnamed && type != SOCK_RAW && type != SOCK_PACKET && call.int_arg(2) != IPPROTO_MPTCP) {
    say_refused_address("make", "a socket that is neither TCP nor UDP");
    return -EACCES;
  }
  const int64_t fd = decide_beyond_network(call);
  if (is_error(fd) || !ruled || type != SOCK_STREAM) return fd;
  if (!table::fits(static_cast<int>(fd))) return close_and_fail(static_cast<int>(fd), EMFILE);
  auto made = make_socket(Kind::kFresh);
  made->nonblocking = (call.int_arg(1) & SOCK_NONBLOCK) != 0;
  table::exchange(static_cast<int>(fd), std::move(made));
  return fd;
}

namespace {

std::optional<Address> bound_address(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  const int64_t result =
      gate::call(SYS_getsockname, static_cast<uint64_t>(fd), gate::address_of(&storage), gate::address_of(&size));
  if (is_error(result)) return std::nullopt;
  return address_of(&storage, std::min<size_t>(size, sizeof(storage)));
}

// The rule lets it be: SO_RCVLOWAT, kept from the kernel until now, is the kernel's.
void become_plain(int fd, Description& socket) {
  const int low_water = socket.low_water;
  if (low_water != 1) {
    gate::call(SYS_setsockopt, static_cast<uint64_t>(fd), SOL_SOCKET, SO_RCVLOWAT, gate::address_of(&low_water),
               sizeof(low_water));
  }
  socket.kind = Kind::kPlain;
}

// The rule for a socket that listens at `address`, or -errno.
int64_t listen_rule(const Address& address, const char* action) {
  const auto rule = find_listen(address);
  const auto overlapping = find_overlapping_listen(address);
  if (rule && (policy.listen[*rule].tls || !overlapping || *overlapping > *rule)) return static_cast<int64_t>(*rule);
  if (overlapping) {
    Text<512> line;
    line.append("network: refused to ").append(action).append(" ").append(text_of(address));
    line.append(": it takes in more than the rule ").append(policy.listen[*overlapping].text);
    line.append("; name the wildcard in the session, or bind to that address only");
    ++counters.refused_addresses;
    say(line.view());
    return -EACCES;
  }
  if (!policy.refuses_unnamed) return -ENOENT;
  say_refused_address(action, text_of(address));
  return -EACCES;
}

// Datagrams are never shielded: a rule must let them be.
bool may_bind_datagrams(const Address& address) {
  const auto rule = find_listen(address);
  const bool is_off = rule && !policy.listen[*rule].tls;
  const bool is_client = address.port == 0 && has_plain_connect_rule();
  if (is_off || is_client || (!rule && !policy.refuses_unnamed)) return true;
  say_refused_address("bind datagrams to", text_of(address));
  return false;
}

// The address that a call of the program gives. 0, or -errno as move_addr_to_kernel has it.
int64_t take_address(uint64_t at, uint64_t size, sockaddr_storage& storage) {
  if (size > sizeof(storage)) return -EINVAL;
  return copy_from_app(&storage, at, size) ? 0 : -EFAULT;
}

}  // namespace

void make_explicit(int fd, Address& address, sockaddr_storage& storage) {
  if (!address.is_any()) return;
  const auto own = bound_address(fd);
  address = destination_of(address, own);
  put_ip(address, storage);
}

Answer call_bind(Call& call) {
  const int fd = call.int_arg(0);
  if (!is_internet(fd)) return std::nullopt;
  sockaddr_storage storage{};
  const uint64_t size = static_cast<uint32_t>(call.args[2]);
  if (const int64_t problem = take_address(call.args[1], size, storage); problem != 0) return problem;
  if (storage.ss_family == AF_UNSPEC) storage.ss_family = AF_INET;  // the kernel takes it for that
  if (const auto address = address_of(&storage, size)) {
    if (!table::get(fd)) {
      if (!may_bind_datagrams(*address)) return -EACCES;
    } else if (address->port != 0 && listen_rule(*address, "bind to") == -EACCES) {
      return -EACCES;  // a port that the kernel chooses is looked at when the socket listens; a client may have one
    }
  }
  // What was looked at is what the kernel gets, whatever another thread writes there.
  return pass_with(call, call.args[0], gate::address_of(&storage), size);
}

namespace {

// A stream of the internet that the table does not have: nobody can say what it may carry.
int64_t refuse_unknown(int fd, const char* action) {
  const auto address = bound_address(fd);
  say_refused_address(action, address ? text_of(*address) : "an unknown address");
  return -EACCES;
}

bool is_unknown_stream(int fd) { return is_internet(fd) && type_of(fd) == SOCK_STREAM; }

// A connection that never came about leaves a socket that may listen: it is what it was before connect. -errno: it may not.
int64_t leave_connecting(int fd, Description& socket) {
  const std::lock_guard lock(socket.mutex);
  if (socket.kind != Kind::kConnection) return 0;
  const bool is_unused = !socket.connection->is_server() && !socket.connection->has_begun();
  if (!is_unused || state_of(fd) != TCP_CLOSE) return -EINVAL;  // as inet_listen of one that is connected
  socket.kind = Kind::kFresh;
  socket.connection.reset();
  refresh_interests(socket);
  return 0;
}

}  // namespace

Answer call_listen(Call& call) {
  const int fd = call.int_arg(0);
  const Reference socket = table::get(fd);
  if (!socket) return is_unknown_stream(fd) ? Answer(refuse_unknown(fd, "listen at")) : std::nullopt;
  if (socket->kind == Kind::kEpoll) return std::nullopt;
  if (socket->kind == Kind::kLost) return refuse_unknown(fd, "listen at");
  if (socket->kind == Kind::kConnection) {
    if (const int64_t problem = leave_connecting(fd, *socket); problem != 0) return problem;
  }
  const auto before = bound_address(fd);
  if (!before) return refuse_unknown(fd, "listen at");
  int64_t rule = listen_rule(*before, before->port == 0 ? "listen without bind at" : "listen at");
  if (rule == -EACCES) return rule;
  const int64_t result = pass(call);
  if (is_error(result)) return result;
  if (before->port == 0) {  // bound by the kernel just now
    const auto after = bound_address(fd);
    rule = after ? listen_rule(*after, "listen at") : -EACCES;
    if (rule == -EACCES) {
      gate::call(SYS_shutdown, static_cast<uint64_t>(fd), SHUT_RDWR);
      return rule;
    }
  }
  if (rule < 0 || !policy.listen[static_cast<size_t>(rule)].tls) {
    become_plain(fd, *socket);
    return result;
  }
  socket->rule = static_cast<int>(rule);
  socket->kind = Kind::kListener;
  return result;
}

namespace {

// What a listener is that another process has too, and may have bound, shut down or made listen since.
void look_again(int fd, Description& listener) {
  const Kind kind = listener.kind;
  if (kind != Kind::kFresh && (kind != Kind::kPlain || !listener.shared)) return;
  const auto strange = classify(fd);
  if (!strange || strange->kind == Kind::kFresh) return;
  if (strange->kind == Kind::kListener) listener.rule = strange->rule;
  listener.kind = strange->kind;
}

// The kernel has accepted on a listener that a rule, or the default, lets be.
int64_t accept_plain(int fd, bool is_nonblocking) {
  const auto own = bound_address(fd);
  const auto rule = own ? find_listen(*own) : std::nullopt;
  if (!own || (rule && policy.listen[*rule].tls)) {
    say_refused_address("accept in the clear at", own ? text_of(*own) : "an unknown address");
    return close_and_fail(fd, EACCES);
  }
  auto made = make_socket(Kind::kPlain);
  made->nonblocking = is_nonblocking;
  table::exchange(fd, std::move(made));
  return fd;
}

}  // namespace

Answer call_accept(Call& call) {
  const int listening = call.int_arg(0);
  const Reference listener = table::get(listening);
  if (!listener) return is_unknown_stream(listening) ? Answer(refuse_unknown(listening, "accept at")) : std::nullopt;
  if (listener->kind == Kind::kEpoll) return std::nullopt;
  look_again(listening, *listener);
  switch (listener->kind) {
    case Kind::kListener:
    case Kind::kPlain: break;
    case Kind::kLost: return refuse_unknown(listening, "accept at");
    default: return -EINVAL;  // it does not listen
  }
  handshakes::end_slow_ones();
  const int64_t raw = pass(call);
  if (is_error(raw) || abi::is_restart(raw)) return raw;
  const int fd = static_cast<int>(raw);
  if (!table::fits(fd)) return close_and_fail(fd, EMFILE);
  const bool is_nonblocking = call.number == SYS_accept4 && (call.args[3] & SOCK_NONBLOCK) != 0;
  if (listener->kind != Kind::kListener) return accept_plain(fd, is_nonblocking);
  auto made = make_socket(Kind::kConnection);
  made->nonblocking = is_nonblocking;
  made->receive_timeout = listener->receive_timeout.load();
  made->send_timeout = listener->send_timeout.load();
  made->connection = Connection::accepted(static_cast<size_t>(listener->rule.load()));
  made->low_water = listener->low_water.load();
  made->connection->set_low_water(static_cast<size_t>(listener->low_water.load()));
  ++counters.accepted;
  handshakes::watch(made);
  table::exchange(fd, std::move(made));
  return fd;
}

namespace {

// A connect rule's address: nothing to connect to when none.
Answer connect_datagram(Call& call, const Address& address, sockaddr_storage& storage, uint64_t size) {
  const auto rule = find_connect(address);
  if ((rule && !policy.connect[*rule].tls) || (!rule && !policy.refuses_unnamed)) {
    return pass_with(call, call.args[0], gate::address_of(&storage), size);
  }
  say_refused_address("connect datagrams to", text_of(address));
  return -EACCES;
}

// What the kernel says while a connection is on its way or there.
bool is_connecting(int64_t raw) {
  return raw == 0 || raw == -EINPROGRESS || raw == -EALREADY || raw == -EISCONN || raw == -EINTR ||
         abi::is_restart(raw);
}

// The rule decided: TLS. The socket is shielded before the kernel hears of it, so that nothing can be sent in between.
int64_t connect_shielded(Call& call, Description& socket, size_t rule, const Address& address,
                         const sockaddr_storage& storage, uint64_t size) {
  const int fd = call.int_arg(0);
  const bool was_fresh = socket.kind == Kind::kFresh;
  {
    const std::lock_guard lock(socket.mutex);
    const std::string& given = policy.connect[rule].server_name;
    std::string name = given.empty() ? ip_text_of(address) : given;
    const bool is_same = socket.connection && socket.connection->rule() == rule &&
                         socket.connection->server_name() == name && !socket.connection->is_server();
    if (!is_same) {
      if (socket.connection && socket.connection->has_begun()) return -EISCONN;
      socket.connection = Connection::outgoing(rule, std::move(name), other_names(rule, address));
      socket.connection->set_low_water(static_cast<size_t>(socket.low_water.load()));
    }
    socket.kind = Kind::kConnection;
  }
  const int64_t result = pass_with(call, call.args[0], gate::address_of(&storage), size);
  const std::lock_guard lock(socket.mutex);
  if (!is_connecting(result)) {
    if (was_fresh) socket.kind = Kind::kFresh;
    if (socket.connection && !socket.connection->has_begun())
      socket.connection =
          Connection::outgoing(rule, socket.connection->server_name(), socket.connection->other_names());
    refresh_interests(socket);
    return result;
  }
  if (was_fresh && (result == 0 || result == -EINPROGRESS)) ++counters.connected;
  if (result == 0 || result == -EINPROGRESS) socket.connection->flush(fd);  // the ClientHello
  refresh_interests(socket);
  return result;
}

bool has_peer(int fd) {
  sockaddr_storage storage;
  socklen_t size = sizeof(storage);
  return !is_error(
      gate::call(SYS_getpeername, static_cast<uint64_t>(fd), gate::address_of(&storage), gate::address_of(&size)));
}

}  // namespace

Answer call_connect(Call& call) {
  const int fd = call.int_arg(0);
  if (!is_internet(fd)) return std::nullopt;
  sockaddr_storage storage{};
  const uint64_t size = static_cast<uint32_t>(call.args[2]);
  if (const int64_t problem = take_address(call.args[1], size, storage); problem != 0) return problem;
  const Reference socket = table::get(fd);
  if (!socket && is_unknown_stream(fd)) return refuse_unknown(fd, "connect from");
  auto address = address_of(&storage, size);
  if (!address) {
    // AF_UNSPEC dissolves: of datagrams harmless, of connections nothing that a program needs, and another process that has the
    // socket believes that it is connected. The other families are the kernel's to refuse.
    const bool may_dissolve =
        !socket || (!socket->shared && (socket->kind == Kind::kFresh || socket->kind == Kind::kPlain));
    if (storage.ss_family == AF_UNSPEC && !may_dissolve) return -EOPNOTSUPP;
    return pass_with(call, call.args[0], gate::address_of(&storage), size);
  }
  make_explicit(fd, *address, storage);
  if (!socket) return connect_datagram(call, *address, storage, size);
  if (socket->kind == Kind::kLost) return lost(fd, *socket);
  if (socket->kind == Kind::kListener) {  // one that was shut down may connect again (inet_shutdown)
    const auto strange = classify(fd);
    if (!strange || strange->kind != Kind::kFresh) return -EISCONN;
    socket->kind = Kind::kFresh;
  }
  if (socket->kind == Kind::kConnection && socket->connection->is_server()) return -EISCONN;
  const auto rule = find_connect(*address);
  if (!rule && policy.refuses_unnamed) {
    say_refused_address("connect to", text_of(*address));
    return -EACCES;
  }
  if (rule && policy.connect[*rule].tls) {
    if (socket->kind == Kind::kPlain && has_peer(fd)) return -EISCONN;
    return connect_shielded(call, *socket, *rule, *address, storage, size);
  }
  // A second connect may end the first one's wait: what was begun shielded stays so.
  if (socket->kind == Kind::kConnection) return -EISCONN;
  const int64_t result = pass_with(call, call.args[0], gate::address_of(&storage), size);
  if (is_connecting(result)) become_plain(fd, *socket);
  return result;
}

Answer call_shutdown(Call& call) {
  const int fd = call.int_arg(0);
  const Reference socket = table::get(fd);
  if (!socket) return std::nullopt;
  if (socket->kind == Kind::kLost) return lost(fd, *socket);
  if (socket->kind != Kind::kConnection) return std::nullopt;
  const std::lock_guard lock(socket->mutex);
  if (!table::is(fd, socket.get())) return -EBADF;
  if (!socket->connection->acquire()) return lost(fd, *socket);
  const int64_t result = socket->connection->shut_down(fd, call.int_arg(1));
  refresh_interests(*socket);
  return result;
}

}  // namespace redoubt::shim::net
