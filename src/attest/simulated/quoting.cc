// SPDX-License-Identifier: Apache-2.0
#include "attest/simulated/quoting.h"

#include <algorithm>
#include <type_traits>

#include "crypto/hash.h"

namespace redoubt::attest::simulated {
namespace {

template <typename T>
void append(Bytes& out, const T& value) {
  static_assert(std::is_trivially_copyable_v<T> && alignof(T) == 1);
  const auto* start = reinterpret_cast<const uint8_t*>(&value);
  out.insert(out.end(), start, start + sizeof(value));
}

void append_view(Bytes& out, ByteView bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

}  // namespace

const ByteArray<32>& quoting_enclave_signer() {
  static const ByteArray<32> signer = crypto::sha256(as_bytes("Redoubt simulated platform: quoting enclave"));
  return signer;
}

sgx::ReportBody qe_report_of(const crypto::P256PublicKey& attestation_key, ByteView qe_auth_data) {
  sgx::ReportBody report{};
  report.attributes.flags = sgx::kAttributeInit | sgx::kAttributeMode64Bit | sgx::kAttributeProvisionKey;
  report.attributes.xfrm = sgx::kXfrmX87AndSse;
  report.mrsigner = quoting_enclave_signer();
  report.isv_prod_id = 1;
  report.isv_svn = kQuotingEnclaveSvn;
  std::ranges::copy(crypto::sha256({attestation_key.coordinates(), qe_auth_data}), report.report_data.begin());
  return report;
}

Result<Bytes, Error> certify_attestation_key(const CertificationParts& parts, const crypto::P256SigningKey& pck_key) {
  Bytes out;
  append(out, parts.qe_report);
  const ByteArray<64> signature = TRY(pck_key.sign(out));
  append(out, signature);
  append(out, U16Le(static_cast<uint16_t>(parts.qe_auth_data.size())));
  append_view(out, parts.qe_auth_data);
  append(out, U16Le(static_cast<uint16_t>(parts.type)));
  append(out, U32Le(static_cast<uint32_t>(parts.data.size())));
  append_view(out, parts.data);
  return out;
}

sgx::QuoteV3Header quote_header() {
  sgx::QuoteV3Header header{};
  header.version = sgx::kQuoteVersion3;
  header.attestation_key_type = sgx::kEcdsaP256;
  header.qe_svn = kQuotingEnclaveSvn;
  header.qe_vendor_id = sgx::kIntelQeVendorId;
  return header;
}

Result<Bytes, Error> make_quote(const sgx::SignedPartV3& signed_part, const crypto::P256SigningKey& attestation_key,
                                ByteView certification) {
  Bytes out;
  append(out, signed_part);
  const ByteArray<64> signature = TRY(attestation_key.sign(out));
  const ByteArray<64> key = attestation_key.public_key().coordinates();
  append(out, U32Le(static_cast<uint32_t>(sizeof(signature) + sizeof(key) + certification.size())));
  append(out, signature);
  append(out, key);
  append_view(out, certification);
  return out;
}

}  // namespace redoubt::attest::simulated
