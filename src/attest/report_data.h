// SPDX-License-Identifier: Apache-2.0
//
// What an attester puts into the report data of its evidence, so that the evidence is good for one TLS connection, one
// instance key, one CAS and one challenge only (design, section 6). Both ends compute it from what they see themselves; whoever
// forwards a genuine quote over a connection of his own has another exporter value.
#pragma once

#include "base/bytes.h"

namespace redoubt::attest {

// For SSL_export_keying_material (RFC 8446, 7.5), without a context; 32 bytes.
inline constexpr char kExporterLabel[] = "EXPORTER-Redoubt-Attestation-1";

struct ChannelBinding {
  ByteArray<32> exporter;      // of the TLS connection
  ByteArray<64> instance_key;  // P-256, x || y
  ByteArray<32> cas_key;       // SHA-256 of CAS's SubjectPublicKeyInfo
  ByteArray<32> nonce;         // CAS's challenge
};

// SHA-512 over a label, its version, and the members in their order.
ByteArray<64> report_data_of(const ChannelBinding& binding);

}  // namespace redoubt::attest
