// SPDX-License-Identifier: Apache-2.0
#include "cas/sessions/evidence_decision.h"

#include <algorithm>

#include "attest/policy.h"
#include "crypto/constant_time.h"
#include "crypto/hex.h"

namespace redoubt::cas {
namespace {

using attest::Appraisal;
using attest::Finding;
using crypto::to_hex;
using policy::AttestationVariant;
using policy::Tolerance;

// What each word of `tolerate` means to attest::Policy. nullptr: decided here.
struct ToleranceRow {
  Tolerance tolerance;
  const char* word;
};
constexpr ToleranceRow kTolerances[] = {
    {Tolerance::kDebugMode, "debug-mode"},
    {Tolerance::kHyperthreading, nullptr},
    {Tolerance::kOutdatedTcb, "outdated-tcb"},
    {Tolerance::kInsecureConfiguration, "insecure-configuration"},
    {Tolerance::kSoftwareHardeningNeeded, "software-hardening-needed"},
    {Tolerance::kSimulation, "simulation"},
    {Tolerance::kNoAttestation, nullptr},
};

attest::Policy policy_of(const policy::Security& security) {
  attest::Policy policy;
  for (const ToleranceRow& row : kTolerances) {
    if (row.word == nullptr || std::ranges::find(security.tolerate, row.tolerance) == security.tolerate.end()) continue;
    // A word that is not known there tolerates nothing.
    static_cast<void>(policy.tolerate(row.word));
  }
  if (security.ignore_all_advisories) policy.ignore_advisory("*");
  for (const std::string& id : security.ignore_advisories) policy.ignore_advisory(id);
  return policy;
}

// The collateral of this verifier is for other platforms: another root, PCK authority or family. Any other failure is final, so that
// an older collateral does not overrule the revocation list of a newer one.
bool is_for_other_platforms(const Appraisal& appraisal) {
  return appraisal.failure &&
         (appraisal.result == "TCB_INFO_MISMATCH" || appraisal.failure->check == "pck-chain.root" ||
          appraisal.failure->check == "pck-crl.issuer");
}

Appraisal appraise(const Verifiers& verifiers, ByteView evidence, UtcTime now) {
  Appraisal answer;
  answer.failure =
      evidence.empty()
          ? Finding{"evidence.missing", "evidence of the platform (a quote)", "none", "start redoubt-las on this node"}
          : Finding{"evidence.format", "evidence in a format that CAS has collateral and a root for", "another format",
                    "give CAS the collateral of this platform (redoubt cas start)"};
  for (const auto& verifier : verifiers) {
    if (evidence.empty() || !verifier->recognises(evidence)) continue;
    answer = verifier->verify(evidence, now);
    if (!is_for_other_platforms(answer)) break;
  }
  return answer;
}

bool matches(const AttestationVariant& variant, const attest::sgx::Claims& claims) {
  if (!variant.tdx.empty() || !variant.snp.empty() || !variant.nitro.empty()) return false;
  if (variant.mrenclave.empty() && !variant.signer) return false;
  if (!variant.mrenclave.empty() &&
      std::ranges::find(variant.mrenclave, to_hex(claims.mrenclave)) == variant.mrenclave.end()) {
    return false;
  }
  if (!variant.signer) return true;
  const policy::Signer& signer = *variant.signer;
  return signer.mrsigner == to_hex(claims.mrsigner) && (!signer.isvprodid || *signer.isvprodid == claims.isv_prod_id) &&
         (!signer.isvsvn_min || claims.isv_svn >= *signer.isvsvn_min) &&
         (!signer.isvsvn_max || claims.isv_svn <= *signer.isvsvn_max);
}

std::string describe(const AttestationVariant& variant) {
  constexpr size_t kMostShown = 4;
  std::string text;
  const auto add = [&](const std::string& part) { text += (text.empty() ? "" : " and ") + part; };
  std::string measurements;
  for (size_t index = 0; index < std::min(variant.mrenclave.size(), kMostShown); ++index) {
    measurements += (index == 0 ? "" : " or ") + variant.mrenclave[index];
  }
  if (variant.mrenclave.size() > kMostShown) measurements += " or others";
  if (!measurements.empty()) add("mrenclave " + measurements);
  if (variant.signer) {
    add("mrsigner " + variant.signer->mrsigner);
    if (variant.signer->isvprodid) add("isvprodid " + std::to_string(*variant.signer->isvprodid));
    if (variant.signer->isvsvn_min) add("isvsvn from " + std::to_string(*variant.signer->isvsvn_min));
    if (variant.signer->isvsvn_max) add("isvsvn to " + std::to_string(*variant.signer->isvsvn_max));
  }
  if (!variant.tdx.empty()) add("TDX registers");
  if (!variant.snp.empty()) add("SNP values");
  if (!variant.nitro.empty()) add("Nitro registers");
  return text;
}

Finding wrong_code(const policy::Service& service, const attest::sgx::Claims& claims) {
  constexpr size_t kMostShown = 4;
  std::string expected;
  for (size_t index = 0; index < std::min(service.attestation.size(), kMostShown); ++index) {
    expected += (index == 0 ? "" : "; or ") + describe(service.attestation[index]);
  }
  if (service.attestation.size() > kMostShown) expected += "; or others";
  return {
      "measurement", expected,
      "mrenclave " + to_hex(claims.mrenclave) + ", mrsigner " + to_hex(claims.mrsigner) + ", isvprodid " +
          std::to_string(claims.isv_prod_id) + ", isvsvn " + std::to_string(claims.isv_svn),
      "run the runtime that the session names (redoubt self show), or name this one in the attestation of the service"};
}

std::string joined(const std::set<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

AuditDetails facts_of(const Appraisal& appraisal, const attest::sgx::Claims& claims) {
  AuditDetails facts = {{"mrenclave", to_hex(claims.mrenclave)},
                        {"mrsigner", to_hex(claims.mrsigner)},
                        {"isvprodid", std::to_string(claims.isv_prod_id)},
                        {"isvsvn", std::to_string(claims.isv_svn)},
                        {"debug", claims.debug ? "true" : "false"}};
  if (appraisal.tcb) {
    facts.emplace_back("tcb_status", attest::name_of(appraisal.tcb->status));
    facts.emplace_back("advisories", joined(appraisal.tcb->advisories));
  }
  const bool simulated = std::ranges::any_of(appraisal.concerns, [](const attest::Concern& concern) {
    return concern.kind == attest::ConcernKind::kSimulation;
  });
  facts.emplace_back("root", appraisal.root_sha256);
  facts.emplace_back("simulated", simulated ? "true" : "false");
  return facts;
}

}  // namespace

EvidenceDecision decide_on_evidence(const Verifiers& verifiers, ByteView evidence, UtcTime now,
                                    const ByteArray<64>& report_data, const policy::Security& security,
                                    const policy::Service& service) {
  const Appraisal appraisal = appraise(verifiers, evidence, now);
  if (appraisal.failure) return {{*appraisal.failure}, {}};
  const auto* claims = std::get_if<attest::sgx::Claims>(&appraisal.claims);
  if (claims == nullptr) {
    return {{{"evidence.claims", "evidence of a kind that sessions can name", "another kind",
              "use a platform of the session language"}},
            {}};
  }
  EvidenceDecision decision{{}, facts_of(appraisal, *claims)};
  // First, since nothing else that a relayed or replayed quote says is about whoever sent it.
  if (!crypto::equal_in_constant_time(report_data, claims->report_data)) {
    decision.reasons.push_back(
        {"report-data",
         "evidence made for this connection, instance key, CAS and challenge (" + to_hex(report_data) + ")",
         to_hex(claims->report_data),
         "let the runtime talk to CAS itself; a forwarded or older quote is worth nothing"});
    return decision;
  }
  decision.reasons = policy_of(security).reasons_to_refuse(appraisal);
  const bool tolerated = std::ranges::find(security.tolerate, Tolerance::kHyperthreading) != security.tolerate.end();
  const std::optional<bool> multithreading = claims->simultaneous_multithreading;
  if (multithreading.value_or(true) && !tolerated) {
    decision.reasons.push_back(
        {"platform.hyperthreading", "a platform whose PCK certificate says that simultaneous multithreading is off",
         multithreading ? "one that has it switched on, as its PCK certificate says"
                        : "one whose PCK certificate does not say (of the processor CA)",
         multithreading ? "switch it off in the firmware, or tolerate hyperthreading" : "tolerate hyperthreading"});
  }
  const bool named =
      std::ranges::any_of(service.attestation, [&](const AttestationVariant& one) { return matches(one, *claims); });
  if (!named) decision.reasons.push_back(wrong_code(service, *claims));
  return decision;
}

}  // namespace redoubt::cas
