// SPDX-License-Identifier: Apache-2.0
//
// recv, send and their kin with addresses and messages. On a shielded connection a message is bytes: no address, no control data. On
// any other socket the address is what matters: a datagram goes nowhere that no rule names, and the kernel gets a copy of the address
// that was looked at, since the program could change its own meanwhile.
#include <sys/socket.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cstddef>

#include "shim/gate/gate.h"
#include "shim/memory/app_memory.h"
#include "shim/net/calls.h"
#include "shim/net/log.h"
#include "shim/net/policy.h"
#include "shim/syscalls/dispatch.h"

namespace redoubt::shim::net {

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

}  // namespace redoubt::shim::net
