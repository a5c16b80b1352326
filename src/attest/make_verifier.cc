// SPDX-License-Identifier: Apache-2.0
#include "attest/make_verifier.h"

#include <string>

#include "attest/collateral_file.h"
#include "attest/sgx/verifier.h"

namespace redoubt::attest {

Result<std::unique_ptr<EvidenceVerifier>, Error> make_verifier(std::string_view root, std::string_view collateral_json,
                                                               bool simulated) {
  auto certificate = crypto::Certificate::from_pem_or_der(as_bytes(root));
  if (!certificate) return std::unexpected(std::move(certificate.error()).in("root certificate"));
  const auto file = parse_collateral_file(collateral_json);
  if (!file) return std::unexpected(Error(file.error()).in("collateral"));
  std::vector<TrustAnchor> anchors;
  anchors.push_back({*std::move(certificate), simulated});
  auto verifier = std::make_unique<sgx::Verifier>(*file, std::move(anchors));
  if (const Finding* problem = verifier->collateral_problem()) {
    return fail(ErrorCode::kUnauthentic, "collateral: " + problem->check + ": expected " + problem->expected +
                                             ", found " + problem->actual + "; " + problem->remedy);
  }
  return verifier;
}

}  // namespace redoubt::attest
