// SPDX-License-Identifier: Apache-2.0
#include "cas/sessions/testing/attester.h"

#include <gtest/gtest.h>

#include "attest/report_data.h"
#include "crypto/ecdsa.h"

namespace redoubt::cas {
namespace {

attest::sgx::TestOptions with_report_data(attest::sgx::TestOptions options,
                                          const std::shared_ptr<ByteArray<64>>& report_data) {
  options.change_report = [first = options.change_report, report_data](attest::sgx::SignedPartV3& part) {
    part.body.report_data = *report_data;
    first(part);
  };
  return options;
}

std::vector<std::unique_ptr<attest::EvidenceVerifier>> only(std::unique_ptr<attest::EvidenceVerifier> one) {
  std::vector<std::unique_ptr<attest::EvidenceVerifier>> all;
  all.push_back(std::move(one));
  return all;
}

}  // namespace

std::string test_measurement() {
  std::string text;
  for (int index = 0; index < 32; ++index) text += "e1";
  return text;
}

const std::string kTestHash(64, 'a');

std::string shop_session(const std::string& service, const std::string& security, const std::string& rest) {
  return "name: shop\nversion: \"0.3\"\nservices:\n  - name: cache\n    attestation: {mrenclave: " +
         test_measurement() + "}\n    code: {/usr/bin/cache: " + kTestHash + ", /lib/libc.so.6: " + kTestHash +
         "}\n    command: [/usr/bin/cache, --password, \"$$SCONE::pw$$\"]\n" + service + "security: {attestation: {" +
         security +
         "}}\nsecrets: [{name: pw, kind: ascii, value: canary-5c1}, {name: raw, kind: binary, value: 00ff10}]\n" + rest;
}

std::string check_of(const Answer<SecretBytes>& answer) { return answer ? "" : answer.error().check; }

QuoteMaker::QuoteMaker(attest::sgx::TestOptions options)
    : platform_(with_report_data(std::move(options), report_data_)) {}

Bytes QuoteMaker::quote(const ByteArray<64>& report_data) {
  const std::scoped_lock lock(mutex_);
  *report_data_ = report_data;
  return platform_.quote();
}

std::unique_ptr<attest::EvidenceVerifier> QuoteMaker::verifier(bool simulated) const {
  return std::make_unique<attest::sgx::Verifier>(platform_.collateral(), std::vector{platform_.anchor(simulated)});
}

TestCas::TestCas(attest::sgx::TestOptions options, bool simulated)
    : maker(std::move(options)), service(store, audit, only(maker.verifier(simulated)), key, [this] { return now; }) {}

void TestCas::put(const std::string& yaml) {
  const std::string name = yaml.substr(6, yaml.find('\n') - 6);
  const auto answer = sessions.put(owner, name, yaml, {});
  ASSERT_TRUE(answer) << answer.error().check << ": " << answer.error().actual << answer.error().more;
}

TestConnection::TestConnection(TestCas& test_cas, uint8_t channel)
    : cas(test_cas),
      exporter{channel},
      instance_exporter{channel, 1},
      attestation(test_cas.service, {.attestation = exporter, .instance = instance_exporter}) {
  const crypto::KeyPointer key(EVP_EC_gen("P-256"));
  instance_key = crypto::P256PublicKey::from_openssl(key.get())->coordinates();
}

ByteArray<32> TestConnection::challenge() {
  const auto answer = attestation.challenge();
  wire::ChallengeReply reply;
  EXPECT_TRUE(answer && wire::decode(answer->view(), reply));
  return reply.nonce;
}

Bytes TestConnection::quote(const ByteArray<32>& nonce) {
  return cas.maker.quote(
      attest::report_data_of({.exporter = exporter, .instance_key = instance_key, .cas_key = cas.key, .nonce = nonce}));
}

Bytes TestConnection::request(const ByteArray<32>& nonce) {
  const Bytes own = evidence ? *evidence : quote(nonce);
  wire::AttestRequest message;
  message.session = session;
  message.service = service;
  message.one_time_password = password;
  message.service_access_token = token;
  message.instance_key = instance_key;
  message.evidence = own;
  message.host_arguments.assign(arguments.begin(), arguments.end());
  for (const auto& [name, value] : environment) message.host_environment.push_back({name, value});
  return wire::encode(message);
}

Answer<SecretBytes> TestConnection::start() { return attestation.attest(request(challenge())); }

Answer<SecretBytes> TestConnection::report_code(bool verified, const std::string& path) {
  wire::CodeReport report{.verified = verified, .path = path, .problem = {}};
  if (!verified) report.problem = {"code.hash", "aa", "bb", "put it back"};
  return attestation.configuration(wire::encode(report));
}

Answer<SecretBytes> TestConnection::fill(const std::vector<std::pair<std::string, std::string>>& templates) {
  wire::TemplateRequest message;
  for (const auto& [path, text] : templates) message.templates.push_back({path, as_bytes(text)});
  return attestation.templates(wire::encode(message));
}

}  // namespace redoubt::cas
