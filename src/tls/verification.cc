// SPDX-License-Identifier: Apache-2.0
#include "tls/verification.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <optional>
#include <span>

#include "base/text.h"

namespace redoubt::tls {
namespace {

constexpr size_t kLongestName = 253;  // RFC 1035, 2.3.4, in text
constexpr int kMostNamesShown = 4;
constexpr int kMostIntermediates = 8;

struct Meaning {
  int error;
  FailureKind kind;
  const char* text;
};
constexpr auto kMeanings = std::to_array<Meaning>({
    {X509_V_ERR_CERT_HAS_EXPIRED, FailureKind::kExpired, "has expired"},
    {X509_V_ERR_CERT_NOT_YET_VALID, FailureKind::kExpired, "is not yet valid"},
    {X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD, FailureKind::kExpired, "has no readable time of validity"},
    {X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD, FailureKind::kExpired, "has no readable time of validity"},
    {X509_V_ERR_HOSTNAME_MISMATCH, FailureKind::kWrongName, "is for other names"},
    {X509_V_ERR_IP_ADDRESS_MISMATCH, FailureKind::kWrongName, "is for other names"},
    {X509_V_ERR_INVALID_PURPOSE, FailureKind::kWrongUse, "is not meant for this use (key usage)"},
    {X509_V_ERR_INVALID_CA, FailureKind::kWrongUse, "stands as an authority in the chain and is none"},
    {X509_V_ERR_INVALID_NON_CA, FailureKind::kWrongUse, "is an authority's and stands as an end entity's"},
    {X509_V_ERR_PATH_LENGTH_EXCEEDED, FailureKind::kWrongUse, "has more authorities below it than it allows"},
    {X509_V_ERR_KEYUSAGE_NO_CERTSIGN, FailureKind::kWrongUse, "may not sign certificates"},
    {X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION, FailureKind::kWrongUse,
     "has a critical extension that is not known here"},
    {X509_V_ERR_INVALID_EXTENSION, FailureKind::kWrongUse, "has an extension that cannot be read"},
    {X509_V_ERR_PERMITTED_VIOLATION, FailureKind::kWrongUse, "has a name outside its authority's name constraints"},
    {X509_V_ERR_EXCLUDED_VIOLATION, FailureKind::kWrongUse, "has a name outside its authority's name constraints"},
    {X509_V_ERR_EE_KEY_TOO_SMALL, FailureKind::kProtocol, "has too short a key"},
    {X509_V_ERR_CA_KEY_TOO_SMALL, FailureKind::kProtocol, "has too short a key"},
    {X509_V_ERR_CA_MD_TOO_WEAK, FailureKind::kProtocol, "is signed with too weak a digest"},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, FailureKind::kUnknownAuthority,
     "was issued by no authority of the policy"},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, FailureKind::kUnknownAuthority, "was issued by no authority of the policy"},
    {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, FailureKind::kUnknownAuthority,
     "was issued by no authority of the policy"},
    {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, FailureKind::kUnknownAuthority, "is signed by itself"},
    {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, FailureKind::kUnknownAuthority, "is a root that the policy does not name"},
    {X509_V_ERR_CERT_SIGNATURE_FAILURE, FailureKind::kUnknownAuthority, "has a signature that is not its issuer's"},
    {X509_V_ERR_CERT_CHAIN_TOO_LONG, FailureKind::kUnknownAuthority, "is part of too long a chain"},
});

Meaning meaning_of(int error) {
  const auto found = std::ranges::find(kMeanings, error, &Meaning::error);
  if (found != kMeanings.end()) return *found;
  return {error, FailureKind::kUnknownAuthority, "could not be verified"};
}

std::string text_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return "?";
  Text<40> text;
  const auto part = [&text](char before, int number) { text.append(before).padded(static_cast<uint64_t>(number), 2); };
  text.decimal(parts.tm_year + 1900);
  part('-', parts.tm_mon + 1);
  part('-', parts.tm_mday);
  part('T', parts.tm_hour);
  part(':', parts.tm_min);
  part(':', parts.tm_sec);
  return std::string(text.append('Z').view());
}

