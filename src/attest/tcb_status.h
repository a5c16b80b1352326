// SPDX-License-Identifier: Apache-2.0
//
// How up to date a platform is, in Intel's words (tee-formats 6.4): the status of a TCB level, and how the statuses of
// platform and quoting enclave make one.
#pragma once

#include <optional>
#include <string_view>

namespace redoubt::attest {

enum class TcbStatus {
  kUpToDate,
  kSwHardeningNeeded,
  kConfigurationNeeded,
  kConfigurationAndSwHardeningNeeded,
  kOutOfDate,
  kOutOfDateConfigurationNeeded,
  kRevoked,
};

std::string_view name_of(TcbStatus status);
// nullopt for a word that is none of them; Intel's spelling exactly.
std::optional<TcbStatus> tcb_status_from_name(std::string_view name);

// The status of a platform whose quoting enclave (or TDX module) has the status `component`.
TcbStatus combine(TcbStatus platform, TcbStatus component);

}  // namespace redoubt::attest
