// SPDX-License-Identifier: Apache-2.0
//
// A simulated platform on disk: what `redoubt simulate` writes, LAS and CAS read. The directory is its owner's only (0700).
//
//   README                        says that all this is simulated
//   root.pem, collateral.json     for CAS (--simulated-root, --collateral) and `redoubt attest verify`; public
//   platform/attestation.key      0600; LAS signs quotes with it
//   platform/certification.bin    why it may: the end of every quote (quoting.h)
//   authority/{root,pck-ca,tcb-signing}.{key,pem}   keys 0600; to renew collateral.json, needed by nobody else
#pragma once

#include <string>

#include "attest/simulated/platform.h"

namespace redoubt::attest::simulated {

// kFailed when the directory exists and is not empty, or cannot be written.
Result<void, Error> write_directory(const std::string& path, const Platform& platform,
                                    const CollateralFile& collateral);

Result<Authority, Error> read_authority(const std::string& path);
// At once or not at all: readers see the old file or the new one.
Result<void, Error> replace_collateral(const std::string& path, const CollateralFile& collateral);

// Refuses a key that others may read.
Result<QuotingKey, Error> read_quoting_key(const std::string& path);

// Whether root, collateral and quoting key fit together at this time: a quote is made and verified. An error says why not.
Result<void, Error> check_directory(const std::string& path, const EvidenceSource& source, UtcTime now);

}  // namespace redoubt::attest::simulated
