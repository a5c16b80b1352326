// SPDX-License-Identifier: Apache-2.0
//
// What a running instance says to CAS after its start. On the connection of the attestation the instance is known; on every other
// (reconnect, forked and exec'd processes, which have connections of their own) it introduces itself first:
//
//   POST /v1/instance/challenge   empty            ─► ChallengeReply
//   POST /v1/instance             InstanceHello    ─► (empty)            then, any number of times:
//   POST /v1/volumes/tag          VolumeTagRequest ─► (empty)            the tag is durable
//
// The signature (ECDSA P-256 with SHA-256, by the instance key that the evidence covered, r || s) is over a label, the exporter of
// this connection, the SHA-256 of CAS's public key and the challenge: it is good for one connection. CAS knows instances as long as
// their leases are the newest of a volume; the lease decides, not the connection. A refused tag is a Problem: volume.lease (another
// instance has opened the volume since), volume.tag (not later than the one that is kept).
#pragma once

#include "base/bytes.h"
#include "wire/attest_protocol.h"

namespace redoubt::wire {

inline constexpr char kInstanceExporterLabel[] = "EXPORTER-Redoubt-Instance-1";
inline constexpr std::string_view kInstanceSignatureLabel = "redoubt instance 1";

struct InstanceHello {
  uint16_t version = kAttestVersion;
  ByteArray<64> instance_key{};  // P-256, x || y
  ByteArray<64> signature{};     // r || s over kInstanceSignatureLabel || exporter (32) || cas key (32) || nonce (32)
};

struct VolumeTagRequest {
  ByteArray<16> volume{};
  uint64_t lease = 0;
  VolumeTag tag;
};

template <typename Archive>
bool fields(Archive& a, Of<Archive, InstanceHello>& m) {
  return a.number(m.version) && a.array(m.instance_key) && a.array(m.signature);
}
template <typename Archive>
bool fields(Archive& a, Of<Archive, VolumeTagRequest>& m) {
  return a.array(m.volume) && a.number(m.lease) && fields(a, m.tag);
}

}  // namespace redoubt::wire
