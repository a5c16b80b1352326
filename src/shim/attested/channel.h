// SPDX-License-Identifier: Apache-2.0
//
// A TLS 1.3 connection to CAS: full handshake, no resumption, no tickets, no early data, P-256 and AES-GCM.
//
// The server's key is pinned when the launch request names one. When it does not, any key is accepted, and that is as safe:
// the host chooses address and pin, so that neither can protect a secret from it. What protects is the binding. The evidence
// that LAS makes of this process covers this connection's exporter and the key of the server that was seen
// (attest/report_data.h). Whoever sits in the middle has another exporter on the other side, and CAS, which compares with its
// own, gives nothing away. A false CAS that talks to us directly learns the evidence and what the host knows already, and can
// give us a configuration of its own making: which is no secret of anybody's.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "shim/attested/deadline.h"
#include "shim/attested/failure.h"
#include "shim/process/program_file.h"

struct ssl_st;

namespace redoubt::shim::attested {

class Channel {
 public:
  // `pinned_key`: SHA-256 of the server's SubjectPublicKeyInfo in hexadecimal, or empty for any. `exporter_label`: RFC 5705.
  static Outcome<Channel> open(OwnedFd socket, std::string_view pinned_key, std::string_view exporter_label,
                               const Deadline& deadline);
  static Deadline handshake_deadline();
  Channel(Channel&&) = default;
  ~Channel();

  // One request's worth of waiting: send() and receive() until the next call of this fail after so long.
  void expect_answer_within(int64_t milliseconds) { expect_answer_by(Deadline::in(milliseconds)); }
  void expect_answer_by(const Deadline& deadline) { deadline_ = deadline; }
  Outcome<void> send(std::initializer_list<ByteView> parts);
  // At least one byte, at most `into`. The peer's end of the connection is a failure.
  Outcome<size_t> receive(std::span<uint8_t> into);
  // Says goodbye, so that CAS sees the end of the exchange and not a loss.
  void close();

  const ByteArray<32>& exporter() const { return exporter_; }
  const ByteArray<32>& server_key() const { return server_key_; }

 private:
  Channel() = default;
  static void free_tls(ssl_st* tls);
  Outcome<void> handshake(std::string_view pinned_key, std::string_view exporter_label);
  Outcome<void> write(ByteView bytes);
  Outcome<void> flush();
  Outcome<void> fill();
  struct Step {
    int error;
    std::string reason;
  };
  Step after(int result) const;
  Outcome<void> progress(const Step& step, std::string_view check, std::string_view what);

  OwnedFd socket_;
  std::unique_ptr<ssl_st, void (*)(ssl_st*)> tls_{nullptr, free_tls};
  Deadline deadline_;
  ByteArray<32> exporter_{};
  ByteArray<32> server_key_{};
};

}  // namespace redoubt::shim::attested
