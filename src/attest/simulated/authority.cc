// SPDX-License-Identifier: Apache-2.0
#include "attest/simulated/authority.h"

#include "crypto/hex.h"

namespace redoubt::attest::simulated {

using crypto::P256SigningKey;
using crypto::to_hex;
using crypto::to_pem;

Result<Authority, Error> Authority::create(const AuthorityRequests& requests) {
  P256SigningKey root_key = TRY(P256SigningKey::generate());
  P256SigningKey pck_ca_key = TRY(P256SigningKey::generate());
  P256SigningKey tcb_signing_key = TRY(P256SigningKey::generate());
  const crypto::Certificate root = TRY(crypto::issue_root(requests.root, root_key));
  const crypto::Issuer issuer{root, root_key};
  const auto pck_ca = TRY(crypto::issue_certificate(requests.pck_ca, pck_ca_key.public_key(), issuer));
  const auto tcb_signing = TRY(crypto::issue_certificate(requests.tcb_signing, tcb_signing_key.public_key(), issuer));
  return Authority{{root_key, root}, {pck_ca_key, pck_ca}, {tcb_signing_key, tcb_signing}};
}

Result<crypto::Certificate, Error> Authority::certify_platform(const crypto::IssueRequest& request,
                                                               const crypto::P256PublicKey& pck_key) const {
  return crypto::issue_certificate(request, pck_key, pck_ca.issuer());
}

Result<CollateralFile, Error> Authority::collateral(const Statements& statements) const {
  const auto tcb_signature = TRY(tcb_signing.key.sign(as_bytes(statements.tcb_info)));
  const auto qe_signature = TRY(tcb_signing.key.sign(as_bytes(statements.qe_identity)));
  const Bytes root_crl = TRY(crypto::issue_crl(root.issuer(), statements.validity, statements.revoked_by_root));
  const Bytes pck_crl = TRY(crypto::issue_crl(pck_ca.issuer(), statements.validity, statements.revoked_by_pck_ca));
  const std::string root_pem = statements.chains_with_root ? to_pem(root.certificate) : "";
  CollateralFile file;
  file.tcb_info = statements.tcb_info;
  file.tcb_info_signature = to_hex(tcb_signature);
  file.tcb_info_issuer_chain = to_pem(tcb_signing.certificate) + root_pem;
  file.qe_identity = statements.qe_identity;
  file.qe_identity_signature = to_hex(qe_signature);
  file.qe_identity_issuer_chain = file.tcb_info_issuer_chain;
  file.root_ca_crl = to_hex(root_crl);
  file.pck_crl = to_hex(pck_crl);
  file.pck_crl_issuer_chain = to_pem(pck_ca.certificate) + root_pem;
  return file;
}

std::string Authority::pck_chain(const crypto::Certificate& pck, bool with_root) const {
  return to_pem(pck) + to_pem(pck_ca.certificate) + (with_root ? to_pem(root.certificate) : "");
}

}  // namespace redoubt::attest::simulated
