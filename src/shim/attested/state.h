// SPDX-License-Identifier: Apache-2.0
//
// What remains of an attested start while the program runs, and goes on through fork (the memory is shared or copied) and exec
// (process/handover.h). Written once, before the program runs; read by everybody.
//
// A state that exec hands over is believed because nothing follows from believing it: it grants nothing that its maker did
// not have. docs/threat-model.md, "A forged handover".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "shim/attested/failure.h"
#include "shim/attested/instance_key.h"

namespace redoubt::shim::attested {

struct State {
  std::string session;
  std::string service;
  std::string session_hash;
  const InstanceKey* instance_key = nullptr;
  std::string cas_address = {};  // numeric, with port: where connections for tags go (tag_keeper.h)
  ByteArray<32> cas_key{};       // SHA-256 of its SubjectPublicKeyInfo
};

struct CasAddress;
// A part of set_cas_address() (tag_keeper.h).
void keep_cas_address(const CasAddress& address);

// Null in an unattested run.
const State* state();
void set_state(State state);

// State, sealed memory's kind and the program's file namespace, for the next image. `out` is secret.
void save(std::vector<uint8_t>& out);
// In the next image: forbids inspection, and takes the state over. Fails for what save() did not write ("exec.handover"), and where
// memory is short.
Outcome<void> resume(ByteView saved);

}  // namespace redoubt::shim::attested
