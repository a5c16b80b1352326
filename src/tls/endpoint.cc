// SPDX-License-Identifier: Apache-2.0
//
// One connection. Where bytes wait, and how many at most:
//
//   input       ciphertext that came and is not decrypted: two records. Then input_room() is empty until the program reads
//   decrypted   plaintext that peek() or readable() wanted and nobody has read: 64 KiB and a record. read() alone leaves it empty:
//               OpenSSL decrypts a record in place and copies it to the program
//   unsent      plaintext that OpenSSL cannot take yet, since the handshake, or a message of the peer's like those of the
//               handshake, is half here: 64 KiB
//   output      ciphertext to be sent: 64 KiB and a record for what the program writes, a record more for answers to the peer
//
// A write of up to 16 KiB is one record, sent at once: small writes are not put together, since only the program knows whether
// more will follow.
#include <openssl/err.h>

#include <algorithm>

#include "crypto/cipher_scope.h"
#include "tls/buffer_bio.h"
#include "tls/context_parts.h"
#include "tls/failure.h"
#include "tls/verification.h"

namespace redoubt::tls {
namespace {

using Ssl = crypto::OpensslPointer<SSL, SSL_free>;

constexpr size_t kFragment = SSL3_RT_MAX_PLAIN_LENGTH;  // 2^14: RFC 8446, 5.1
constexpr size_t kRecord = kFragment + 256 + 5;         // 5.2
constexpr size_t kInput = 2 * kRecord;
constexpr size_t kStore = size_t{64} * 1024;          // of output, unsent and decrypted bytes
constexpr size_t kMostQuiet = size_t{256} * 1024;     // received in a row without a byte for the program
constexpr size_t kMostOutput = kStore + 3 * kRecord;  // more: the peer makes us answer and does not read
constexpr size_t kRecordOverhead = 5 + 1 + 16;        // header, inner type, tag
// unexpected_message, fatal: RFC 8446, 6
constexpr uint8_t kAlertToPlainText[] = {21, 3, 3, 0, 2, 2, 10};

// OpenSSL's queue of errors is the thread's, and what another connection left there would be taken for this one's. Wiping the
// queue costs as much as a tenth of a small record; mostly it is empty.
void forget_errors() {
  if (ERR_peek_error() != 0) ERR_clear_error();
}

}  // namespace

struct Endpoint::Parts {
  std::shared_ptr<Context> context;
  Verdict verdict;
  Wires wires;
  Ssl ssl;  // after what it refers to
  Buffer unsent{Buffer::Holds::kPlaintext};
  Buffer decrypted{Buffer::Holds::kPlaintext};
  Failure failure;
  State state = State::kHandshaking;
  bool is_recognised = false;  // the first byte was TLS
  bool input_has_ended = false;
  bool close_is_wanted = false;
  bool close_is_sent = false;
  uint64_t records = 0;  // under the present keys, of both directions
  size_t quiet = 0;      // bytes that came since the program last had one

  void advance();
  bool decrypt(std::span<uint8_t> to, size_t& size);
  void decrypt_ahead(size_t wanted);
  void look_ahead();
  bool has_record_under_way() const { return SSL_pending(ssl.get()) != 0 || !wires.input.empty(); }
  size_t encrypt(ByteView bytes);
  // SSL_in_init: a message is half here, and OpenSSL writes nothing until it is whole.
  bool must_keep() const { return !unsent.empty() || SSL_in_init(ssl.get()) != 0; }
  Result<size_t> keep(ByteView bytes);
  Errno errno_of_failure() const { return as_errno(failure.kind == FailureKind::kTruncated ? ECONNRESET : EIO); }

