// SPDX-License-Identifier: Apache-2.0
#include "shim/attested/code.h"

#include <algorithm>
#include <array>

#include "crypto/hex.h"
#include "shim/files/namespace.h"

namespace redoubt::shim::attested {
namespace {

// What sessions may require of a runtime and this one does. Files of code, links, host directories and injected files need no
// name: every runtime of this protocol's version has them.
constexpr std::array<std::string_view, 3> kFeatures = {"network", "volumes", "volumes.code"};

Outcome<void> require_known_features(const std::vector<std::string_view>& required) {
  std::string unknown;
  for (const std::string_view feature : required) {
    if (std::ranges::find(kFeatures, feature) != kFeatures.end()) continue;
    if (!unknown.empty()) unknown += ", ";
    unknown += feature;
  }
  if (unknown.empty()) return {};
  return failed("runtime.features", "only features that this runtime has", "the session needs: " + unknown,
                "take these out of the session, or run it with a runtime that has them; without them its promises "
                "would not hold");
}

std::string expected_of(const wire::CodeManifest& manifest, std::string_view path) {
  const auto entry = std::ranges::find(manifest.code, path, &wire::CodeEntry::path);
  return entry == manifest.code.end() ? "the session's code" : "SHA-256 " + crypto::to_hex(entry->sha256);
}

}  // namespace

Outcome<void> verify_code(CasClient& cas, const wire::CodeManifest& manifest) {
  TRY_VOID(require_known_features(manifest.required_features));
  std::string culprit;
  if (const auto started = file_namespace::start(manifest, &culprit); !started) {
    return failed("code.manifest", "paths that fit together, and host directories that exist",
                  culprit + ": " + name_of(started.error()),
                  "correct the session's code and host.directories (`redoubt session check`), or make the directory");
  }
  std::string found;
  if (file_namespace::verify_all_code(&culprit, &found)) return {};
  const std::string expected = expected_of(manifest, culprit);
  constexpr std::string_view kRemedy =
      "if the change is meant, measure again (`redoubt measure`) and update the session; if it is not, this file was "
      "replaced";
  wire::CodeReport report;
  report.path = culprit;
  report.problem = {.check = "code.hash", .expected = expected, .actual = found, .remedy = kRemedy};
  (void)cas.post("/v1/attest/configuration", wire::encode(report));  // for the audit log; the answer is a refusal
  return failed("code.hash", culprit + " with " + expected, found, std::string(kRemedy), kRefused);
}

}  // namespace redoubt::shim::attested
