// SPDX-License-Identifier: Apache-2.0
//
// The TLS end of a shielded socket: ciphertext in, plaintext out, and back; no system calls, no descriptors, no clock but the one
// that is given. Who owns the socket moves the bytes.
//
//   network ─► input_room(), input_added() ─► read() ─► program
//   network ◄─ output(), output_taken()    ◄─ write() ◄─ program
//
// TLS 1.3 (RFC 8446). The handshake advances inside every call. write() before its end keeps the bytes (bounded), since servers
// may speak first. A peer that fails a check never has a byte read by the program: state() is kFailed, output() holds the alert.
// Not thread-safe: one lock a connection.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/result.h"

namespace redoubt::tls {

struct Identity {
  std::string_view certificates;  // PEM, the end entity's first, then its issuers
  std::string_view private_key;   // PEM, PKCS#8 or SEC1; in sealed memory of the caller
};

// Seconds since 1970: what certificates' validity is compared with. Asked once a connection.
using Clock = int64_t (*)();

// One rule of the policy. Shared by all its connections and threads; constant once it is made. An authority is trusted as it is
// given, a root or an intermediate, and must be a CA certificate; nothing else is trusted, no directory of the host is read.
class Context {
 public:
  // `client_authority`: PEM certificates; empty: clients need no certificate.
  static Result<std::shared_ptr<Context>, Error> server(const Identity& identity, std::string_view client_authority,
                                                        Clock clock);
  // `server_authority`: PEM, not empty. `identity`: may be empty. The name is checked for each connection (Endpoint).
  static Result<std::shared_ptr<Context>, Error> client(const Identity& identity, std::string_view server_authority,
                                                        Clock clock);
  ~Context();

  struct Parts;
  Parts& parts() const { return *parts_; }

 private:
  Context() = default;
  std::unique_ptr<Parts> parts_;
};

enum class State : uint8_t {
  kHandshaking,
  kOpen,
  kPeerClosed,  // close_notify came: read() gives 0 after the last byte
  kFailed,      // why: failure()
};

// Stable names, for counters and log lines.
enum class FailureKind : uint8_t {
  kNone,
  kPlainText,         // what came is no TLS: a peer that speaks in the clear
  kNoCertificate,     // the peer showed none
  kUnknownAuthority,  // of a chain that does not end in the policy's authority
  kExpired,           // or not yet valid
  kWrongName,         // the server's certificate is for other names
  kWrongUse,          // extended key usage, CA as end entity
  kProtocol,          // version, cipher, malformed record, alert of the peer
  kTooSlow,           // the owner of the socket gave up waiting for the handshake's end; never of an Endpoint
  kTruncated,         // the connection ended without close_notify
};
const char* name_of(FailureKind kind);

struct Failure {
  FailureKind kind = FailureKind::kNone;
  std::string detail;  // for people: what was expected and found; no secret, no control characters
};

class Endpoint {
 public:
  static Result<Endpoint, Error> accept(std::shared_ptr<Context> context);
  // `server_name`: a DNS name (SNI and check) or an IP address (check only); not empty.
  // `other_names`: DNS names that will do as well.
  static Result<Endpoint, Error> connect(std::shared_ptr<Context> context, std::string_view server_name,
                                         const std::vector<std::string>& other_names = {});
  Endpoint(Endpoint&&) noexcept;
  Endpoint& operator=(Endpoint&&) noexcept;
  ~Endpoint();

  // ---- network side ----
  // Where received bytes go; at least 16 KiB + a record's overhead while more is useful, empty when the program has to read first.
  std::span<uint8_t> input_room();
  // 0: nothing came, and the room's memory is given back.
  void input_added(size_t size);
  // The network ended. Without a close_notify before, that is kTruncated.
  void input_ended();
  // What has to be sent, in order.
  ByteView output() const;
  void output_taken(size_t size);

  // ---- program's side ----
  // Decrypted bytes: EAGAIN when none are there yet, 0 after the peer's close_notify, EIO after a failure (ECONNRESET: kTruncated).
  Result<size_t> read(std::span<uint8_t> to);
  // As read(), and the bytes stay.
  Result<size_t> peek(std::span<uint8_t> to);
  // Whether read() would answer other than EAGAIN: bytes, the end or a failure. Decrypts one record at most, copies nothing.
  bool is_readable();
  // How many bytes read() would give at once: those decrypted already, complete records that wait are decrypted first.
  size_t readable();
  // Takes what fits: EAGAIN when output() holds more than 64 KiB, or the handshake's store is full. EPIPE after close_write(), EIO.
  Result<size_t> write(ByteView bytes);
  // Sends close_notify after everything written before. Reading goes on (half-close, RFC 8446, 6.1).
  void close_write();

  State state() const;
  const Failure& failure() const;
  // Subject of the peer's certificate, for log lines; empty: none.
  std::string peer_name() const;

 private:
  struct Parts;
  explicit Endpoint(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace redoubt::tls
