// SPDX-License-Identifier: Apache-2.0
//
// Both ends of an attested start in one process, for tests: a CAS on a memory store with a session, and an attester that makes quotes
// of the test platform for its connection. Only tests include this.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "attest/sgx/test_platform.h"
#include "attest/sgx/verifier.h"
#include "cas/sessions/attestation_service.h"
#include "cas/sessions/session_service.h"
#include "cas/sessions/testing/memory_audit.h"
#include "cas/sessions/testing/memory_store.h"
#include "cas/sessions/testing/people.h"
#include "wire/attest_protocol.h"

namespace redoubt::cas {

// The mrenclave of the test platform's quotes, as its sessions write it.
std::string test_measurement();

// A hash of code in sessions of tests.
extern const std::string kTestHash;

// The session "shop" with the service "cache". `service`: further lines of it, indented by four; `security`: of its attestation;
// `rest`: of the top level. Its secret pw is "canary-5c1", raw are the bytes 00 ff 10.
std::string shop_session(const std::string& service = "", const std::string& security = "tolerate: [hyperthreading]",
                         const std::string& rest = "");

// The check that refused; "" when there is an answer.
std::string check_of(const Answer<SecretBytes>& answer);

// A platform whose quotes can be made for one report data after the other.
class QuoteMaker {
 public:
  explicit QuoteMaker(attest::sgx::TestOptions options = {});

  Bytes quote(const ByteArray<64>& report_data);  // from any thread
  std::unique_ptr<attest::EvidenceVerifier> verifier(bool simulated = false) const;

 private:
  std::mutex mutex_;
  std::shared_ptr<ByteArray<64>> report_data_ = std::make_shared<ByteArray<64>>();
  attest::sgx::TestPlatform platform_;
};

struct TestCas {
  // `make_verifiers` is given the default: the verifier of `maker`.
  explicit TestCas(attest::sgx::TestOptions options = {}, bool simulated = false);

  // The session "shop", or a changed one; CHECKs that it was accepted.
  void put(const std::string& yaml);

  MemoryStore store;
  MemoryAudit audit;
  UtcTime now = utc_time_from_unix(attest::sgx::kTestNow);
  ByteArray<32> key{0xCA};
  Client owner = make_client("owner");
  QuoteMaker maker;
  SessionService sessions{store, audit, [this] { return now; }};
  AttestationService service;
};

// One connection, and what the runtime at its end sends. Tests change members before they call.
struct TestConnection {
  explicit TestConnection(TestCas& test_cas, uint8_t channel = 1);

  // challenge() and attest() with a quote for this connection, unless `evidence` is set.
  Answer<SecretBytes> start();
  Bytes request(const ByteArray<32>& nonce);
  // The quote that belongs to this connection and nonce.
  Bytes quote(const ByteArray<32>& nonce);
  ByteArray<32> challenge();
  Answer<SecretBytes> report_code(bool verified = true, const std::string& path = "");
  Answer<SecretBytes> fill(const std::vector<std::pair<std::string, std::string>>& templates);

  TestCas& cas;
  ByteArray<32> exporter;           // of the attestation
  ByteArray<32> instance_exporter;  // of the instance
  Attestation attestation;
  std::string session = "shop", service = "cache", password, token;
  ByteArray<64> instance_key;
  std::optional<Bytes> evidence;
  std::vector<std::string> arguments;
  std::vector<std::pair<std::string, std::string>> environment;
};

}  // namespace redoubt::cas