// Names come from a peer that may be anybody.
std::string printable(std::string_view text) {
  std::string result(text.substr(0, kLongestName));
  for (char& character : result) {
    if (character < ' ' || character > '~') character = '?';
  }
  return result;
}

std::string text_of(const GENERAL_NAME* name) {
  int type = 0;
  const void* value = GENERAL_NAME_get0_value(name, &type);
  if (type != GEN_DNS && type != GEN_IPADD) return {};
  const auto* string = static_cast<const ASN1_STRING*>(value);
  const ByteView bytes(ASN1_STRING_get0_data(string), static_cast<size_t>(ASN1_STRING_length(string)));
  if (type == GEN_DNS) return printable(as_text(bytes));
  Text<64> text;
  if (bytes.size() == 4) {
    for (size_t index = 0; index < 4; ++index) text.append(index == 0 ? "" : ".").decimal(bytes[index]);
  } else if (bytes.size() == 16) {
    for (size_t index = 0; index < 16; index += 2) {
      text.append(index == 0 ? "" : ":").hex_digits(uint64_t{bytes[index]} << 8 | bytes[index + 1]);
    }
  }
  return std::string(text.view());
}

std::string names_of(const X509* certificate) {
  auto* names = static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  std::string text;
  int shown = 0;
  for (int index = 0; index < sk_GENERAL_NAME_num(names) && shown < kMostNamesShown; ++index) {
    const std::string name = text_of(sk_GENERAL_NAME_value(names, index));
    if (name.empty()) continue;
    text += (shown++ == 0 ? "" : ", ") + name;
  }
  GENERAL_NAMES_free(names);
  return text.empty() ? "no subject alternative name" : text;
}

std::string detail_of(const Meaning& meaning, const Verdict& verdict, const X509* certificate, int depth) {
  std::string detail = depth == 0 ? "the peer's certificate " : "in the peer's chain the certificate ";
  detail += "\"" + subject_of(certificate) + "\" ";
  detail += meaning.text;
  if (meaning.kind == FailureKind::kExpired) {
    detail += ": valid from " + text_of(X509_get0_notBefore(certificate)) + " until " +
              text_of(X509_get0_notAfter(certificate));
  } else if (meaning.kind == FailureKind::kWrongName) {
    detail += ": expected " + verdict.expected_name + ", found " + names_of(certificate);
  } else if (meaning.kind == FailureKind::kUnknownAuthority) {
    Text<48> number;
    detail += " (X.509 error " + std::string(number.decimal(meaning.error).view()) + ")";
  }
  return detail;
}

// Of text in address form: 4 or 16 bytes, network order. OpenSSL's own parser is not used: the runtime has none of the libc that it needs.
std::optional<std::span<const uint8_t>> parse_ip(const std::string& text, ByteArray<16>& bytes) {
  if (inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) return std::span(bytes).first(4);
  if (inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) return bytes;
  return std::nullopt;
}

// What ends in a number is an address or a mistake (RFC 3696, 2): no certificate's DNS name may stand for it.
bool ends_in_number(std::string_view name) {
  const std::string_view last = name.substr(name.rfind('.') + 1);
  return std::ranges::all_of(last, [](char c) { return c >= '0' && c <= '9'; });
}

bool is_dns_name(std::string_view name) {
  const auto is_fine = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  };
  return !name.empty() && name.size() <= kLongestName && name.front() != '.' && !name.contains("..") &&
         std::ranges::all_of(name, is_fine) && !ends_in_number(name);
}

}  // namespace

