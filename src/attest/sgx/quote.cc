// SPDX-License-Identifier: Apache-2.0
#include "attest/sgx/quote.h"

#include <cstring>
#include <string>
#include <type_traits>

#include "crypto/hex.h"

namespace redoubt::attest::sgx {
namespace {

constexpr const char* kGetAnother = "get a fresh quote from the quoting service and pass it on unchanged";

// Takes pieces off the front; `what` names the piece in the error.
class Cursor {
 public:
  explicit Cursor(ByteView bytes) : rest_(bytes) {}

  size_t left() const { return rest_.size(); }

  Checked<ByteView> take(size_t size, const char* what) {
    if (rest_.size() < size) {
      return not_genuine("quote.length", std::to_string(size) + " bytes of " + what,
                         std::to_string(rest_.size()) + " bytes left", kGetAnother);
    }
    const ByteView piece = rest_.first(size);
    rest_ = rest_.subspan(size);
    return piece;
  }

  template <typename T>
  Checked<T> take(const char* what) {
    static_assert(std::is_trivially_copyable_v<T> && alignof(T) == 1);
    const ByteView piece = TRY(take(sizeof(T), what));
    T value;
    std::memcpy(&value, piece.data(), sizeof(T));
    return value;
  }

 private:
  ByteView rest_;
};

Checked<void> check_header(const QuoteV3Header& header) {
  const auto mismatch = [](const char* check, std::string expected, std::string actual, const char* remedy) {
    return not_genuine(check, std::move(expected), std::move(actual), remedy);
  };
  if (header.version != kQuoteVersion3) {
    return mismatch("quote.version", "3", std::to_string(header.version),
                    "give an SGX quote of version 3; other versions are not implemented");
  }
  if (header.attestation_key_type != kEcdsaP256) {
    return mismatch("quote.key-type", "2 (ECDSA P-256)", std::to_string(header.attestation_key_type),
                    "ask the quoting service for an ECDSA P-256 quote (algorithm 2)");
  }
  if (header.tee_type != kTeeTypeSgx) {
    return mismatch("quote.tee-type", "0 (SGX)", std::to_string(header.tee_type), "give an SGX quote");
  }
  if (header.qe_vendor_id != kIntelQeVendorId) {
    return mismatch("quote.vendor", crypto::to_hex(kIntelQeVendorId), crypto::to_hex(header.qe_vendor_id),
                    "give a quote made by Intel's quoting enclave");
  }
  return {};
}

}  // namespace

bool looks_like_quote(ByteView bytes) {
  QuoteV3Header header;
  if (bytes.size() < sizeof(header)) return false;
  std::memcpy(&header, bytes.data(), sizeof(header));
  return header.version == kQuoteVersion3 && header.tee_type == kTeeTypeSgx;
}

Checked<Quote> parse_quote(ByteView bytes) {
  Quote quote;
  Cursor cursor(bytes);
  // The header first: a quote of another version has another length.
  TRY_VOID(check_header(TRY(Cursor(bytes).take<QuoteV3Header>("quote header"))));
  quote.signed_bytes = TRY(cursor.take(sizeof(SignedPartV3), "quote header and report body"));
  std::memcpy(&quote.signed_part, quote.signed_bytes.data(), sizeof(SignedPartV3));
  const U32Le auth_size = TRY(cursor.take<U32Le>("auth data size"));
  const ByteView auth_data = TRY(cursor.take(auth_size, "auth data"));
  Cursor auth(auth_data);

  const ByteView fixed = TRY(auth.take(sizeof(AuthDataV3), "signatures and QE report"));
  std::memcpy(&quote.auth, fixed.data(), sizeof(AuthDataV3));
  quote.certification = auth_data.subspan(offsetof(AuthDataV3, qe_report));
  quote.qe_report_bytes = fixed.subspan(offsetof(AuthDataV3, qe_report), sizeof(ReportBody));
  const U16Le qe_auth_size = TRY(auth.take<U16Le>("QE auth data size"));
  quote.qe_auth_data = TRY(auth.take(qe_auth_size, "QE auth data"));
  const U16Le type = TRY(auth.take<U16Le>("certification data type"));
  if (type < static_cast<uint16_t>(CertificationDataType::kPpidPlain) ||
      type > static_cast<uint16_t>(CertificationDataType::kPckChainPem)) {
    return not_genuine("quote.certification-type", "1 to 5", std::to_string(type), kGetAnother);
  }
  quote.certification_type = static_cast<CertificationDataType>(static_cast<uint16_t>(type));
  const U32Le certification_size = TRY(auth.take<U32Le>("certification data size"));
  quote.certification_data = TRY(auth.take(certification_size, "certification data"));
  if (auth.left() != 0) {
    return not_genuine("quote.length", "auth data that ends with its certification data",
                       std::to_string(auth.left()) + " bytes more", kGetAnother);
  }
  return quote;
}

}  // namespace redoubt::attest::sgx
