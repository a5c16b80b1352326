// SPDX-License-Identifier: Apache-2.0
#include "attest/concern.h"

namespace redoubt::attest {
namespace {

using enum ConcernKind;

struct Row {
  ConcernKind kind;
  const char* name;
};

constexpr Row kTolerable[] = {
    {kOutdatedTcb, "outdated-tcb"},
    {kInsecureConfiguration, "insecure-configuration"},
    {kSoftwareHardening, "software-hardening-needed"},
    {kDebugMode, "debug-mode"},
    {kSampleSigner, "sample-signer"},
    {kSimulation, "simulation"},
    {kMissingRevocation, "missing-crl"},
};

}  // namespace

const char* tolerate_name(ConcernKind kind) {
  for (const Row& row : kTolerable) {
    if (row.kind == kind) return row.name;
  }
  return nullptr;
}

std::vector<ConcernKind> concerns_of(TcbStatus status) {
  switch (status) {
    case TcbStatus::kUpToDate: return {};
    case TcbStatus::kSwHardeningNeeded: return {kSoftwareHardening};
    case TcbStatus::kConfigurationNeeded: return {kInsecureConfiguration};
    case TcbStatus::kConfigurationAndSwHardeningNeeded: return {kInsecureConfiguration, kSoftwareHardening};
    case TcbStatus::kOutOfDate: return {kOutdatedTcb};
    case TcbStatus::kOutOfDateConfigurationNeeded: return {kOutdatedTcb, kInsecureConfiguration};
    case TcbStatus::kRevoked: break;
  }
  return {};
}

std::optional<std::vector<ConcernKind>> tolerated_by(std::string_view word) {
  for (const Row& row : kTolerable) {
    if (word == row.name) return std::vector{row.kind};
  }
  const std::optional<TcbStatus> status = tcb_status_from_name(word);
  if (!status || *status == TcbStatus::kRevoked) return std::nullopt;
  return concerns_of(*status);
}

}  // namespace redoubt::attest
