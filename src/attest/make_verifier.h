// SPDX-License-Identifier: Apache-2.0
//
// From what an operator has in files to a verifier: the root he trusts and the collateral of one family of platforms.
#pragma once

#include <memory>
#include <string_view>

#include "attest/evidence_verifier.h"
#include "base/error.h"

namespace redoubt::attest {

// For SGX DCAP quotes of the platforms that `collateral_json` (collateral_file.h) is about. `root`: one certificate, PEM or
// DER; `simulated` marks all evidence under it. The collateral is verified here: kUnauthentic when it is not genuine under
// this root, so that an operator's mistake shows at the start and not with the first quote. Times are judged with each quote.
Result<std::unique_ptr<EvidenceVerifier>, Error> make_verifier(std::string_view root, std::string_view collateral_json,
                                                               bool simulated);

}  // namespace redoubt::attest
