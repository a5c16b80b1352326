// SPDX-License-Identifier: Apache-2.0
//
// The simulated platform of `redoubt simulate`: everything that Intel and a machine with SGX have, made up under a root of
// its own. Its quotes are genuine in form, and prove nothing to anybody who was not given that root as a simulated one. The
// names below the root must be Intel's, since verifiers check them; the organisation of all says what they are.
//
// What its quotes say about a process (the relying party compares them with its session):
//   MRENCLAVE   SHA-256 of the executable file's bytes        ISVPRODID 0, ISVSVN 1
//   MRSIGNER    SHA-256 of kProcessSignerLabel                ATTRIBUTES INIT, MODE64BIT; DEBUG when the run can be observed
#pragma once

#include <string_view>

#include "attest/evidence_source.h"
#include "attest/simulated/authority.h"
#include "attest/simulated/quoting.h"
#include "base/utc_time.h"

namespace redoubt::attest::simulated {

inline constexpr std::string_view kOrganisation = "Redoubt simulated platform";
inline constexpr std::string_view kProcessSignerLabel = "Redoubt platform process, simulated";
inline constexpr uint16_t kProcessProductId = 0;
inline constexpr uint16_t kProcessSvn = 1;
inline constexpr ByteArray<6> kFmspc = {'S', 'I', 'M', 'U', 'L', 1};

const ByteArray<32>& process_signer();  // the MRSIGNER

inline constexpr std::chrono::days kCertificateLifetime{3653};  // ten years
// Clocks of nodes and CAS may differ: everything is valid from a little before it was made.
inline constexpr std::chrono::minutes kClockTolerance{10};

// What makes quotes on a node.
struct QuotingKey {
  crypto::P256SigningKey attestation_key;
  Bytes certification;  // quoting.h
};

struct Platform {
  Authority authority;
  QuotingKey quoting;
};

Result<Platform, Error> make_platform(UtcTime now);

// TCB info, QE identity and CRLs that are valid for that long.
Result<CollateralFile, Error> make_collateral(const Authority& authority, UtcTime now, std::chrono::days valid_for);

// As the comment above says.
sgx::SignedPartV3 signed_part_of(const ProcessClaims& claims, const ByteArray<64>& report_data);

}  // namespace redoubt::attest::simulated
