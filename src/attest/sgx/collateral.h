// SPDX-License-Identifier: Apache-2.0
//
// SGX collateral whose signatures have been verified. Made once and used for many quotes: what remains for a quote is
// three signatures. Validity in time is not judged here but kept as windows, since it depends on when a quote is verified.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "attest/collateral_file.h"
#include "attest/evidence_verifier.h"
#include "attest/finding.h"
#include "attest/sgx/qe_identity.h"
#include "attest/sgx/tcb_info.h"
#include "crypto/x509.h"

namespace redoubt::attest::sgx {

// When one thing that the verdict rests on is valid.
struct Window {
  std::string what;  // "TCB info", "certificate \"Intel SGX TCB Signing\""
  crypto::Validity validity;
};

struct Collateral {
  TcbInfo tcb_info;
  QeIdentity qe_identity;
  std::optional<crypto::RevocationList> root_crl;  // signed by the anchor
  std::optional<crypto::RevocationList>
      pck_crl;  // its signature is verified with the PCK chain that is checked against it
  std::optional<crypto::P256PublicKey> pck_crl_key;  // the issuer's, when pck_crl was verified with it already
  std::optional<std::string> pck_chain;              // PEM, for quotes without one
  std::vector<crypto::Certificate> trusted;          // authorities and roots that were verified under the anchor
  std::vector<Window> windows;
  const TrustAnchor* anchor;  // the root of everything here
};

// Verifies signatures, chains and that no signer is revoked. `anchors` must outlive the result.
Checked<Collateral> prepare_collateral(const CollateralFile& file, std::span<const TrustAnchor> anchors);

// A CRL as collateral has it, DER in hex or PEM. `name` is for messages.
Checked<std::optional<crypto::RevocationList>> parse_crl(const std::optional<std::string>& text, const char* name);

// kRevoked as a finding when `crl` lists the certificate; fine when there is no CRL.
Checked<void> check_not_revoked(const crypto::Certificate& certificate,
                                const std::optional<crypto::RevocationList>& crl);

}  // namespace redoubt::attest::sgx
