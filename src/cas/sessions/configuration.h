// SPDX-License-Identifier: Apache-2.0
//
// What an attested program gets, as messages of wire/attest_protocol.h: the manifest of its code, and its arguments, environment
// and files filled with secrets. Nothing is decided here but whether the session's texts can be filled; what they are filled with
// is wiped when the message has been written.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/secret_bytes.h"
#include "base/utc_time.h"
#include "cas/secrets/material.h"
#include "cas/sessions/problem.h"
#include "cas/sessions/rendered_forms.h"
#include "cas/sessions/volume_leases.h"
#include "policy/session.h"

namespace redoubt::cas {

// What the launcher gave: the host's, to be believed in nothing.
struct HostValues {
  std::vector<std::string> arguments;
  std::vector<std::pair<std::string, std::string>> environment;
};

struct Recipient {
  const policy::Session& session;  // kinds of imported secrets resolved
  const policy::Service& service;  // of it
  const Materials& materials;      // imported ones included
  const RenderedForms& forms;      // of those that are not imported
  const std::string& session_hash;
  UtcTime now;
};

// A service that can be given to nobody, since it has no code or no command: kForbidden.
Answer<void> check_can_start(const policy::Service& service);

SecretBytes encode_manifest(const policy::Session& session, const policy::Service& service);

// kForbidden: a text cannot be filled, and why. kTooLarge: more than an answer holds. `take_volumes` is called last, when nothing
// else can be refused any more, for it ends what other instances may do; `leases` gets how many volumes it gave.
Answer<SecretBytes> encode_configuration(const Recipient& recipient, const HostValues& host,
                                         const std::function<Answer<GivenVolumes>()>& take_volumes, size_t& leases);

// Fills templates of the service's injection files that are read from the file system, each at most once: `filled` has the paths
// that were, and gets those of this request. kMalformed: the request; kForbidden: no such file, or a secret it may not name.
Answer<SecretBytes> encode_templates(const Recipient& recipient, ByteView request, std::set<std::string>& filled);

}  // namespace redoubt::cas