Result<void, Error> trust(SSL_CTX* context, std::string_view authorities) {
  const CertificateList list = TRY(certificates_from_pem(authorities));
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  bool all_are_roots = true;
  for (const auto& certificate : list) {
    if (X509_check_ca(certificate.get()) != 1) {
      return openssl_failed(ErrorCode::kUnsupported, "\"" + subject_of(certificate.get()) +
                                                         "\" is not a CA certificate (basic constraints CA:TRUE)");
    }
    all_are_roots = all_are_roots && X509_self_signed(certificate.get(), 0) == 1;
    if (X509_STORE_add_cert(store, certificate.get()) != 1) {
      return openssl_failed(ErrorCode::kFailed, "no memory for an authority's certificate");
    }
  }
  // Otherwise a chain must end in a certificate signed by itself, and the issuer of the given intermediate is not trusted.
  if (!all_are_roots) X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  SSL_CTX_set_verify_depth(context, kMostIntermediates);
  return {};
}

int check_certificate(int is_good, X509_STORE_CTX* context) {
  const auto* connection = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(context, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto& verdict = *static_cast<Verdict*>(SSL_get_app_data(connection));
  const X509* certificate = X509_STORE_CTX_get_current_cert(context);
  const int depth = X509_STORE_CTX_get_error_depth(context);
  const int error = X509_STORE_CTX_get_error(context);
  if (is_good == 1 || error == X509_V_ERR_INVALID_PURPOSE) {
    // A CA without restrictions of its key's use would pass as an end entity.
    const bool is_authority = depth == 0 && certificate != nullptr &&
                              (X509_get_extension_flags(const_cast<X509*>(certificate)) & EXFLAG_CA) != 0;
    if (is_good == 1 && !is_authority) return 1;
    if (is_authority) X509_STORE_CTX_set_error(context, X509_V_ERR_INVALID_NON_CA);
  }
  const Meaning meaning = meaning_of(X509_STORE_CTX_get_error(context));
  verdict.failure.kind = meaning.kind;
  verdict.failure.detail = certificate == nullptr ? "the peer's certificate could not be verified"
                                                  : detail_of(meaning, verdict, certificate, depth);
  return 0;
}

Result<void, Error> expect_name(SSL* connection, std::string_view given) {
  std::string name(given);
  if (name.ends_with('.')) name.pop_back();
  X509_VERIFY_PARAM* parameters = SSL_get0_param(connection);
  X509_VERIFY_PARAM_set_hostflags(parameters,
                                  X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  ByteArray<16> address;
  if (const auto ip = parse_ip(name, address); ip && !name.contains('\0')) {
    if (X509_VERIFY_PARAM_set1_ip(parameters, ip->data(), ip->size()) == 1) return {};
    return openssl_failed(ErrorCode::kFailed, "no memory for a server's address");
  }
  if (!is_dns_name(name)) {
    return fail(ErrorCode::kMalformed,
                "server name: expected a DNS name or an IP address, found \"" + printable(given) + "\"");
  }
  if (X509_VERIFY_PARAM_set1_host(parameters, name.data(), name.size()) != 1 ||
      SSL_set_tlsext_host_name(connection, name.c_str()) != 1) {
    return openssl_failed(ErrorCode::kFailed, "no memory for a server's name");
  }
  return {};
}

Result<void, Error> expect_also(SSL* connection, std::string_view given) {
  const std::string name(given.ends_with('.') ? given.substr(0, given.size() - 1) : given);
  if (!is_dns_name(name)) {
    return fail(ErrorCode::kMalformed, "server name: expected a DNS name, found \"" + printable(given) + "\"");
  }
  if (X509_VERIFY_PARAM_add1_host(SSL_get0_param(connection), name.data(), name.size()) != 1) {
    return openssl_failed(ErrorCode::kFailed, "no memory for a server's name");
  }
  return {};
}

std::string subject_of(const X509* certificate) {
  char text[200] = "";
  if (certificate == nullptr || X509_NAME_oneline(X509_get_subject_name(certificate), text, sizeof(text)) == nullptr) {
    return {};
  }
  return printable(text);
}

}  // namespace redoubt::tls
