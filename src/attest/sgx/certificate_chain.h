// SPDX-License-Identifier: Apache-2.0
//
// Path validation (RFC 5280, section 6) for the three chains of DCAP: PCK, TCB signing, PCK CRL issuer. They are short and
// every link has a fixed name (tee-formats 6.1), so the path is given and only checked. The names keep the roles apart: a
// PCK certificate, which every platform has the key of, can never sign TCB info. Times and revocation are not judged here.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attest/evidence_verifier.h"
#include "attest/finding.h"
#include "crypto/x509.h"

namespace redoubt::attest::sgx {

// The common names that each certificate may have, from the leaf up to the one that the root signs.
struct ChainShape {
  const char* check;  // the first word of findings: "pck-chain"
  std::vector<std::vector<std::string_view>> names;
};

const ChainShape& pck_chain_shape();
const ChainShape& tcb_signing_chain_shape();
const ChainShape& crl_issuer_chain_shape();

struct TrustedChain {
  std::vector<crypto::Certificate> certificates;  // leaf first; the root last when the chain has one of its own
  const TrustAnchor* anchor;

  const crypto::Certificate& leaf() const { return certificates.front(); }
};

// Checks a PEM text with the certificates of one chain, in any order, with or without the root. `already_trusted` holds
// certificates whose signatures were verified under one of the anchors: theirs are not verified again.
Checked<TrustedChain> verify_chain(std::string_view pem, const ChainShape& shape, std::span<const TrustAnchor> anchors,
                                   std::span<const crypto::Certificate> already_trusted);

}  // namespace redoubt::attest::sgx
