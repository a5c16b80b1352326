// SPDX-License-Identifier: Apache-2.0
//
// DCAP collateral as one JSON file: what Intel's certification service hands out about a family of platforms, so that
// evidence can be verified offline and at any time. One object; every member is a text or null (not published):
//
//   tcb_info, qe_identity                    the signed text, byte for byte as served (the inner object, no envelope)
//   tcb_info_signature, qe_identity_signature   64 bytes r || s, hex
//   tcb_info_issuer_chain, qe_identity_issuer_chain, pck_crl_issuer_chain   PEM, leaf first
//   pck_crl, root_ca_crl                     DER, hex; or PEM
//   pck_certificate_chain                    PEM; optional, for quotes that do not carry their PCK chain
//
// Other members are notes for people. A misspelt name is noticed where the member is missed: without a signed text
// nothing is genuine, and a CRL that is missing has to be tolerated.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace redoubt::attest {

struct CollateralFile {
  std::optional<std::string> tcb_info;
  std::optional<std::string> tcb_info_signature;
  std::optional<std::string> tcb_info_issuer_chain;
  std::optional<std::string> qe_identity;
  std::optional<std::string> qe_identity_signature;
  std::optional<std::string> qe_identity_issuer_chain;
  std::optional<std::string> pck_crl;
  std::optional<std::string> pck_crl_issuer_chain;
  std::optional<std::string> root_ca_crl;
  std::optional<std::string> pck_certificate_chain;
};

// Only the shape is checked here; what the texts say is the verifiers' business.
Result<CollateralFile, Error> parse_collateral_file(std::string_view json);

std::string as_json(const CollateralFile& file);

}  // namespace redoubt::attest
