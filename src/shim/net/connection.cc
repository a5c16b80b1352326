// SPDX-License-Identifier: Apache-2.0
#include "shim/net/connection.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <algorithm>

#include "shim/gate/gate.h"
#include "shim/gate/host_answer.h"
#include "shim/net/log.h"

namespace redoubt::shim::net {
namespace {

constexpr size_t kChunk = 16384;  // a record's plaintext
constexpr size_t kMostPeeked = 65536;
constexpr size_t kMostOutput = 65536;  // what may wait for the kernel before a write is refused

int64_t send(int fd, ByteView bytes, int flags) {
  return gate::call(SYS_sendto, static_cast<uint64_t>(fd), gate::address_of(bytes.data()), bytes.size(),
                    static_cast<uint64_t>(MSG_DONTWAIT | MSG_NOSIGNAL | flags), 0, 0);
}

bool would_block(int64_t result) { return result == -EAGAIN || result == -ENOTCONN || result == -EINTR; }

}  // namespace

std::unique_ptr<Connection> Connection::accepted(size_t rule) {
  return std::unique_ptr<Connection>(new Connection(true, rule, {}));
}

std::unique_ptr<Connection> Connection::outgoing(size_t rule, std::string server_name,
                                                 std::vector<std::string> other_names) {
  auto made = std::unique_ptr<Connection>(new Connection(false, rule, std::move(server_name)));
  made->other_names_ = std::move(other_names);
  return made;
}

bool Connection::ensure(int fd) {
  if (endpoint_) return true;
  if (failed_) return false;
  const auto context = context_of((is_server_ ? policy.listen : policy.connect)[rule_], is_server_);
  if (context) {
    auto made =
        is_server_ ? tls::Endpoint::accept(*context) : tls::Endpoint::connect(*context, server_name_, other_names_);
    if (made) {
      endpoint_ = std::move(*made);
      handshake_time_.emplace(policy.handshake_limit);
      return true;
    }
  }
  failed_ = true;  // sealed memory is limited; the peer must not wait, nor the program
  ++counters.without_memory;
  say_no_memory(peer_of(fd), is_server_, rule_of_session().text);
  gate::call(SYS_shutdown, static_cast<uint64_t>(fd), SHUT_RDWR);
  return false;
}

// NOLINTBEGIN(bugprone-unchecked-optional-access): every use of the endpoint comes after ensure(), which made it, or after it was used

bool Connection::is_handshaking() { return !endpoint_ || endpoint_->state() == tls::State::kHandshaking; }
bool Connection::has_output() { return endpoint_ && send_error_ == 0 && !endpoint_->output().empty(); }

void Connection::finish_shutdown(int fd) {
  if (shutdown_wanted_ < 0 || (is_handshaking() && wrote_early_ && !failed_)) return;
  const int how = std::exchange(shutdown_wanted_, -1);
  gate::call(SYS_shutdown, static_cast<uint64_t>(fd), static_cast<uint64_t>(how));
}

bool Connection::flush(int fd, int message_flags) {
  if (!ensure(fd)) return true;
  while (has_output()) {
    const ByteView output = endpoint_->output();
    const int64_t raw = send(fd, output, message_flags);
    if (would_block(raw)) return false;
    const auto sent = gate::count_of(raw, output.size());
    if (!sent) {
      send_error_ = number_of(sent.error());
      break;
    }
    endpoint_->output_taken(*sent);
  }
  if (shutdown_wanted_ >= 0) finish_shutdown(fd);
  return true;
}

// After every step of the endpoint that may have changed its state.
void Connection::look_for_failure(int fd) {
  const tls::State state = endpoint_->state();
  if (!opened_ && (state == tls::State::kOpen || state == tls::State::kPeerClosed)) {
    opened_ = true;
    store_full_ = false;
    ++counters.handshakes;
  }
  if (state != tls::State::kFailed || failed_) return;
  failed_ = true;
  const tls::Failure& failure = endpoint_->failure();
  ++counters.refused[static_cast<size_t>(failure.kind)];
  if (failure.kind == tls::FailureKind::kTruncated) return;  // it left by itself
  say_refused_peer(peer_, is_server_, rule_of_session().text, failure);
  shutdown_wanted_ = SHUT_RDWR;  // after the alert
  flush(fd);
}

void Connection::give_up(int fd) {
  failed_ = true;
  ++arrivals_;
  constexpr auto kKind = tls::FailureKind::kTooSlow;
  ++counters.refused[static_cast<size_t>(kKind)];
  Text<128> detail;
  detail.append("expected the end of the handshake within ").decimal(policy.handshake_limit / 1000000000);
  detail.append(" s, found a peer that stopped on the way");
  say_refused_peer(peer_.empty() ? peer_of(fd) : peer_, is_server_, rule_of_session().text,
                   {kKind, std::string(detail.view())});
  gate::call(SYS_shutdown, static_cast<uint64_t>(fd), SHUT_RDWR);  // wakes whoever waits for it
}

bool Connection::fill(int fd) {
  if (!ensure(fd) || ended_ || failed_) return false;
  const std::span<uint8_t> room = endpoint_->input_room();
  if (room.empty()) return false;
  const int64_t raw = gate::call(SYS_recvfrom, static_cast<uint64_t>(fd), gate::address_of(room.data()), room.size(),
                                 MSG_DONTWAIT, 0, 0);
  const auto received = gate::count_of(raw, room.size());
  if (!received) {
    endpoint_->input_added(0);
    drained_ = true;
    if (would_block(raw)) return false;
    receive_error_ = number_of(received.error());
    ended_ = true;
  } else if (*received == 0) {
    endpoint_->input_added(0);
    ended_ = true;
    endpoint_->input_ended();
  } else {
    if (!std::exchange(begun_, true)) peer_ = peer_of(fd);  // while it is there
    drained_ = *received < room.size();
    endpoint_->input_added(*received);
  }
  ++arrivals_;
  look_for_failure(fd);
  if (has_output()) flush(fd);
  return true;
}

void Connection::pump(int fd) {
  if (has_output()) flush(fd);
  while (!is_readable() && !drained_ && fill(fd)) {
  }
  if (endpoint_) look_for_failure(fd);  // looking at a record may find it damaged
}

bool Connection::is_readable() {
  if (!held_.empty() || read_shut_) return true;
  if (!endpoint_) return failed_;
  if (low_water_ > 1 && endpoint_->state() == tls::State::kOpen) return endpoint_->readable() >= low_water_;
  return endpoint_->is_readable() || (ended_ && receive_error_ != 0);
}

bool Connection::is_writable() {
  if (write_shut_ || failed_ || send_error_ != 0) return true;
  return !has_output() && !needs_input_to_write();
}

bool Connection::is_finished() {
  return failed_ || ended_ || read_shut_ || (endpoint_ && endpoint_->state() == tls::State::kPeerClosed);
}

size_t Connection::readable_size() { return held_.size() + (endpoint_ ? endpoint_->readable() : 0); }

bool Connection::take_writable_again() {
  if (!would_be_writable_again()) return false;
  write_blocked_ = false;
  return true;
}

int Connection::take_error() {
  const int error = receive_error_ != 0 ? receive_error_ : failed_ ? ECONNRESET : send_error_;
  if (error == 0 || std::exchange(error_told_, true)) return 0;
  return error;
}

int64_t Connection::end_of_input() {
  if (receive_error_ == 0 && !failed_) return 0;
  error_told_ = true;
  return failed_ ? -ECONNRESET : -receive_error_;
}

int64_t Connection::take(Pieces& to, int flags) {
  uint8_t chunk[kChunk];
  const size_t wanted = std::min<uint64_t>(sizeof(chunk), to.left());
  if (!held_.empty()) {
    const size_t size = std::min(wanted, held_.size());
    if ((flags & MSG_TRUNC) != 0) {
      to.skip(size);
    } else if (!to.copy_out(held_.data(), size)) {
      return -EFAULT;
    }
    held_.erase(held_.begin(), held_.begin() + static_cast<ptrdiff_t>(size));
    return static_cast<int64_t>(size);
  }
  const auto size = endpoint_->read({chunk, wanted});
  if (!size) return size.error() == as_errno(EAGAIN) ? -EAGAIN : -EIO;
  if ((flags & MSG_TRUNC) != 0) {
    to.skip(*size);
  } else if (!to.copy_out(chunk, *size)) {
    held_.assign(chunk, chunk + *size);  // not lost: the program may give better memory next time
    return -EFAULT;
  }
  return static_cast<int64_t>(*size);
}

int64_t Connection::peek(Pieces& to) {
  if (!held_.empty()) {
    const size_t size = std::min<uint64_t>(held_.size(), to.left());
    return to.copy_out(held_.data(), size) ? static_cast<int64_t>(size) : -EFAULT;
  }
  Bytes bytes(std::min<uint64_t>(to.left(), kMostPeeked));
  const auto size = endpoint_->peek(bytes);
  if (!size) return size.error() == as_errno(EAGAIN) ? -EAGAIN : -EIO;
  return to.copy_out(bytes.data(), *size) ? static_cast<int64_t>(*size) : -EFAULT;
}

// A short answer means that the kernel had nothing more: programs that are told of edges rely on it.
int64_t Connection::read(int fd, Pieces& to, int flags) {
  if (!ensure(fd)) return -ENOMEM;
  if (to.left() == 0) return 0;
  int64_t done = 0;
  while (to.left() > 0) {
    const int64_t size = (flags & MSG_PEEK) != 0 ? peek(to) : take(to, flags);
    if (size > 0) {
      done += size;
      if ((flags & MSG_PEEK) != 0) break;
      continue;
    }
    if (size == -EAGAIN && (done == 0 || !drained_) && fill(fd)) continue;
    if (done > 0) break;
    look_for_failure(fd);
    if (size == -EFAULT) return size;
    if (size == 0 || size == -EIO || ended_) return end_of_input();
    return read_shut_ ? 0 : -EAGAIN;
  }
  look_for_failure(fd);
  counters.bytes_read += static_cast<uint64_t>((flags & MSG_PEEK) != 0 ? 0 : done);
  return done;
}

int64_t Connection::write_error() {
  if (std::exchange(error_told_, true)) return -EPIPE;
  return failed_ ? -ECONNRESET : -send_error_;
}

int64_t Connection::write(int fd, Pieces& from, int message_flags) {
  if (!ensure(fd)) return -ENOMEM;
  if (write_shut_) return -EPIPE;
  if (failed_ || send_error_ != 0) return write_error();
  if (has_output() && !flush(fd)) {
    write_blocked_ = true;
    return -EAGAIN;
  }
  int64_t done = 0;
  while (from.left() > 0 && endpoint_->output().size() < kMostOutput) {
    uint8_t chunk[kChunk];
    const size_t size = std::min<uint64_t>(sizeof(chunk), from.left());
    const ByteView bytes = from.peek_in(chunk, size);
    if (bytes.empty()) {
      if (done == 0) return -EFAULT;
      break;
    }
    const auto taken = endpoint_->write(bytes);
    if (!taken) {
      store_full_ = taken.error() == as_errno(EAGAIN) && is_handshaking();
      look_for_failure(fd);
      if (done == 0 && taken.error() != as_errno(EAGAIN)) return -ECONNRESET;
      break;
    }
    from.skip(*taken);
    done += static_cast<int64_t>(*taken);
    wrote_early_ |= is_handshaking();
  }
  if (done == 0 && from.left() > 0) {
    write_blocked_ = true;
    return -EAGAIN;
  }
  flush(fd, message_flags & MSG_MORE);
  look_for_failure(fd);
  counters.bytes_written += static_cast<uint64_t>(done);
  return done;
}

int64_t Connection::shut_down(int fd, int how) {
  if (how != SHUT_RD && how != SHUT_WR && how != SHUT_RDWR) return -EINVAL;
  if (!ensure(fd)) return -ENOMEM;
  if (how != SHUT_WR) read_shut_ = true;
  if (how == SHUT_RD) return 0;  // TLS itself goes on reading
  if (!std::exchange(write_shut_, true)) endpoint_->close_write();
  shutdown_wanted_ = how == SHUT_RDWR ? SHUT_RDWR : SHUT_WR;
  if (flush(fd)) finish_shutdown(fd);
  return 0;
}

namespace {

// What the kernel is asked for. `size` is the host's answer: any number.
constexpr int widened(int size, size_t waiting) {
  constexpr int64_t kMost = 1 << 30;
  return static_cast<int>(std::clamp<int64_t>(int64_t{size} + 2 * static_cast<int64_t>(waiting), 0, kMost));
}
static_assert(widened(87040, 1000) == 89040);
static_assert(widened(INT32_MAX, 81920) == 1 << 30 && widened(INT32_MIN, 81920) == 0);

// Room for all that waits, if the limits let us: TCP sends it after the descriptor is closed.
void widen_send_buffer(int fd, size_t waiting) {
  int size = 0;
  socklen_t length = sizeof(size);
  if (is_error(gate::call(SYS_getsockopt, static_cast<uint64_t>(fd), SOL_SOCKET, SO_SNDBUF, gate::address_of(&size),
                          gate::address_of(&length)))) {
    return;
  }
  size = widened(size, waiting);
  for (const int name : {SO_SNDBUFFORCE, SO_SNDBUF}) {  // the first is beyond the limits, with CAP_NET_ADMIN
    if (!is_error(gate::call(SYS_setsockopt, static_cast<uint64_t>(fd), SOL_SOCKET, static_cast<uint64_t>(name),
                             gate::address_of(&size), sizeof(size)))) {
      return;
    }
  }
}

// SO_LINGER with no time: the program wants the connection cut, and what waits dropped.
bool lingers_not(int fd) {
  linger given{};
  socklen_t length = sizeof(given);
  return !is_error(gate::call(SYS_getsockopt, static_cast<uint64_t>(fd), SOL_SOCKET, SO_LINGER,
                              gate::address_of(&given), gate::address_of(&length))) &&
         given.l_onoff != 0 && given.l_linger == 0;
}

// The peer's close_notify unread would make the kernel reset the connection, and the peer lose what was sent last.
void drop_input(int fd) {
  uint8_t rest[4096];
  gate::call(SYS_recvfrom, static_cast<uint64_t>(fd), gate::address_of(rest), sizeof(rest), MSG_DONTWAIT, 0, 0);
}

}  // namespace

bool Connection::begin_close(int fd) {
  if (!claim_.is_mine() || !endpoint_ || failed_) return true;
  if (!write_shut_) endpoint_->close_write();
  short wait = 0;
  if (go_on_closing(fd, wait)) return true;
  if (lingers_not(fd)) return true;
  if (!has_output()) return false;
  widen_send_buffer(fd, endpoint_->output().size());
  return go_on_closing(fd, wait);
}

bool Connection::go_on_closing(int fd, short& wait) {
  if (!has_output() && is_handshaking()) fill(fd);
  const bool is_early = is_handshaking() && wrote_early_ && !failed_ && !ended_;
  if (flush(fd) && !is_early) {
    drop_input(fd);
    return true;
  }
  wait = static_cast<short>(has_output() ? POLLOUT : POLLIN);
  return false;
}
// NOLINTEND(bugprone-unchecked-optional-access)

}  // namespace redoubt::shim::net
