// SPDX-License-Identifier: Apache-2.0
//
// What a PCK certificate says of its platform: the extension 1.2.840.113741.1.13.1, a SEQUENCE of (OID, value) pairs
// (tee-formats 6.1). The TCB numbers in it, not those in the quote, decide the TCB level.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/error.h"
#include "crypto/x509.h"

namespace redoubt::attest::sgx {

inline constexpr const char* kPckExtensionOid = "1.2.840.113741.1.13.1";

struct PckExtension {
  ByteArray<16> ppid;
  ByteArray<16> component_svns;
  uint16_t pce_svn;
  ByteArray<16> cpu_svn;
  ByteArray<2> pce_id;
  ByteArray<6> fmspc;
  uint8_t sgx_type;  // 0 standard, 1 scalable, 2 scalable with integrity
  // Only in certificates of the platform CA.
  std::optional<ByteArray<16>> platform_instance_id;
  std::optional<bool> dynamic_platform;
  std::optional<bool> cached_keys;
  std::optional<bool> simultaneous_multithreading;
};

// From the extension's content. Every item exactly once, no item that is not known.
Result<PckExtension, Error> parse_pck_extension(ByteView der);

Result<PckExtension, Error> pck_extension_of(const crypto::Certificate& certificate);

}  // namespace redoubt::attest::sgx
