// SPDX-License-Identifier: Apache-2.0
//
// Options and requests on tracked sockets. What is about waiting is remembered here too, since the waiting is ours; what would let
// the kernel see or send plaintext is refused; the rest is the kernel's.
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>

#include <algorithm>

#include "shim/gate/gate.h"
#include "shim/memory/app_memory.h"
#include "shim/net/calls.h"
#include "shim/net/epoll.h"
#include "shim/syscalls/dispatch.h"

namespace redoubt::shim::net {
namespace {

constexpr int kReceiveTimeoutNew = 66, kSendTimeoutNew = 67;  // with 64-bit seconds: the same structure here

// As sock_set_timeout: 0 is none, negative is "at once".
int64_t nanoseconds_of(const timeval& time) {
  if (time.tv_sec < 0) return 1;
  constexpr int64_t kLongest = int64_t{1} << 32;
  return std::min<int64_t>(time.tv_sec, kLongest) * 1000000000 + time.tv_usec * 1000;
}

bool is_fast_open(int level, int name) {
  return level == IPPROTO_TCP && (name == TCP_FASTOPEN || name == TCP_FASTOPEN_CONNECT || name == TCP_FASTOPEN_KEY ||
                                  name == TCP_FASTOPEN_NO_COOKIE);
}

// Also of one that is not shielded yet, and of what a listener accepts: in the kernel it would hold back the handshake.
Answer set_on_socket(Call& call, Description& socket, int name) {
  if (name == SO_PEEK_OFF && socket.kind == Kind::kConnection) return -EOPNOTSUPP;
  if (name != SO_RCVLOWAT) return std::nullopt;
  int size = 0;
  if (static_cast<uint32_t>(call.args[4]) < sizeof(size)) return -EINVAL;
  if (!read_app(size, call.args[3])) return -EFAULT;
  const std::lock_guard lock(socket.mutex);
  socket.low_water = size < 0 ? INT32_MAX : std::max(size, 1);
  if (socket.connection) socket.connection->set_low_water(static_cast<size_t>(socket.low_water.load()));
  return 0;  // of plaintext: the kernel would count ciphertext
}

}  // namespace

Answer call_setsockopt(Call& call) {
  const int level = call.int_arg(1);
  const int name = call.int_arg(2);
  if (is_fast_open(level, name)) return -EOPNOTSUPP;
  const Reference socket = table::get(call.int_arg(0));
  if (!socket || level != SOL_SOCKET) return std::nullopt;
  const bool is_receive = name == SO_RCVTIMEO || name == kReceiveTimeoutNew;
  if (is_receive || name == SO_SNDTIMEO || name == kSendTimeoutNew) {
    const int64_t result = decide_beyond_network(call);
    timeval time{};
    if (result == 0 && read_app(time, call.args[3])) {
      (is_receive ? socket->receive_timeout : socket->send_timeout) = nanoseconds_of(time);
    }
    return result;
  }
  if (socket->kind == Kind::kPlain || socket->kind == Kind::kEpoll) return std::nullopt;
  return set_on_socket(call, *socket, name);
}

namespace {

int64_t give_option(Call& call, int value) {
  socklen_t size = 0;
  if (!read_app(size, call.args[4])) return -EFAULT;
  size = std::min<socklen_t>(size, sizeof(value));
  return copy_to_app(call.args[3], &value, size) && write_app(call.args[4], size) ? 0 : -EFAULT;
}

}  // namespace

Answer call_getsockopt(Call& call) {
  if (call.int_arg(1) != SOL_SOCKET) return std::nullopt;
  const int name = call.int_arg(2);
  if (name != SO_ERROR && name != SO_RCVLOWAT) return std::nullopt;
  const Reference socket = table::get(call.int_arg(0));
  if (!socket || socket->kind == Kind::kPlain || socket->kind == Kind::kEpoll) return std::nullopt;
  const std::lock_guard lock(socket->mutex);
  if (name == SO_RCVLOWAT) return give_option(call, socket->low_water);
  if (socket->kind != Kind::kConnection) return std::nullopt;
  const int error = socket->connection->take_error();
  return error != 0 ? Answer(give_option(call, error)) : std::nullopt;
}

Answer call_ioctl(Call& call) {
  const int fd = call.int_arg(0);
  const Reference socket = table::get(fd);
  if (!socket) return std::nullopt;
  const auto request = static_cast<uint32_t>(call.args[1]);
  if (request == FIONBIO) {
    const int64_t result = decide_beyond_network(call);
    int on = 0;
    if (result == 0 && read_app(on, call.args[2])) {
      socket->nonblocking = on != 0;
      socket->nonblocking_known = true;
    }
    return result;
  }
  if (request != FIONREAD || socket->kind != Kind::kConnection) return std::nullopt;
  const std::lock_guard lock(socket->mutex);
  if (!table::is(fd, socket.get())) return -EBADF;
  Connection& connection = *socket->connection;
  if (!connection.acquire()) return lost(fd, *socket);
  connection.input_has_come();
  connection.pump(fd);
  const auto size = static_cast<int>(std::min<size_t>(connection.readable_size(), INT32_MAX));
  refresh_interests(*socket);
  return write_app(call.args[2], size) ? 0 : -EFAULT;
}

}  // namespace redoubt::shim::net
