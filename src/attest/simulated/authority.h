// SPDX-License-Identifier: Apache-2.0
//
// The certificate authority of a platform that is made up, with the roles of Intel's (tee-formats 6.1):
//
//   root ─┬─ PCK CA ─── PCK certificate of a platform          root signs the root CRL, PCK CA the PCK CRL
//         └─ TCB signing ─── signs TCB info and QE identity
#pragma once

#include <string>
#include <vector>

#include "attest/collateral_file.h"
#include "crypto/issue.h"

namespace redoubt::attest::simulated {

struct KeyAndCertificate {
  crypto::P256SigningKey key;
  crypto::Certificate certificate;

  crypto::Issuer issuer() const { return {certificate, key}; }
};

struct AuthorityRequests {
  crypto::IssueRequest root, pck_ca, tcb_signing;
};

// What the authority says about its platforms today.
struct Statements {
  crypto::Validity validity;  // of the CRLs; the texts hold their own
  std::string tcb_info;
  std::string qe_identity;
  std::vector<Bytes> revoked_by_root;  // serial numbers
  std::vector<Bytes> revoked_by_pck_ca;
  bool chains_with_root = true;
};

struct Authority {
  KeyAndCertificate root, pck_ca, tcb_signing;

  static Result<Authority, Error> create(const AuthorityRequests& requests);

  Result<crypto::Certificate, Error> certify_platform(const crypto::IssueRequest& request,
                                                      const crypto::P256PublicKey& pck_key) const;
  Result<CollateralFile, Error> collateral(const Statements& statements) const;
  // PEM, leaf first.
  std::string pck_chain(const crypto::Certificate& pck, bool with_root = true) const;
};

}  // namespace redoubt::attest::simulated
