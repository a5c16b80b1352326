// SPDX-License-Identifier: Apache-2.0
//
// What a quoting enclave does (tee-formats 5.3): has its attestation key certified once, then signs reports with it.
//
//   quote = header and report │ u32 size │ signature │ attestation key │ certification
//   certification = QE report │ its signature by the PCK key │ u16 n, QE auth data │ u16 type, u32 m, certification data
//
// The certification is the same in all quotes of a key. The PCK key is needed for it only, so a node that makes quotes
// need not have it.
#pragma once

#include "attest/sgx/quote_format.h"
#include "base/bytes.h"
#include "base/error.h"
#include "crypto/signing_key.h"

namespace redoubt::attest::simulated {

// The enclave that signs: not Intel's, and it says so in MRSIGNER (SHA-256 of a text), which the QE identity repeats.
const ByteArray<32>& quoting_enclave_signer();
inline constexpr uint16_t kQuotingEnclaveSvn = 8;

// The quoting enclave's report over its attestation key.
sgx::ReportBody qe_report_of(const crypto::P256PublicKey& attestation_key, ByteView qe_auth_data);

struct CertificationParts {
  sgx::ReportBody qe_report;
  Bytes qe_auth_data;
  sgx::CertificationDataType type;
  Bytes data;  // PEM of the PCK chain, for kPckChainPem
};
Result<Bytes, Error> certify_attestation_key(const CertificationParts& parts, const crypto::P256SigningKey& pck_key);

// The header of every quote made here.
sgx::QuoteV3Header quote_header();

Result<Bytes, Error> make_quote(const sgx::SignedPartV3& signed_part, const crypto::P256SigningKey& attestation_key,
                                ByteView certification);

}  // namespace redoubt::attest::simulated
