// SPDX-License-Identifier: Apache-2.0
//
// The `network` section of a service as its runtime gets it: each rule with its identity (certificate, issuers below the root,
// private key) and its authority as PEM, so that the runtime looks nothing up. An authority is exactly the certificate of the
// x509-ca that the rule names: when that one is not a root, nothing above it is trusted.
//
// `server_name` is filled in where the address names one host. For a CIDR, `*` and "*.example.org" it stays empty: only the
// runtime knows which host it is about to speak to.
#pragma once

#include <deque>

#include "base/secret_bytes.h"
#include "cas/sessions/problem.h"
#include "cas/sessions/secret_source.h"
#include "policy/session.h"
#include "wire/attest_protocol.h"

namespace redoubt::cas {

// The texts that a wire::Network views. Its address must not change while one does.
using NetworkTexts = std::deque<SecretBytes>;

// `rules` and `texts` must outlive the result. kForbidden: a secret cannot be given, and why.
Answer<wire::Network> network_for(const policy::Network& rules, SecretSource& source, NetworkTexts& texts);

// That imported secrets are of the kinds that rules need, which only their sessions could tell. kInvalid names the first.
Answer<void> check_network(const policy::Session& session);

}  // namespace redoubt::cas