 private:
  bool looks_like_tls();
  void send_unsent();
  void count_record();
  bool may_read();
  bool is_too_quiet();
  void not_done(int result);
  void end_input();
  void fail(Failure why);
};

void Endpoint::Parts::fail(Failure why) {
  forget_errors();
  if (state == State::kFailed) return;
  state = State::kFailed;
  failure = std::move(why);
  wires.input.release();
  unsent.release();
}

// The input is used up and nothing more will come.
void Endpoint::Parts::end_input() {
  fail({FailureKind::kTruncated, state == State::kHandshaking
                                     ? "the connection ended before the handshake did"
                                     : "the connection ended without close_notify: what was sent last may be missing"});
}

// After a call of OpenSSL that was not successful.
void Endpoint::Parts::not_done(int result) {
  switch (SSL_get_error(ssl.get(), result)) {
    case SSL_ERROR_WANT_READ:
      if (input_has_ended) end_input();
      break;
    case SSL_ERROR_ZERO_RETURN:
      if (state == State::kHandshaking) return end_input();
      state = State::kPeerClosed;
      wires.input.release();
      break;
    default:
      if (verdict.failure.kind != FailureKind::kNone) {
        fail(std::move(verdict.failure));
      } else {
        fail(failure_from_openssl());
      }
  }
  forget_errors();
}

bool Endpoint::Parts::looks_like_tls() {
  if (is_recognised || wires.input.empty()) return true;
  const ByteView first = wires.input.view();
  is_recognised = begins_as_tls(first[0], !context->parts().is_server);
  if (is_recognised) return true;
  fail(plain_text(first));
  (void)wires.output.add(kAlertToPlainText);
  return false;
}

void Endpoint::Parts::advance() {
  if (state == State::kHandshaking) {
    if (!looks_like_tls() || is_too_quiet()) return;
    const crypto::CipherScope scope;
    forget_errors();
    if (const int result = SSL_do_handshake(ssl.get()); result != 1) return not_done(result);
    state = State::kOpen;
  }
  send_unsent();
}

void Endpoint::Parts::send_unsent() {
  if (state != State::kOpen && state != State::kPeerClosed) return;
  while (!unsent.empty()) {
    const size_t size = encrypt(unsent.view());
    if (size == 0) return;
    unsent.taken(size);
  }
  if (!close_is_wanted || close_is_sent || SSL_in_init(ssl.get()) != 0) return;
  close_is_sent = true;
  const crypto::CipherScope scope;
  forget_errors();
  if (const int result = SSL_shutdown(ssl.get()); result < 0) not_done(result);
}

void Endpoint::Parts::count_record() {
  if (++records < context->parts().records_per_key || close_is_sent) return;
  if (SSL_key_update(ssl.get(), SSL_KEY_UPDATE_REQUESTED) != 1) return;  // one is under way
  records = 0;
  (void)SSL_do_handshake(ssl.get());  // sends it. The peer answers with new keys of its own
}

// Key updates, tickets and empty records cost time and give the program nothing: a peer could keep it busy for ever with them.
bool Endpoint::Parts::is_too_quiet() {
  if (quiet <= kMostQuiet) return false;
  fail({FailureKind::kProtocol, "the peer sent 256 KiB of records without a byte of data"});
  return true;
}

// Whether there is anything to decrypt. If not, the state says why.
bool Endpoint::Parts::may_read() {
  if (state != State::kOpen) return false;
  if (!has_record_under_way()) {
    if (input_has_ended) end_input();
    return false;
  }
  if (is_too_quiet()) return false;
  if (wires.output.size() > kMostOutput) {
    fail({FailureKind::kProtocol, "the peer makes this end answer again and again and reads nothing"});
    return false;
  }
  return true;
}

// One record at most. False: nothing to be had.
bool Endpoint::Parts::decrypt(std::span<uint8_t> to, size_t& size) {
  if (!may_read()) return false;
  const crypto::CipherScope scope;
  forget_errors();
  const int result = SSL_read_ex(ssl.get(), to.data(), to.size(), &size);
  if (result == 1) quiet = 0;
  result == 1 ? count_record() : not_done(result);
  send_unsent();  // a message may be whole
  return result == 1;
}

// Decrypts the next record where OpenSSL keeps it.
void Endpoint::Parts::look_ahead() {
  if (!may_read()) return;
  uint8_t first = 0;
  size_t size = 0;
  const crypto::CipherScope scope;
  forget_errors();
  const int result = SSL_peek_ex(ssl.get(), &first, 1, &size);
  result == 1 ? static_cast<void>(quiet = 0) : not_done(result);
  send_unsent();
}

void Endpoint::Parts::decrypt_ahead(size_t wanted) {
  while (decrypted.size() < std::min(wanted, kStore) && state == State::kOpen && has_record_under_way()) {
    const std::span<uint8_t> to = decrypted.room(kFragment);
    size_t size = 0;
    if (to.empty() || !decrypt(to, size)) break;
    decrypted.added(size);
  }
  if (decrypted.empty()) decrypted.release();
}

// One record. How many bytes it took; 0: failed, or not yet.
size_t Endpoint::Parts::encrypt(ByteView bytes) {
  size_t done = 0;
  const crypto::CipherScope scope;
  forget_errors();
  const int result = SSL_write_ex(ssl.get(), bytes.data(), std::min(bytes.size(), kFragment), &done);
  if (result != 1) {
    not_done(result);
    return 0;
  }
  count_record();
  return done;
}

Result<size_t> Endpoint::Parts::keep(ByteView bytes) {
  const size_t size = std::min(bytes.size(), kStore - std::min(kStore, unsent.size()));
  if (size == 0 || !unsent.add(bytes.first(size))) return redoubt::fail(EAGAIN);
  return size;
}

Endpoint::Endpoint(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Endpoint::Endpoint(Endpoint&&) noexcept = default;
Endpoint& Endpoint::operator=(Endpoint&&) noexcept = default;
Endpoint::~Endpoint() = default;

namespace {

Result<void, Error> attach(SSL* ssl, Wires& wires, Verdict& verdict, const Context::Parts& context) {
  BIO* bio = ssl == nullptr ? nullptr : new_buffer_bio(wires);
  if (bio == nullptr) return openssl_failed(ErrorCode::kFailed, "TLS: no memory for a connection");
  SSL_set_bio(ssl, bio, bio);
  verdict.now = context.clock();
  X509_VERIFY_PARAM_set_time(SSL_get0_param(ssl), verdict.now);
  SSL_set_app_data(ssl, &verdict);
  return {};
}

}  // namespace

Result<Endpoint, Error> Endpoint::accept(std::shared_ptr<Context> context) {
  auto parts = std::make_unique<Parts>();
  parts->ssl.reset(SSL_new(context->parts().openssl.get()));
  TRY_VOID(attach(parts->ssl.get(), parts->wires, parts->verdict, context->parts()));
  parts->context = std::move(context);
  SSL_set_accept_state(parts->ssl.get());
  return Endpoint(std::move(parts));
}

Result<Endpoint, Error> Endpoint::connect(std::shared_ptr<Context> context, std::string_view server_name,
                                          const std::vector<std::string>& other_names) {
  auto parts = std::make_unique<Parts>();
  parts->ssl.reset(SSL_new(context->parts().openssl.get()));
  TRY_VOID(attach(parts->ssl.get(), parts->wires, parts->verdict, context->parts()));
  parts->context = std::move(context);
  TRY_VOID(expect_name(parts->ssl.get(), server_name));
  parts->verdict.expected_name = server_name;
  for (const std::string& name : other_names) {
    TRY_VOID(expect_also(parts->ssl.get(), name));
    parts->verdict.expected_name += " or " + name;
  }
  SSL_set_connect_state(parts->ssl.get());
  parts->advance();  // the ClientHello
  return Endpoint(std::move(parts));
}

std::span<uint8_t> Endpoint::input_room() {
  Buffer& input = parts_->wires.input;
  const bool is_useful = parts_->state == State::kHandshaking || parts_->state == State::kOpen;
  if (!is_useful || parts_->input_has_ended || input.size() >= kRecord) return {};
  return input.room(kRecord).first(kRecord);
}

void Endpoint::input_added(size_t size) {
  Buffer& input = parts_->wires.input;
  input.added(size);
  parts_->quiet += size;
  if (size == 0 && input.empty()) input.release();
  if (size != 0) parts_->advance();
}

void Endpoint::input_ended() {
  if (parts_->input_has_ended) return;
  parts_->input_has_ended = true;
  parts_->advance();
  size_t none = 0;
  if (!parts_->has_record_under_way()) (void)parts_->decrypt({}, none);
}

ByteView Endpoint::output() const { return parts_->wires.output.view(); }
void Endpoint::output_taken(size_t size) { parts_->wires.output.taken(size); }

Result<size_t> Endpoint::read(std::span<uint8_t> to) {
  Parts& parts = *parts_;
  parts.advance();
  size_t done = parts.decrypted.take_into(to);
  for (size_t size = 0; done < to.size() && parts.decrypt(to.subspan(done), size);) done += size;
  if (done != 0 || to.empty()) return done;
  switch (parts.state) {
    case State::kPeerClosed: return 0;
    case State::kFailed: return std::unexpected(parts.errno_of_failure());
    default: return fail(EAGAIN);
  }
}

Result<size_t> Endpoint::peek(std::span<uint8_t> to) {
  Parts& parts = *parts_;
  parts.advance();
  parts.decrypt_ahead(to.size());
  const size_t done = parts.decrypted.copy_into(to);
  if (done != 0 || to.empty()) return done;
  switch (parts.state) {
    case State::kPeerClosed: return 0;
    case State::kFailed: return std::unexpected(parts.errno_of_failure());
    default: return fail(EAGAIN);
  }
}

bool Endpoint::is_readable() {
  Parts& parts = *parts_;
  parts.advance();
  if (!parts.decrypted.empty() || parts.state == State::kPeerClosed || parts.state == State::kFailed) return true;
  if (parts.state == State::kHandshaking) return false;
  if (SSL_pending(parts.ssl.get()) == 0) parts.look_ahead();
  return SSL_pending(parts.ssl.get()) != 0 || parts.state != State::kOpen;
}

size_t Endpoint::readable() {
  parts_->advance();
  if (parts_->has_record_under_way()) parts_->decrypt_ahead(kStore);
  return parts_->decrypted.size();
}

Result<size_t> Endpoint::write(ByteView bytes) {
  Parts& parts = *parts_;
  parts.advance();
  if (parts.close_is_wanted) return fail(EPIPE);
  if (parts.state == State::kFailed) return std::unexpected(parts.errno_of_failure());
  if (bytes.empty()) return 0;
  if (parts.must_keep()) return parts.keep(bytes);
  Buffer& output = parts.wires.output;
  size_t done = 0;
  if (output.empty() && bytes.size() > kFragment)
    (void)output.room(std::min(bytes.size(), kStore) + 5 * kRecordOverhead);
  const crypto::CipherScope scope;
  while (done < bytes.size() && output.size() <= kStore) {
    const size_t size = parts.encrypt(bytes.subspan(done));
    if (size == 0) break;
    done += size;
  }
  if (done != 0) return done;
  if (parts.state == State::kFailed) return std::unexpected(parts.errno_of_failure());
  if (parts.must_keep()) return parts.keep(bytes);
  return fail(EAGAIN);
}

void Endpoint::close_write() {
  parts_->close_is_wanted = true;
  parts_->advance();
}

State Endpoint::state() const { return parts_->state; }
const Failure& Endpoint::failure() const { return parts_->failure; }

std::string Endpoint::peer_name() const { return subject_of(SSL_get0_peer_certificate(parts_->ssl.get())); }

}  // namespace redoubt::tls
