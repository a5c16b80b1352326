// SPDX-License-Identifier: Apache-2.0
//
// How a running instance shows on another connection that it is the one whose evidence was accepted: it signs, with the key that the
// evidence covered, what is good for this connection, this CAS and this challenge only (wire/instance_protocol.h). Whether CAS has
// anything for that key is the leases' business.
#pragma once

#include "base/bytes.h"
#include "cas/sessions/problem.h"
#include "wire/instance_protocol.h"

namespace redoubt::cas {

struct InstanceChannel {
  const ByteArray<32>& exporter;  // of this connection, by kInstanceExporterLabel
  const ByteArray<32>& cas_key;   // SHA-256 of CAS's SubjectPublicKeyInfo
  const ByteArray<32>& nonce;     // of this connection's challenge
};

// SHA-256 of the instance's key. kMalformed: the request; kForbidden "instance.signature".
Answer<ByteArray<32>> verify_instance(const InstanceChannel& channel, ByteView request);

// What is signed.
Bytes instance_message(const InstanceChannel& channel);

}  // namespace redoubt::cas
