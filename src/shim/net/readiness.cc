// SPDX-License-Identifier: Apache-2.0
#include "shim/net/readiness.h"

#include <sys/epoll.h>

namespace redoubt::shim::net {
namespace {

constexpr uint32_t kInput = EPOLLIN | EPOLLRDNORM;
constexpr uint32_t kOutput = EPOLLOUT | EPOLLWRNORM;
constexpr uint32_t kEnd = EPOLLRDHUP | EPOLLHUP | EPOLLERR;

}  // namespace

uint32_t kernel_bits(Connection& connection, uint32_t wanted) {
  uint32_t bits = wanted & ~kOutput;
  if (!connection.claim().is_mine()) return wanted;
  if (connection.is_handshaking() && connection.has_begun_output()) bits |= EPOLLIN;
  if (connection.has_output() || ((wanted & kOutput) != 0 && !connection.needs_input_to_write())) bits |= EPOLLOUT;
  return bits;
}

uint32_t advance(Connection& connection, int fd, uint32_t wanted, uint32_t seen) {
  if (!connection.claim().is_mine())
    return seen & (wanted | EPOLLHUP | EPOLLERR);  // the first real use decides whose it is
  if ((seen & (kInput | kEnd)) != 0) connection.input_has_come();
  const bool needs_input = (wanted & (kInput | EPOLLRDHUP)) != 0 || connection.is_handshaking();
  if (needs_input && (seen & (kInput | kEnd)) != 0) {
    connection.pump(fd);
  } else if (connection.has_output() && (seen & (kOutput | EPOLLERR)) != 0) {
    connection.flush(fd);
  }
  uint32_t ready = seen & (EPOLLHUP | EPOLLERR | (wanted & (EPOLLRDHUP | EPOLLPRI)));
  if (connection.is_readable()) ready |= wanted & kInput;
  if (connection.is_finished()) ready |= wanted & EPOLLRDHUP;
  if ((wanted & kOutput) != 0 && connection.is_writable() && ((seen & kOutput) != 0 || connection.has_failed())) {
    ready |= wanted & kOutput;
  }
  return ready;
}

}  // namespace redoubt::shim::net
