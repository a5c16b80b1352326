// SPDX-License-Identifier: Apache-2.0
//
// security: whether attestation is demanded, and what it may overlook. Everything here that makes a session weaker is
// allowed, and said.
#include <algorithm>

#include "policy/read_parts.h"
#include "policy/syntax.h"

namespace redoubt::policy {
namespace {

using enum Presence;

// What each tolerance gives away, for the warning; empty: nothing worth one.
struct ToleranceRisk {
  Tolerance tolerance;
  std::string_view risk;
};
constexpr ToleranceRisk kRisks[] = {
    {Tolerance::kDebugMode, "whoever runs the machine can read the memory of the program"},
    {Tolerance::kHyperthreading, ""},
    {Tolerance::kOutdatedTcb, "known attacks on the platform may work"},
    {Tolerance::kInsecureConfiguration, "the platform is set up so that known attacks may work"},
    {Tolerance::kSoftwareHardeningNeeded, ""},
    {Tolerance::kSimulation, "simulated evidence proves nothing; for development only"},
    {Tolerance::kNoAttestation, "everybody who can reach CAS gets the secrets of every service"},
};

void read_tolerate(Reader& reader, const Node& node, Security& security) {
  reader.each(node, [&](const Node& item) {
    const auto tolerance = reader.choice(item, kToleranceWords);
    if (!tolerance) return;
    if (std::ranges::find(security.tolerate, *tolerance) != security.tolerate.end()) {
      return reader.error(item.at, "each word once", quoted(item.text) + " again", "remove one of them");
    }
    security.tolerate.push_back(*tolerance);
    const auto* row = std::ranges::find(kRisks, *tolerance, &ToleranceRisk::tolerance);
    if (row != std::end(kRisks) && !row->risk.empty()) {
      reader.warn(item.at, "insecure: tolerate " + item.text + ": " + std::string(row->risk), "");
    }
  });
}

bool is_advisory(std::string_view text) {
  constexpr std::string_view kPrefix = "INTEL-SA-";
  return text.starts_with(kPrefix) && text.size() >= kPrefix.size() + 5 && text.size() <= kPrefix.size() + 8 &&
         std::ranges::all_of(text.substr(kPrefix.size()), is_digit);
}

void read_advisories(Reader& reader, const Node& node, Security& security) {
  reader.one_or_each(node, [&](const Node& item) {
    if (item.kind == Node::Kind::kScalar && item.text == "*" && node.kind == Node::Kind::kScalar) {
      security.ignore_all_advisories = true;
      reader.warn(item.at, "insecure: ignore_advisories: \"*\" ignores every known weakness of the platform",
                  "name the advisories that do not concern the program");
    } else if (item.kind == Node::Kind::kScalar && is_advisory(item.text)) {
      security.ignore_advisories.push_back(item.text);
    } else {
      reader.wrong(item, "an advisory such as INTEL-SA-00334",
                   item.text == "*" ? "to ignore all of them write ignore_advisories: \"*\", not a list" : "");
    }
  });
}

constexpr Key<Security> kAttestationKeys[] = {
    {"mode", kOptional,
     [](Reader& r, const Node& n, Security& s) { store(s.mode, r.choice(n, kAttestationModeWords)); }},
    {"tolerate", kOptional, read_tolerate},
    {"ignore_advisories", kOptional, read_advisories},
    {"must_be_sgx_local", kOptional,
     [](Reader& r, const Node& n, Security& s) { store(s.must_be_sgx_local, r.truth(n)); }},
    {"one_time_password_shared_secret", kOptional,
     [](Reader& r, const Node& n, Security& s) { store(s.one_time_password_shared_secret, read_secret_text(r, n)); }},
};

void check_mode(Reader& reader, const Node& node, const Security& security) {
  if (!known(node.find("mode")) || !known(node.find("tolerate"))) return;
  const bool tolerated = std::ranges::find(security.tolerate, Tolerance::kNoAttestation) != security.tolerate.end();
  const bool off = security.mode == AttestationMode::kNone;
  if (off && !tolerated) {
    reader.error(node.find("mode")->at, "tolerate: [no-attestation] beside mode: none", "none",
                 "mode: none gives the secrets to everybody who can reach CAS; remove it, or say that this is meant");
  } else if (tolerated && !off) {
    reader.error(node.find("tolerate")->at, "no-attestation only beside mode: none", "mode: hardware",
                 "remove no-attestation");
  } else if (off) {
    reader.warn(node.find("mode")->at, "insecure: mode: none gives the secrets to everybody who can reach CAS", "");
  }
  if (off && security.must_be_sgx_local) {
    reader.error(node.find("must_be_sgx_local")->at, "attestation for must_be_sgx_local", "mode: none", "remove one");
  }
}

void read_attestation_rules(Reader& reader, const Node& node, Security& security) {
  if (read_map(reader, node, kAttestationKeys, security)) check_mode(reader, node, security);
}

constexpr Key<Security> kKeys[] = {
    {"attestation", kOptional, read_attestation_rules},
    {"singleton_enclaves", kOptional,
     [](Reader& r, const Node& n, Security& s) { store(s.singleton_enclaves, r.truth(n)); }},
    {"service_access_token", kOptional,
     [](Reader& r, const Node& n, Security& s) { store(s.service_access_token, read_secret_text(r, n)); }},
};

}  // namespace

std::optional<TemplateText> read_secret_text(Reader& reader, const Node& node) {
  reader.set_silent(true);
  auto text = reader.full_text(node);
  if (text && !reader.variables(node, Place::kConfiguration)) text.reset();
  reader.set_silent(false);
  return text;
}

void read_security(Reader& reader, const Node& node, Security& security) { read_map(reader, node, kKeys, security); }

}  // namespace redoubt::policy
