// SPDX-License-Identifier: Apache-2.0
//
// The descriptor table of the program, where it concerns tracked ones: dup, close and their kin, and descriptors that came over a
// socket. A number is taken out of the table before the kernel closes it, since another thread may get it at once.
#include <fcntl.h>
#include <linux/close_range.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>

#include "shim/abi/restart.h"
#include "shim/files/window.h"
#include "shim/gate/gate.h"
#include "shim/memory/app_memory.h"
#include "shim/net/calls.h"
#include "shim/net/epoll.h"
#include "shim/net/farewell.h"
#include "shim/net/log.h"
#include "shim/syscalls/dispatch.h"
#include "shim/syscalls/handlers.h"

namespace redoubt::shim::net {

void end_description(const Reference& description, int fd) {
  if (!description || description->uses > 0) return;
  bool is_done = true;
  if (description->connection) {
    const std::lock_guard lock(description->mutex);
    if (description->kind == Kind::kConnection) is_done = description->connection->begin_close(fd);
  }
  forget_interests(*description, fd, !is_done);
  if (!is_done && !farewell::begin(description, fd)) ++counters.cut_off;
}

Answer call_close(Call& call) {
  const int fd = call.int_arg(0);
  if (!table::may_be(fd)) return std::nullopt;
  table::Replacement closing = table::begin_replacing(fd);
  end_description(closing.before, fd);
  // Not to be restarted after a signal: the socket is not shielded any more.
  const int64_t result = gate::call(SYS_close, static_cast<uint64_t>(fd));
  table::end_replacing(closing);
  return result;
}

Answer call_close_range(Call& call) {
  if (const auto refused = settle_unshare(call)) return refused;
  const auto first = static_cast<uint32_t>(call.args[0]);
  const auto last = static_cast<uint32_t>(call.args[1]);
  if (first > last || first >= table::kTracked || (call.int_arg(2) & CLOSE_RANGE_CLOEXEC) != 0) return std::nullopt;
  if ((call.int_arg(2) & ~CLOSE_RANGE_CLOEXEC) != 0) return std::nullopt;
  const auto end = std::min<uint32_t>(last, table::kTracked - 1);
  std::vector<table::Replacement> closing;
  for (const auto& [fd, description] : table::all(static_cast<int>(first), static_cast<int>(end))) {
    if (window::contains(fd)) continue;
    closing.push_back(table::begin_replacing(fd));
    end_description(closing.back().before, fd);
  }
  const int64_t result = decide_beyond_network(call);
  const bool is_done = !abi::is_restart(result);
  for (table::Replacement& one : closing) table::end_replacing(one, is_done ? nullptr : one.before);
  return result;
}

namespace {

// A new number of the same description.
int64_t duplicated(int64_t fd, const Reference& description) {
  if (is_error(fd) || abi::is_restart(fd)) return fd;
  if (!table::fits(static_cast<int>(fd))) return close_and_fail(static_cast<int>(fd), EMFILE);
  table::exchange(static_cast<int>(fd), description);
  return fd;
}

}  // namespace

Answer call_dup(Call& call) {
  const Reference description = table::get(call.int_arg(0));
  if (!description) return std::nullopt;
  return duplicated(decide_beyond_network(call), description);
}

Answer call_dup_to(Call& call) {
  const int from = call.int_arg(0);
  const int to = call.int_arg(1);
  if (!table::may_be(from) && !table::may_be(to)) return std::nullopt;
  if (from == to) return std::nullopt;
  Reference description = table::get(from);
  if (description && !table::fits(to)) return -EBADF;
  if (is_error(gate::call(SYS_fcntl, static_cast<uint64_t>(from), F_GETFD))) return std::nullopt;  // the kernel refuses
  if (call.number == SYS_dup3 && (call.int_arg(2) & ~O_CLOEXEC) != 0) return std::nullopt;
  table::Replacement replaced = table::begin_replacing(to);
  const Reference closed = replaced.before;
  end_description(closed, to);
  const int64_t result = decide_beyond_network(call);
  if (is_error(result) || abi::is_restart(result)) {
    table::end_replacing(replaced, closed);  // it is still open
  } else if (replaced.fd >= 0) {
    table::end_replacing(replaced, std::move(description));
  } else if (description) {
    table::exchange(to, std::move(description));
  }
  return result;
}

Answer call_fcntl(Call& call) {
  const int fd = call.int_arg(0);
  const Reference description = table::get(fd);
  if (!description) return std::nullopt;
  const int command = call.int_arg(1);
  if (command == F_DUPFD || command == F_DUPFD_CLOEXEC) return duplicated(decide_beyond_network(call), description);
  if (command != F_SETFL) return std::nullopt;
  const int64_t result = decide_beyond_network(call);
  if (!is_error(result)) {
    description->nonblocking = (call.args[2] & O_NONBLOCK) != 0;
    description->nonblocking_known = true;
  }
  return result;
}

namespace {

int option(int fd, int name) {
  int value = 0;
  socklen_t size = sizeof(value);
  const int64_t result = gate::call(SYS_getsockopt, static_cast<uint64_t>(fd), SOL_SOCKET, static_cast<uint64_t>(name),
                                    gate::address_of(&value), gate::address_of(&size));
  return is_error(result) ? -1 : value;
}

std::optional<Address> address_by(int fd, int64_t number) {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  if (is_error(gate::call(number, static_cast<uint64_t>(fd), gate::address_of(&storage), gate::address_of(&size)))) {
    return std::nullopt;
  }
  return address_of(&storage, std::min<size_t>(size, sizeof(storage)));
}

}  // namespace

uint64_t inode_of(int fd) {
  struct stat status {};
  return is_error(gate::call(SYS_fstat, static_cast<uint64_t>(fd), gate::address_of(&status))) ? 0 : status.st_ino;
}

int domain_of(int fd) {
  const int domain = option(fd, SO_DOMAIN);
  return domain < 0 ? AF_UNSPEC : domain;
}

bool is_internet(int fd) {
  const int domain = domain_of(fd);
  return domain == AF_INET || domain == AF_INET6;
}

int type_of(int fd) { return option(fd, SO_TYPE); }

int state_of(int fd) {
  uint8_t state = 0;  // tcp_info::tcpi_state comes first
  socklen_t size = sizeof(state);
  const int64_t result = gate::call(SYS_getsockopt, static_cast<uint64_t>(fd), IPPROTO_TCP, TCP_INFO,
                                    gate::address_of(&state), gate::address_of(&size));
  return is_error(result) ? -1 : state;
}

namespace {

// Of no stream: datagrams that were directed somewhere may go on if a rule lets them. Others say for each where it goes.
std::optional<Strange> classify_datagrams(int fd, bool is_udp) {
  if (!is_udp) return policy.refuses_unnamed ? std::optional(Strange{Kind::kLost}) : std::nullopt;
  const auto peer = address_by(fd, SYS_getpeername);
  if (!peer) return std::nullopt;
  const auto rule = find_connect(*peer);
  const bool may_go = rule ? !policy.connect[*rule].tls : !policy.refuses_unnamed;
  return may_go ? std::nullopt : std::optional(Strange{Kind::kLost});
}

}  // namespace

std::optional<Strange> classify(int fd) {
  const int domain = domain_of(fd);
  if (domain != AF_INET && domain != AF_INET6) return std::nullopt;
  if (option(fd, SO_TYPE) != SOCK_STREAM) return classify_datagrams(fd, option(fd, SO_PROTOCOL) == IPPROTO_UDP);
  const auto own = address_by(fd, SYS_getsockname);
  const Rule* listen = nullptr;
  int rule = -1;
  if (own) {
    if (const auto found = find_listen(*own)) {
      rule = static_cast<int>(*found);
      listen = &policy.listen[*found];
    }
  }
  if (option(fd, SO_ACCEPTCONN) == 1) {
    if (!own) return Strange{Kind::kLost};
    const auto overlapping = find_overlapping_listen(*own);  // as of a socket that the program binds
    const bool is_around = overlapping && (rule < 0 || *overlapping < static_cast<size_t>(rule));
    if (listen != nullptr && listen->tls) return Strange{Kind::kListener, rule};
    if (is_around || (listen == nullptr && policy.refuses_unnamed)) return Strange{Kind::kLost};
    return Strange{Kind::kPlain, rule};
  }
  const auto peer = address_by(fd, SYS_getpeername);
  if (!peer) return Strange{Kind::kFresh};
  // Accepted or made by the program's own connect: a rule that names either end and requires TLS makes it lost.
  const auto connect = find_connect(*peer);
  const bool is_shielded = (listen != nullptr && listen->tls) || (connect && policy.connect[*connect].tls);
  const bool is_named = listen != nullptr || connect;
  return Strange{is_shielded || (!is_named && policy.refuses_unnamed) ? Kind::kLost : Kind::kPlain};
}

// What this process knows already, else what can be told from the socket itself.
void adopt(int fd) {
  const auto strange = classify(fd);
  if (!strange) return;
  if (!table::fits(fd)) {
    gate::call(SYS_close, static_cast<uint64_t>(fd));
    return;
  }
  const uint64_t inode = inode_of(fd);
  for (const auto& [known, description] : table::all()) {
    if (known != fd && inode_of(known) == inode) {
      description->shared = true;
      table::exchange(fd, description);
      return;
    }
  }
  auto made = make_socket(strange->kind);
  made->nonblocking_known = false;
  made->shared = true;
  made->rule = strange->rule;
  table::exchange(fd, std::move(made));
}

}  // namespace redoubt::shim::net
