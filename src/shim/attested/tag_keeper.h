// SPDX-License-Identifier: Apache-2.0
//
// Tags of volumes to CAS (wire/instance_protocol.h). Each process has a connection of its own, made at its first tag and again
// after fork and exec: a TLS connection has one owner. One at a time in a process.
#pragma once

#include "volume/volume.h"
#include "wire/attest_protocol.h"

namespace redoubt::shim::attested {

class CasTagKeeper final : public volume::TagKeeper {
 public:
  CasTagKeeper(const ByteArray<16>& volume, uint64_t lease) : volume_(volume), lease_(lease) {}
  // EIO, and a line on standard error, when CAS refuses or cannot be reached for 10 s.
  Result<void> keep(const volume::Tag& tag) override;

 private:
  ByteArray<16> volume_;
  uint64_t lease_;
};

// Where CAS is, for later connections: kept with the state (state.h), through fork and exec.
struct CasAddress {
  std::string_view address;  // numeric, with port
  ByteArray<32> server_key;  // SHA-256 of the SubjectPublicKeyInfo that the evidence was bound to
};
void set_cas_address(const CasAddress& address);

// Before OpenSSL ends, when no tag follows.
void close_tag_connection();

// In a child of fork: the connection is the parent's.
void forget_connection_after_fork();

}  // namespace redoubt::shim::attested
