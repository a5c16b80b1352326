// SPDX-License-Identifier: Apache-2.0
//
// The SGX extension of a PCK certificate, written as Intel's certificate authority writes it (tee-formats 6.1).
#pragma once

#include "attest/sgx/pck_extension.h"
#include "base/bytes.h"

namespace redoubt::attest::simulated {

// DER. What `extension` leaves out (platform instance and configuration) is left out.
Bytes make_pck_extension(const sgx::PckExtension& extension);

}  // namespace redoubt::attest::simulated
