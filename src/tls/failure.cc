// SPDX-License-Identifier: Apache-2.0
#include "tls/failure.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace redoubt::tls {
namespace {

constexpr uint8_t kAlertRecord = 21, kHandshakeRecord = 22;  // RFC 8446, 5.1

constexpr int kCertificateRequired = 116;  // 6.2

struct Reason {
  int number;
  FailureKind kind;
  const char* text;
};
constexpr auto kReasons = std::to_array<Reason>({
    {SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, FailureKind::kNoCertificate, "the peer showed no certificate"},
    {SSL_R_UNSUPPORTED_PROTOCOL, FailureKind::kProtocol, "the peer does not offer TLS 1.3"},
    {SSL_R_WRONG_SSL_VERSION, FailureKind::kProtocol, "the peer does not offer TLS 1.3"},
    {SSL_R_WRONG_VERSION_NUMBER, FailureKind::kProtocol, "what came is no TLS record"},
    {SSL_R_NO_SHARED_CIPHER, FailureKind::kProtocol, "the peer offers no cipher suite that is used here"},
    {SSL_R_NO_SUITABLE_KEY_SHARE, FailureKind::kProtocol, "the peer offers no key agreement that is used here"},
    {SSL_R_NO_SHARED_GROUPS, FailureKind::kProtocol, "the peer offers no key agreement that is used here"},
    {SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM, FailureKind::kProtocol, "the peer takes no signature of our key's kind"},
    {SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS, FailureKind::kProtocol, "the peer takes no signature of our key's kind"},
    {SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC, FailureKind::kProtocol, "a record is not authentic"},
    {SSL_R_BAD_SIGNATURE, FailureKind::kProtocol, "the peer does not have its certificate's private key"},
    {SSL_R_DIGEST_CHECK_FAILED, FailureKind::kProtocol, "the handshake was changed on its way"},
    {SSL_R_EXCESSIVE_MESSAGE_SIZE, FailureKind::kProtocol, "a message of the handshake is too long"},
    {SSL_R_ENCRYPTED_LENGTH_TOO_LONG, FailureKind::kProtocol, "a record is too long"},
    {SSL_R_PACKET_LENGTH_TOO_LONG, FailureKind::kProtocol, "a record is too long"},
    {SSL_R_DATA_LENGTH_TOO_LONG, FailureKind::kProtocol, "a record is too long"},
    {SSL_R_UNEXPECTED_MESSAGE, FailureKind::kProtocol, "a message that is not allowed at this point"},
});

Failure from_reason(int reason) {
  const auto known = std::ranges::find(kReasons, reason, &Reason::number);
  if (known != kReasons.end()) return {known->kind, known->text};
  if (reason >= SSL_AD_REASON_OFFSET) {
    const int alert = reason - SSL_AD_REASON_OFFSET;
    // OpenSSL 3.0 has no words for this one.
    const char* words = alert == kCertificateRequired ? "certificate required" : SSL_alert_desc_string_long(alert);
    return {FailureKind::kProtocol, std::string("the peer refused: alert \"") + words + "\""};
  }
  Text<64> text;
  text.append("TLS error ").decimal(reason).append(" (openssl/sslerr.h)");
  return {FailureKind::kProtocol, std::string(text.view())};
}

struct Speech {
  std::string_view begins;
  const char* what;
};
constexpr auto kSpeeches = std::to_array<Speech>({
    {"GET ", "an HTTP request"},
    {"POST", "an HTTP request"},
    {"HEAD", "an HTTP request"},
    {"PUT ", "an HTTP request"},
    {"OPTI", "an HTTP request"},
    {"DELE", "an HTTP request"},
    {"CONN", "an HTTP request"},
    {"PRI ", "an HTTP/2 request"},
    {"HTTP", "an HTTP response"},
    {"*", "a Redis command"},
    {"PING", "a Redis command"},
    {"SSH-", "SSH"},
    {"220 ", "a mail or file server's greeting"},
    {"+OK", "a Redis or mail server's answer"},
    {"-ERR", "a Redis or mail server's answer"},
});

}  // namespace

Failure failure_from_openssl() {
  int reason = 0;
  bool lacked_memory = false;
  while (const unsigned long code = ERR_get_error()) {
    lacked_memory |= ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE;
    // The first of libssl says what happened; what libcrypto says before it is how it noticed.
    if (reason == 0 && ERR_GET_LIB(code) == ERR_LIB_SSL) reason = ERR_GET_REASON(code);
  }
  if (lacked_memory) {
    return {FailureKind::kProtocol,
            "this end has no memory for the connection's keys: raise the limit on locked memory"};
  }
  if (reason == 0) return {FailureKind::kProtocol, "the TLS library failed (memory?)"};
  return from_reason(reason);
}

bool begins_as_tls(uint8_t first_byte, bool from_server) {
  return first_byte == kHandshakeRecord || (from_server && first_byte == kAlertRecord);
}

Failure plain_text(ByteView first_bytes) {
  const std::string_view text = as_text(first_bytes);
  const auto known =
      std::ranges::find_if(kSpeeches, [text](const Speech& speech) { return text.starts_with(speech.begins); });
  if (known != kSpeeches.end()) return {FailureKind::kPlainText, std::string("expected TLS, found ") + known->what};
  Text<48> detail;
  detail.append("expected TLS, found a first byte of ").hex(first_bytes[0]);
  return {FailureKind::kPlainText, std::string(detail.view())};
}

const char* name_of(FailureKind kind) {
  switch (kind) {
    case FailureKind::kNone: return "none";
    case FailureKind::kPlainText: return "plain-text";
    case FailureKind::kNoCertificate: return "no-certificate";
    case FailureKind::kUnknownAuthority: return "unknown-authority";
    case FailureKind::kExpired: return "expired";
    case FailureKind::kWrongName: return "wrong-name";
    case FailureKind::kWrongUse: return "wrong-use";
    case FailureKind::kProtocol: return "protocol";
    case FailureKind::kTooSlow: return "too-slow";
    case FailureKind::kTruncated: return "truncated";
  }
  return "unknown";
}

}  // namespace redoubt::tls
