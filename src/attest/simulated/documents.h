// SPDX-License-Identifier: Apache-2.0
//
// The two texts that a TCB signing certificate signs: TCB info, version 3, and QE identity, version 2 (tee-formats 6.2).
// They are made as texts, since their bytes are what is signed.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "crypto/x509.h"

namespace redoubt::attest::simulated {

// One member of tcbLevels: reached with the first component's SVN and the PCESVN. `advisories`: JSON texts with commas.
std::string tcb_level(unsigned first_svn, unsigned pce_svn, std::string_view status, std::string_view advisories = "");
// `levels`: as above, with commas between them, the highest first. PCEID is 0.
std::string tcb_info(const crypto::Validity& validity, const ByteArray<6>& fmspc, std::string_view levels);

std::string qe_level(unsigned isv_svn, std::string_view status);
// Of a quoting enclave with this signer and product 1; DEBUG must be clear.
std::string qe_identity(const crypto::Validity& validity, const ByteArray<32>& signer, std::string_view levels);

}  // namespace redoubt::attest::simulated
