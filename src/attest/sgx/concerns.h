// SPDX-License-Identifier: Apache-2.0
//
// What a relying party may mind about a genuine SGX quote (tee-formats 6.4, 6.6), each as a concern with its remedy.
#pragma once

#include <span>
#include <vector>

#include "attest/appraisal.h"
#include "attest/sgx/collateral.h"

namespace redoubt::attest::sgx {

// The status, and every advisory that applies.
void add_tcb_concerns(const Tcb& tcb, std::vector<Concern>& concerns);
// Debug, a report without INIT, and the signer whose key everybody has.
void add_enclave_concerns(const Claims& claims, std::vector<Concern>& concerns);
// CRLs that are missing, and a simulated root.
void add_collateral_concerns(const Collateral& collateral, std::vector<Concern>& concerns);
// Everything that is not valid at `at`; fills the appraisal's validity.
void add_time_concerns(std::span<const Window> windows, UtcTime at, Appraisal& appraisal);

}  // namespace redoubt::attest::sgx
