// SPDX-License-Identifier: Apache-2.0
//
// One shielded connection: the TLS end, the descriptor's bytes to and from it, and what the program may know of it. No call here
// blocks: waiting is socket_wait.h's, without the lock. Everything is guarded by Description::mutex.
//
// Plaintext is never taken off the kernel's hands before somebody asks for it: a read, or a wait whose answer depends on it. What
// the kernel did not take of the output stays here (at most 64 KiB and some records) and goes out with the next call that touches
// the connection: waits watch for room even if the program asked for bytes only.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "shim/net/claim.h"
#include "shim/net/pieces.h"
#include "shim/net/policy.h"
#include "shim/net/timeout.h"
#include "tls/endpoint.h"

namespace redoubt::shim::net {

class Connection {
 public:
  // Accepted under the listen rule of this number, or made under the connect rule, for the peer of that name.
  static std::unique_ptr<Connection> accepted(size_t rule);
  static std::unique_ptr<Connection> outgoing(size_t rule, std::string server_name,
                                              std::vector<std::string> other_names);

  // This process may use it. False: another one does (EIO).
  bool acquire() { return claim_.acquire(); }
  Claim& claim() { return claim_; }

  // ---- the kernel's side ----
  // Sends what waits. False: the kernel did not take all.
  bool flush(int fd, int message_flags = 0);
  // One recv at most, then the handshake's next step, and its output goes out. False: nothing new.
  bool fill(int fd);
  // Receives until there is something for the program or the kernel has nothing more.
  void pump(int fd);
  // The kernel says that bytes have come.
  void input_has_come() { drained_ = false; }

  // ---- the program's side ----
  // -EAGAIN: nothing to be had without waiting. `flags`: MSG_PEEK, MSG_TRUNC (the bytes are dropped).
  int64_t read(int fd, Pieces& to, int flags);
  // What was taken of `from`. -EAGAIN: nothing can be; -EPIPE, -ECONNRESET.
  int64_t write(int fd, Pieces& from, int message_flags);
  int64_t shut_down(int fd, int how);
  // Before the last descriptor of this process goes: close_notify, and what waits is sent. True: nothing is left to do, as mostly.
  bool begin_close(int fd);
  // One step more, when `wait` (events of poll) came. False: go on waiting for `wait`.
  bool go_on_closing(int fd, short& wait);
  size_t output_size() const { return endpoint_ ? endpoint_->output().size() : 0; }

  bool is_readable();  // read() would not be -EAGAIN
  bool is_writable();  // the same of write()
  bool is_finished();  // nothing will come any more: EPOLLRDHUP
  bool has_failed() const { return failed_; }
  bool has_failed_handshake() const { return failed_ && !opened_; }
  // What a write returns after a failure: ECONNRESET once, then EPIPE.
  int64_t write_error();
  bool has_output();
  bool is_handshaking();
  // A server's, for longer than the policy grants, from the program's first use on.
  bool is_too_slow() {
    return is_server_ && !failed_ && handshake_time_ && is_handshaking() && handshake_time_->is_over();
  }
  void give_up(int fd);
  // Waits for room: the program asked for less than it may write, or output waits.
  bool needs_input_to_write() { return is_handshaking() && store_full_; }
  size_t readable_size();
  // SO_ERROR: an error that was not told yet, or 0.
  int take_error();
  void set_low_water(size_t size) { low_water_ = size; }

  // Changes with every arrival of plaintext: what edge-triggered waits report once.
  uint64_t arrivals() const { return arrivals_; }
  // write() was refused since the last call, and would not be now.
  bool take_writable_again();
  bool would_be_writable_again() { return write_blocked_ && is_writable(); }

  bool is_server() const { return is_server_; }
  size_t rule() const { return rule_; }
  const std::string& server_name() const { return server_name_; }
  const std::vector<std::string>& other_names() const { return other_names_; }
  bool has_begun() const { return begun_; }  // a byte of the peer came
  // Its handshake goes on by itself: a server waits for the program to ask for bytes or room first, which costs nothing.
  bool has_begun_output() const { return endpoint_.has_value(); }

 private:
  Connection(bool is_server, size_t rule, std::string server_name)
      : is_server_(is_server), rule_(rule), server_name_(std::move(server_name)) {}
  bool ensure(int fd);
  void look_for_failure(int fd);
  void finish_shutdown(int fd);
  int64_t take(Pieces& to, int flags);
  int64_t peek(Pieces& to);
  int64_t end_of_input();

  const Rule& rule_of_session() const { return (is_server_ ? policy.listen : policy.connect)[rule_]; }

  const bool is_server_;
  const size_t rule_;
  const std::string server_name_;
  std::vector<std::string> other_names_;  // that will do as well
  Claim claim_;
  std::optional<tls::Endpoint> endpoint_;  // made at the first use: after fork, in the child that uses it
  std::optional<Timeout> handshake_time_;  // from the first use on
  std::string peer_;                       // its address, for the log
  Bytes held_;                             // plaintext that the program's memory did not take
  uint64_t arrivals_ = 0;
  size_t low_water_ = 1;
  int receive_error_ = 0;  // errno of the kernel's socket
  int send_error_ = 0;
  int shutdown_wanted_ = -1;  // of the kernel's socket, when the output has gone
  bool begun_ = false;
  bool opened_ = false;
  bool drained_ = false;  // the kernel had nothing more
  bool ended_ = false;    // the kernel's socket gave its end
  bool failed_ = false;
  bool error_told_ = false;
  bool read_shut_ = false;
  bool write_shut_ = false;
  bool store_full_ = false;   // of the handshake
  bool wrote_early_ = false;  // something waits for the handshake's end
  bool write_blocked_ = false;
};

}  // namespace redoubt::shim::net
