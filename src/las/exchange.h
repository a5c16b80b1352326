// SPDX-License-Identifier: Apache-2.0
//
// One conversation of LAS with one process, as wire/las_protocol.h says: measure, challenge, request, measure again, evidence.
// Runs on a thread of its own; every wait has an end.
#pragma once

#include <string>

#include "attest/evidence_source.h"
#include "las/descriptor.h"
#include "las/known_hashes.h"
#include "las/process.h"
#include "las/refusal.h"

namespace redoubt::las {

// How long a process may take for its answer, in seconds.
inline constexpr int kPatience = 2;

// To be set on a connection before anything is sent: credentials with each packet, and the patience.
bool prepare_connection(const Descriptor& connection);

// Returns when the conversation is over. Logs one line.
void converse(const Descriptor& connection, const Peer& peer, const attest::EvidenceSource& source,
              KnownHashes& hashes);

// Refuses before there is a conversation. Never waits.
void turn_away(const Descriptor& connection, const attest::EvidenceSource& source, const Finding& why);

}  // namespace redoubt::las
