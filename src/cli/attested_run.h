// SPDX-License-Identifier: Apache-2.0
//
// The launcher's half of an attested run: finds out where CAS and LAS are and which configuration is wanted, and becomes
// `redoubt-run --attested=FD -- ARG...`, FD a sealed memory file with a wire::LaunchRequest. Passwords and tokens travel in that
// file only, and are taken out of the environment: what is in argv or the environment of a process, root can read.
// The runtime trusts none of it (wire/launch_request.h); what the launcher checks, it checks to tell people early.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/cas_options.h"
#include "cli/config_id.h"
#include "cli/error.h"

namespace redoubt::cli {

struct AttestedOptions : CasOptions {
  std::string session;  // --session
  std::string las;      // --las
  bool insecure_unsealed_keys = false;
  int patch_after = -1;  // --patch-after, 0 with --no-patch; -1: the runtime's own choice
};

// How the run is watched; the same for unattested runs. The paths are absolute, or empty.
struct Observation {
  bool quiet = false;
  bool trace = false;
  bool stats = false;
  std::string trace_output;
  std::string stats_output;
  std::string trace_filter;  // checked
};

// The configuration that --session, REDOUBT_CONFIG_ID or SCONE_CONFIG_ID asks for; nullopt: none, the run is unattested.
Result<std::optional<ConfigId>> wanted_configuration(const AttestedOptions& options);

// Returns only when it failed. `arguments` are for the session's @@1, @@2, ...
Result<ExitStatus> run_attested(const AttestedOptions& options, const ConfigId& id, const Observation& observation,
                                const std::vector<std::string>& arguments);

}  // namespace redoubt::cli
