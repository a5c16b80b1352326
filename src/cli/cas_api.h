// SPDX-License-Identifier: Apache-2.0
//
// The routes of CAS as functions (docs/cas.md): the one place of the command line that spells targets and reads answers.
// A refusal becomes an error that names the check, what CAS expected and found, and what to do. Text from CAS is made
// printable before a terminal sees it: a CAS that is not trusted yet must not be able to write escape sequences.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/cas_client.h"
#include "cli/error.h"

namespace redoubt::cli {

// How refusals are shown.
struct Showing {
  bool json = false;  // CAS's own problem+json, to standard output
  std::string file;   // which session file mistakes are about; empty: none
};

struct StoredSession {
  std::string hash;
  bool created = false;
  std::string warnings;  // lines for people; empty: none
};

Result<StoredSession> put_session(CasClient& cas, const std::string& name, const std::string& yaml,
                                  const std::vector<std::string>& signatures, const Showing& showing);
Result<std::string> get_session(CasClient& cas, const std::string& name, const Showing& showing);       // its YAML
Result<std::string> get_session_hash(CasClient& cas, const std::string& name, const Showing& showing);  // 64 digits
// All names, over as many requests as it takes.
Result<std::vector<std::string>> list_sessions(CasClient& cas, const std::string& prefix, const Showing& showing);
Result<std::string> get_public_value(CasClient& cas, const std::string& session, const std::string& secret,
                                     const std::string& form, const Showing& showing);

struct StoredVolume {
  std::string name, state, files, key, import, id, instance, tag;  // as docs/cas.md says; empty: there is none
  bool in_session = true;
  uint64_t lease = 0;
  uint64_t changed = 0;  // seconds since 1970
  uint64_t tag_sequence = 0;
};
struct StoredVolumes {
  std::vector<StoredVolume> volumes;
  std::string json;  // CAS's answer, for scripts
};
Result<StoredVolumes> list_volumes(CasClient& cas, const std::string& session, const Showing& showing);
// The id that was forgotten; empty: nobody had used the volume.
Result<std::string> forget_volume(CasClient& cas, const std::string& session, const std::string& volume,
                                  bool trust_contents, const std::vector<std::string>& signatures,
                                  const Showing& showing);

struct CasDescription {
  std::string key;  // as CAS states it
  std::string version;
  bool simulated = false;          // it accepts simulated evidence from sessions that tolerate it
  std::vector<std::string> roots;  // whom it trusts for evidence: "SHA-256 SUBJECT", " (simulated)" where that is so
};
Result<CasDescription> get_identity(CasClient& cas, const Showing& showing);
Result<std::string> get_audit_key(CasClient& cas, const Showing& showing);  // PEM
// Whether GET `target` ("/healthz", "/readyz") answers 200.
Result<bool> answers_well(CasClient& cas, const std::string& target);

// Percent-encoded, as RFC 3986 says; '/' stays when `path`.
std::string encode_for_url(std::string_view text, bool path);

// Without control characters (C0 and C1), which become '?'; line ends and tabs stay when `lines`.
std::string printable(std::string_view text, bool lines = false);

// What a problem says, for people; without a line end.
std::string describe_problem(const CasReply& reply, const Showing& showing);

}  // namespace redoubt::cli
