// SPDX-License-Identifier: Apache-2.0
//
// Sockets of an attested program: which addresses may be used, which speak TLS, and the TLS itself (tls/endpoint.h). The program
// keeps making plain calls. Rules and identities come from CAS; without a `network` section in the session nothing here is active
// and sockets are the kernel's.
//
// dispatch.cc asks intercept() for every call while is_active(). A descriptor is shielded from bind, connect or accept on;
// everything else goes its way after one look at a bit.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "shim/attested/failure.h"
#include "shim/syscalls/call.h"
#include "wire/attest_protocol.h"

namespace redoubt::shim::net {

extern constinit bool active;
inline bool is_active() { return active; }

// Before the program runs. Keys are copied into sealed memory; OpenSSL must be there to stay (attested/openssl_start.h).
attested::Outcome<void> start(const wire::Network& network);

// The result of the call, or nothing when its row decides.
std::optional<int64_t> intercept(Call& call);
// Whether the shield has a say in a call.
bool lists(uint64_t number);

// Around fork, inside ForkLock: every connection becomes unclaimed, and the first process that uses it owns it.
void before_fork();
void after_fork(bool is_child);

// Across exec: rules and identities. Listening sockets go on; connections do not (their first use is EIO and a log line).
void save(std::vector<uint8_t>& out);
Result<void> restore(ByteView saved);

}  // namespace redoubt::shim::net
