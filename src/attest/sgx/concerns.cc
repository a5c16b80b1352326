// SPDX-License-Identifier: Apache-2.0
#include "attest/sgx/concerns.h"

#include <algorithm>
#include <string>

#include "attest/sgx/quote_format.h"

namespace redoubt::attest::sgx {
namespace {

// The public sample key of Intel's SDK (tee-formats 6.6): anybody can sign an enclave with it.
constexpr ByteArray<32> kSampleSigner = {0x83, 0xd7, 0x19, 0xe7, 0x7d, 0xea, 0xca, 0x14, 0x70, 0xf6, 0xba,
                                         0xf6, 0x2a, 0x4d, 0x77, 0x43, 0x03, 0xc8, 0x99, 0xdb, 0x69, 0x02,
                                         0x0f, 0x9c, 0x70, 0xee, 0x1d, 0xfc, 0x08, 0xc7, 0xce, 0x9e};

std::string remedy_or_tolerate(ConcernKind kind, const std::string& remedy) {
  return remedy + ", or tolerate " + tolerate_name(kind);
}

const char* tcb_remedy(ConcernKind kind) {
  switch (kind) {
    case ConcernKind::kOutdatedTcb: return "update firmware, microcode and the quoting enclave";
    case ConcernKind::kInsecureConfiguration: return "change the platform's firmware settings as the advisories say";
    default: return "build the enclave with the mitigations that the advisories ask for";
  }
}

}  // namespace

void add_tcb_concerns(const Tcb& tcb, std::vector<Concern>& concerns) {
  for (const ConcernKind kind : concerns_of(tcb.status)) {
    concerns.push_back({kind,
                        {"tcb.status", std::string(name_of(TcbStatus::kUpToDate)), std::string(name_of(tcb.status)),
                         remedy_or_tolerate(kind, tcb_remedy(kind))}});
  }
  for (const std::string& id : tcb.advisories) {
    concerns.push_back({ConcernKind::kAdvisory,
                        {"tcb.advisory", "no advisory that is not ignored", id,
                         "do what the advisory says, or ignore advisory " + id}});
  }
}

void add_enclave_concerns(const Claims& claims, std::vector<Concern>& concerns) {
  if ((claims.attribute_flags & kAttributeInit) == 0) {
    concerns.push_back({ConcernKind::kNotInitialised,
                        {"enclave.init", "the attribute INIT, which every running enclave has", "none",
                         "do not use quotes that no running enclave made"}});
  }
  if (claims.debug) {
    concerns.push_back({ConcernKind::kDebugMode,
                        {"enclave.debug", "a production enclave", "the attribute DEBUG: its memory can be read",
                         remedy_or_tolerate(ConcernKind::kDebugMode, "start the enclave without DEBUG")}});
  }
  if (claims.mrsigner == kSampleSigner) {
    concerns.push_back({ConcernKind::kSampleSigner,
                        {"enclave.signer", "a signer with a private key", "the public sample key of Intel's SDK",
                         remedy_or_tolerate(ConcernKind::kSampleSigner, "sign the enclave with a key of your own")}});
  }
}

void add_collateral_concerns(const Collateral& collateral, std::vector<Concern>& concerns) {
  const auto missing = [&](const char* name, const char* member) {
    concerns.push_back(
        {ConcernKind::kMissingRevocation,
         {"revocation.missing", std::string(name) + ", to know what is revoked", "none in the collateral",
          remedy_or_tolerate(ConcernKind::kMissingRevocation, std::string("add it to the collateral as ") + member)}});
  };
  if (!collateral.root_crl) missing("the root's CRL", "root_ca_crl");
  if (!collateral.pck_crl) missing("the PCK CRL", "pck_crl");
  if (collateral.anchor->simulated) {
    concerns.push_back({ConcernKind::kSimulation,
                        {"root.simulated", "evidence of real hardware", "evidence under a simulated root",
                         remedy_or_tolerate(ConcernKind::kSimulation, "run on a machine with SGX")}});
  }
}

void add_time_concerns(std::span<const Window> windows, UtcTime at, Appraisal& appraisal) {
  for (const Window& window : windows) {
    const auto& [from, until] = window.validity;
    appraisal.valid_from = std::max(appraisal.valid_from, from);
    appraisal.valid_until = std::min(appraisal.valid_until, until);
    if (from <= at && at <= until) continue;
    Finding finding{
        "validity", window.what + " valid from " + to_string(from) + " to " + to_string(until),
        "verified at " + to_string(at),
        at < from ? "check the clock, or use what was valid at that time" : "fetch what is valid at that time"};
    // The same root or signer is in several chains.
    const auto same = [&](const Concern& other) { return other.finding.expected == finding.expected; };
    if (std::ranges::any_of(appraisal.concerns, same)) continue;
    appraisal.concerns.push_back({ConcernKind::kOutsideValidity, std::move(finding)});
  }
}

}  // namespace redoubt::attest::sgx
