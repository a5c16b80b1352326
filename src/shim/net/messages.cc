// SPDX-License-Identifier: Apache-2.0
//
// recv, send and their kin with addresses and messages. On a shielded connection a message is bytes: no address, no control data. On
// any other socket the address is what matters: a datagram goes nowhere that no rule names, and the kernel gets a copy of the address
// that was looked at, since the program could change its own meanwhile.
#include <sys/socket.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cstddef>

#include "shim/files/control_messages.h"
#include "shim/files/passed_descriptors.h"
#include "shim/gate/gate.h"
#include "shim/memory/app_memory.h"
#include "shim/net/calls.h"
#include "shim/net/log.h"
#include "shim/net/policy.h"
#include "shim/syscalls/dispatch.h"
#include "shim/syscalls/shim_time.h"

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
  const Reference socket = shielded(fd, answer, false);
  if (call.number == SYS_recvmsg) {
    if (socket) return receive_message(fd, *socket, call.args[1], call.int_arg(2));
    if (answer) return answer;
    return passed_descriptors::receive(call, adopt);
  }
  if (!socket) return answer;
  Pieces to(call.args[1], call.args[2]);
  const int64_t size = receive(fd, *socket, to, call.int_arg(3));
  constexpr socklen_t kNoAddress = 0;
  if (size >= 0 && call.args[4] != 0 && call.args[5] != 0 && !write_app(call.args[5], kNoAddress)) return -EFAULT;
  return size;
}

namespace {

// A datagram to an address of its own, which becomes what it means (make_explicit). False: no rule lets it go there.
bool may_go(int fd, sockaddr_storage& name, size_t size) {
  // AF_UNSPEC is AF_INET to a datagram socket of IPv4 (udp_sendmsg), and said so in `name`.
  if (name.ss_family == AF_UNSPEC && domain_of(fd) == AF_INET) name.ss_family = AF_INET;
  auto address = address_of(&name, size);
  if (!address || table::get(fd)) return true;  // no address of the internet; a stream socket takes no notice of it
  make_explicit(fd, *address, name);
  const auto rule = find_connect(*address);
  if (rule ? !policy.connect[*rule].tls : !policy.refuses_unnamed) return true;
  say_refused_address("send datagrams to", text_of(*address));
  return false;
}

// On an internet socket. The address is looked at in memory that the program could change before the kernel reads it: the kernel gets
// a copy, as long as the kernel takes it to be (__copy_msghdr).
int64_t pass_message(Call& call, uint64_t at, int flags) {
  msghdr message;
  if (!read_app(message, at)) return -EFAULT;
  sockaddr_storage name{};
  if (message.msg_name == nullptr) message.msg_namelen = 0;
  if (static_cast<int32_t>(message.msg_namelen) < 0) return -EINVAL;
  message.msg_namelen = std::min<socklen_t>(message.msg_namelen, sizeof(name));
  if (message.msg_namelen > 0) {
    if (!copy_from_app(&name, gate::address_of(message.msg_name), message.msg_namelen)) return -EFAULT;
    if (!may_go(call.int_arg(0), name, message.msg_namelen)) return -EACCES;
    message.msg_name = &name;
  }
  return host_for_program(SYS_sendmsg, call.args[0], gate::address_of(&message), static_cast<uint64_t>(flags));
}

// Other processes will have what a unix socket passes on.
void share_passed(uint64_t message_at) {
  msghdr message;
  if (!read_app(message, message_at) || message.msg_control == nullptr) return;
  const auto control = passed_descriptors::copy(message);
  if (!control) return;
  for (const int fd : descriptors_in(*control)) {
    if (const Reference socket = table::get(fd)) socket->shared = true;
  }
}

}  // namespace

Answer call_send(Call& call) {
  Answer answer;
  const int fd = call.int_arg(0);
  const Reference socket = shielded(fd, answer, true);
  const int flags = call.int_arg(call.number == SYS_sendmsg ? 2 : 3);
  if (socket) {
    if (call.number == SYS_sendmsg) return send_message(fd, *socket, call.args[1], flags);
    Pieces from(call.args[1], call.args[2]);
    return send(fd, *socket, from, flags);
  }
  if ((flags & MSG_FASTOPEN) != 0) return -EOPNOTSUPP;
  if (answer) return answer_of_send(answer, flags);
  if (call.number == SYS_sendmsg) {
    if (is_internet(fd)) return pass_message(call, call.args[1], flags);
    share_passed(call.args[1]);
    return std::nullopt;
  }
  if (call.args[4] == 0 || !is_internet(fd)) return std::nullopt;
  const uint64_t size = static_cast<uint32_t>(call.args[5]);
  sockaddr_storage name{};
  if (size > sizeof(name)) return -EINVAL;  // as move_addr_to_kernel
  if (!copy_from_app(&name, call.args[4], size)) return -EFAULT;
  if (!may_go(fd, name, size)) return -EACCES;
  return pass_with(call, call.args[0], call.args[1], call.args[2], call.args[3], gate::address_of(&name), size);
}

namespace {

constexpr uint32_t kMostMessages = 1024;  // UIO_MAXIOV

}  // namespace

Answer call_receive_many(Call& call) {
  Answer answer;
  const int fd = call.int_arg(0);
  const Reference socket = shielded(fd, answer, false);
  const auto count = std::min(static_cast<uint32_t>(call.args[2]), kMostMessages);
  if (!socket) {
    if (answer) return answer;
    return passed_descriptors::receive(call, adopt);
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
  const Reference socket = shielded(fd, answer, true);
  const int flags = call.int_arg(3);
  if (!socket && answer) return answer_of_send(answer, flags);
  const auto count = std::min(static_cast<uint32_t>(call.args[2]), kMostMessages);
  if (!socket) {
    if ((flags & MSG_FASTOPEN) != 0) return -EOPNOTSUPP;
    if (!is_internet(fd)) {
      for (uint32_t i = 0; i < count; ++i) share_passed(call.args[1] + i * sizeof(mmsghdr));
      return std::nullopt;
    }
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
