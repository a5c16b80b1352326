// SPDX-License-Identifier: Apache-2.0
//
// Between a process that wants evidence about itself (the attester) and LAS. A unix socket of type SOCK_SEQPACKET, one
// message a packet, one exchange a connection (design, section 6):
//
//   LAS ─► attester   LasChallenge       after LAS measured the peer through a pidfd
//   LAS ◄─ attester   LasRequest         with SCM_CREDENTIALS, the challenge repeated
//   LAS ─► attester   LasReply           after LAS measured again, and found the same
//
// A process that is refused at the first measurement gets its LasReply instead of the challenge: it begins with four zero
// bytes (no evidence), a challenge with its version.
#pragma once

#include <string_view>

#include "base/bytes.h"
#include "wire/codec.h"
#include "wire/problem.h"

namespace redoubt::wire {

inline constexpr uint16_t kLasVersion = 1;
inline constexpr size_t kLasLargestPacket = size_t{64} * 1024;

struct LasChallenge {
  uint16_t version = kLasVersion;
  ByteArray<32> challenge{};
};

struct LasRequest {
  uint16_t version = kLasVersion;
  ByteArray<32> challenge{};
  ByteArray<64> report_data{};  // attest/report_data.h
  bool debug = false;           // the run can be observed (--trace, keys in ordinary memory): the evidence says so
};

struct LasReply {
  ByteView evidence;          // empty when refused
  Problem problem;            // why
  std::string_view platform;  // what makes the evidence, for people: "simulated SGX (DCAP quote version 3)"
};

template <typename Archive>
bool fields(Archive& a, Of<Archive, LasChallenge>& m) {
  return a.number(m.version) && a.array(m.challenge);
}
template <typename Archive>
bool fields(Archive& a, Of<Archive, LasRequest>& m) {
  return a.number(m.version) && a.array(m.challenge) && a.array(m.report_data) && a.flag(m.debug);
}
template <typename Archive>
bool fields(Archive& a, Of<Archive, LasReply>& m) {
  return a.bytes(m.evidence) && fields(a, m.problem) && a.text(m.platform);
}

}  // namespace redoubt::wire
