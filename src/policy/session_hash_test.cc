// SPDX-License-Identifier: Apache-2.0
#include "policy/session_hash.h"

#include <gtest/gtest.h>

#include <set>

#include "policy/check.h"

namespace redoubt::policy {
namespace {

#define M1 "2c4de8cbe6725f7e11f2f5240bc7e0b7fe0651f2997a48c87ca38918574ef076"
#define M2 "9fa48b1629bb246a1aea3d38ccdd5a4e80d0f4d4ff4b5a1ae3e0c7b6a5d49382"

std::string hash_of(const std::string& text) {
  const CheckedSession checked = check_session(text);
  EXPECT_TRUE(checked.session) << text << describe(checked.mistakes.at(0));
  return checked.session ? session_hash(*checked.session) : "";
}

TEST(SessionHash, IsTheSameForTheSameMeaning) {
  const std::string plain =
      hash_of("name: s\nversion: \"0.3\"\nservices:\n- {name: a, command: x 'y z', mrenclaves: [" M1 "]}\n");
  for (const char* same : {
           "{version: '0.3', name: \"s\", services: [{attestation: {mrenclave: " M1 "}, name: a, command: [x, y z]}]}",
           "# comment\nservices:\n    - command: >-\n        x 'y z'\n      pwd: \"/\"\n      name: a\n      "
           "mrenclaves:\n"
           "        - " M1 "\n      stdio: inherit\nname: s\nversion: 0.3\nsecurity: {attestation: {mode: hardware}}\n"
           "access_policy: {read: [CREATOR]}\n",
       }) {
    EXPECT_EQ(hash_of(same), plain) << same;
  }
}

TEST(SessionHash, EveryKeyCounts) {
  constexpr const char* kBodies[] = {
      "",
      "salt: 00112233445566778899aabbccddeeff",
      "salt: 00112233445566778899aabbccddeefe",
      "predecessor: " M1,
      "secrets: [{name: a, kind: ascii}]",
      "secrets: [{name: b, kind: ascii}]",
      "secrets: [{name: a, kind: ascii, size: 21}]",
      "secrets: [{name: a, kind: binary}]",
      "secrets: [{name: a, kind: ascii, value: aaaaaaaaaaaaaaaaaaaa}]",
      "secrets: [{name: a, kind: ascii, export_public: true}]",
      "secrets: [{name: a, kind: ascii, export: b}]",
      "secrets: [{name: a, kind: ascii, export: {namespace: b}}]",
      "secrets: [{name: a, import: {session: b, secret: a}}]",
      "secrets: [{name: a, kind: ascii, import: {session: b, secret: a}}]",
      "secrets: [{name: a, kind: private-key}]",
      "secrets: [{name: a, kind: private-key, migrate: true}]",
      "secrets: [{name: a, kind: private-key, key_type: P-384}]",
      "secrets: [{name: a, kind: x509}]",
      "secrets: [{name: a, kind: x509-ca}]",
      "secrets: [{name: a, kind: x509, common_name: c}]",
      "secrets: [{name: a, kind: x509, endpoint: server}]",
      "secrets: [{name: a, kind: x509, endpoint: client}]",
      "secrets: [{name: a, kind: x509, san: [\"dns:x\"]}]",
      "secrets: [{name: a, kind: x509, valid_for: 1d}]",
      "secrets: [{name: a, kind: config-fragment, value: [x]}]",
      "secrets: [{name: a, kind: config-fragment, value: [y]}]",
      "secrets: [{name: a, kind: config-fragment, value: [1]}]",
      "secrets: [{name: a, kind: config-fragment, value: [\"1\"]}]",
      "secrets: [{name: a, kind: config-fragment, import: {session: b, secret: a}}]",
      "secrets: [{name: a, kind: config-fragment, import: {session: b, secret: a}}]\naccess_policy: {read: "
      "$$SCONE::a$$}",
      "secrets: [{name: a, kind: config-fragment, import: {session: b, secret: a}}]\naccess_policy: {update: "
      "$$SCONE::a$$}",
      "services: [{name: a, mrenclaves: [" M1 "]}]",
      "services: [{name: a, mrenclaves: [" M2 "]}]",
      "services: [{name: a, mrenclaves: [" M1 ", " M2 "]}]",
      "services: [{name: a, attestation: [{mrenclave: " M1 "}, {mrenclave: " M2 "}]}]",
      "services: [{name: a, mrenclaves: [" M1 "], pwd: /a}]",
      "services: [{name: a, mrenclaves: [" M1 "], command: a b}]",
      "services: [{name: a, mrenclaves: [" M1 "], command: [a b]}]",
      "services: [{name: a, mrenclaves: [" M1 "], environment: {A: b}}]",
      "services: [{name: a, mrenclaves: [" M1 "], environment: {\"@@A\": \"\"}}]",
      "services: [{name: a, mrenclaves: [" M1 "], stdio: discard}]",
      "services: [{name: a, mrenclaves: [" M1 "], memory: {sealed: true}}]",
      "services: [{name: a, mrenclaves: [" M1 "], code: {/a: " M1 "}}]",
      "services: [{name: a, mrenclaves: [" M1 "], code: {/a: " M2 "}}]",
      "services: [{name: a, mrenclaves: [" M1 "], code: {/a: \"link:b\"}}]",
      "services: [{name: a, mrenclaves: [" M1 "], code: {/a: \"link:c\"}}]",
      "services: [{name: a, mrenclaves: [" M1 "], code: {volume: v}}]\nvolumes: [{name: v}]",
      "services: [{name: a, mrenclaves: [" M1 "], host: {directories: [/a]}}]",
      "services: [{name: a, mrenclaves: [" M1 "], network: {}}]",
      "services: [{name: a, mrenclaves: [" M1 "], platforms: [p]}]",
      "services: [{name: a, attestation: {signer: {mrsigner: " M1 "}}}]",
      "services: [{name: a, attestation: {signer: {mrsigner: " M1 ", isvprodid: 0}}}]",
      "services: [{name: a, attestation: {signer: {mrsigner: " M1 ", isvsvn_min: 1}}}]",
      "services: [{name: a, attestation: {signer: {mrsigner: " M1 ", isvsvn: 1}}}]",
      "images: [{name: a}]",
      "images: [{name: a, provide_secrets: []}]",
      "images: [{name: a, injection_files: [/a]}]",
      "images: [{name: a, injection_files: [{path: /a, content: \"\"}]}]",
      "images: [{name: a, injection_files: [{path: /a, permission: 0o600}]}]",
      "volumes: [{name: a}]",
      "volumes: [{name: a, files: authenticated-only, fspf_key: " M1 "}]",
      "volumes: [{name: a, fspf_key: " M1 "}]",
      "volumes: [{name: a, export: b}]",
      "volumes: [{name: a, import: {session: b, volume: a}}]",
      "access_policy: {read: [ANY]}",
      "access_policy: {update: [NONE]}",
      "access_policy: {create_sessions: [NONE]}",
      "access_policy: {list_sessions: [NONE]}",
      "access_policy: {read: [" M1 "]}",
      "security: {attestation: {tolerate: [simulation]}}",
      "security: {attestation: {ignore_advisories: \"*\"}}",
      "security: {attestation: {ignore_advisories: [INTEL-SA-00334]}}",
      "security: {attestation: {must_be_sgx_local: true}}",
      "security: {singleton_enclaves: true}",
      "security: {service_access_token: x}",
  };
  std::set<std::string> hashes = {hash_of("name: t\nversion: \"0.3\"\n"), hash_of("name: s\nversion: \"0.3.1\"\n")};
  size_t count = hashes.size();
  for (const char* body : kBodies) {
    EXPECT_TRUE(hashes.insert(hash_of(std::string("name: s\nversion: \"0.3\"\n") + body + "\n")).second) << body;
    ++count;
  }
  EXPECT_EQ(hashes.size(), count);
}

}  // namespace
}  // namespace redoubt::policy
