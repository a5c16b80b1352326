// SPDX-License-Identifier: Apache-2.0
//
// Taking an SGX quote apart. Nothing here is believed yet: sgx/verifier checks the signatures.
#pragma once

#include "attest/finding.h"
#include "attest/sgx/quote_format.h"
#include "base/bytes.h"

namespace redoubt::attest::sgx {

struct Quote {
  SignedPartV3 signed_part;
  AuthDataV3 auth;
  // The following are views into the bytes the quote was parsed from.
  ByteView signed_bytes;
  ByteView certification;  // all that vouches for the attestation key: the auth data behind it
  ByteView qe_report_bytes;
  ByteView qe_auth_data;
  CertificationDataType certification_type;
  ByteView certification_data;
};

// Whether the bytes start as an SGX quote of a version parse_quote knows.
bool looks_like_quote(ByteView bytes);

// Checks versions, types, the vendor and every length. `bytes` must outlive the quote.
Checked<Quote> parse_quote(ByteView bytes);

}  // namespace redoubt::attest::sgx
