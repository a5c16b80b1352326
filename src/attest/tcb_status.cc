// SPDX-License-Identifier: Apache-2.0
#include "attest/tcb_status.h"

namespace redoubt::attest {
namespace {

using enum TcbStatus;

struct Row {
  TcbStatus status;
  std::string_view name;
  TcbStatus with_outdated_component;
};

constexpr Row kRows[] = {
    {kUpToDate, "UpToDate", kOutOfDate},
    {kSwHardeningNeeded, "SWHardeningNeeded", kOutOfDate},
    {kConfigurationNeeded, "ConfigurationNeeded", kOutOfDateConfigurationNeeded},
    {kConfigurationAndSwHardeningNeeded, "ConfigurationAndSWHardeningNeeded", kOutOfDateConfigurationNeeded},
    {kOutOfDate, "OutOfDate", kOutOfDate},
    {kOutOfDateConfigurationNeeded, "OutOfDateConfigurationNeeded", kOutOfDateConfigurationNeeded},
    {kRevoked, "Revoked", kRevoked},
};

constexpr const Row& row_of(TcbStatus status) { return kRows[static_cast<size_t>(status)]; }

constexpr bool in_order() {
  for (size_t index = 0; index < std::size(kRows); ++index) {
    if (static_cast<size_t>(kRows[index].status) != index) return false;
  }
  return std::size(kRows) == static_cast<size_t>(kRevoked) + 1;
}
static_assert(in_order(), "rows are found by their number");

}  // namespace

std::string_view name_of(TcbStatus status) { return row_of(status).name; }

std::optional<TcbStatus> tcb_status_from_name(std::string_view name) {
  for (const Row& row : kRows) {
    if (row.name == name) return row.status;
  }
  return std::nullopt;
}

TcbStatus combine(TcbStatus platform, TcbStatus component) {
  if (component == kRevoked) return kRevoked;
  const bool outdated = component == kOutOfDate || component == kOutOfDateConfigurationNeeded;
  return outdated ? row_of(platform).with_outdated_component : platform;
}

}  // namespace redoubt::attest
