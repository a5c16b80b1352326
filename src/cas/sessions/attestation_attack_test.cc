// SPDX-License-Identifier: Apache-2.0
//
// What whoever holds the host would try: other code, other platforms, evidence that is changed, old, replayed or relayed, steps in
// another order, and garbage. Nothing comes out, the audit log names the check, and the connection is good for nothing more.
#include <gtest/gtest.h>

#include "attest/report_data.h"
#include "cas/sessions/attestation_service.h"
#include "cas/sessions/testing/attester.h"

namespace redoubt::cas {
namespace {

using attest::sgx::TestOptions;

// The check that refuses evidence of a platform that was changed before it was made; "" when it is accepted.
std::string outcome(const std::function<void(TestOptions&)>& change,
                    const std::string& security = "tolerate: [hyperthreading]", bool simulated = false) {
  TestOptions options;
  change(options);
  TestCas cas(options, simulated);
  cas.put(shop_session("", security));
  TestConnection connection(cas);
  const auto answer = connection.start();
  EXPECT_EQ(cas.audit.last(), answer ? "attest.accepted/allowed" : "attest.refused/refused");
  if (!answer) {
    EXPECT_EQ(cas.audit.detail("check"), answer.error().check);
    const size_t recorded = cas.audit.events.size();
    EXPECT_EQ(check_of(connection.report_code()), "request.order");
    EXPECT_EQ(cas.audit.events.size(), recorded);  // one refusal a connection
  }
  return check_of(answer);
}

TEST(AttestationAttack, RefusesTheWrongCode) {
  EXPECT_EQ(outcome([](auto&) {}), "");
  EXPECT_EQ(outcome([](auto& options) { options.change_report = [](auto& part) { part.body.mrenclave[31] ^= 1; }; }),
            "measurement");
}

TEST(AttestationAttack, RefusesPlatformsThatTheSessionDoesNotTolerate) {
  const auto debug = [](auto& options) { options.change_report = [](auto& part) { part.body.attributes.flags = 7; }; };
  EXPECT_EQ(outcome(debug), "enclave.debug");
  EXPECT_EQ(outcome(debug, "tolerate: [hyperthreading, debug-mode]"), "");
  EXPECT_EQ(outcome([](auto&) {}, "tolerate: []"), "platform.hyperthreading");
  EXPECT_EQ(outcome([](auto& options) { options.smt = false; }, "tolerate: []"), "");
  // A certificate that does not say, as those of the processor CA, is none that says no.
  const auto silent = [](auto& options) { options.smt = std::nullopt; };
  EXPECT_EQ(outcome(silent, "tolerate: []"), "platform.hyperthreading");
  EXPECT_EQ(outcome(silent), "");
  EXPECT_EQ(outcome([](auto&) {}, "tolerate: [hyperthreading]", /*simulated=*/true), "root.simulated");
  EXPECT_EQ(outcome([](auto&) {}, "tolerate: [hyperthreading, simulation]", /*simulated=*/true), "");
  const auto old = [](auto& options) { options.component_svns[0] = 4; };
  EXPECT_EQ(outcome(old), "tcb.status");
  EXPECT_EQ(outcome(old, "tolerate: [hyperthreading, outdated-tcb]"), "tcb.advisory");
  EXPECT_EQ(outcome(old, "tolerate: [hyperthreading, outdated-tcb], ignore_advisories: [INTEL-SA-00001]"),
            "tcb.advisory");
  EXPECT_EQ(
      outcome(old, "tolerate: [hyperthreading, outdated-tcb], ignore_advisories: [INTEL-SA-00001, INTEL-SA-00002]"),
      "");
  EXPECT_EQ(outcome(old, "tolerate: [hyperthreading, outdated-tcb], ignore_advisories: \"*\""), "");
}

TEST(AttestationAttack, RefusesTamperedEvidence) {
  for (const size_t offset : {size_t{48 + 64}, size_t{436}, size_t{436 + 512}}) {
    EXPECT_NE(
        outcome([=](auto& options) { options.change_signed_quote = [=](Bytes& quote) { quote.at(offset) ^= 1; }; }),
        "");
  }
  EXPECT_EQ(outcome([](auto& options) { options.change_signed_quote = [](Bytes& quote) { quote.clear(); }; }),
            "evidence.missing");
  EXPECT_EQ(outcome([](auto& options) { options.change_signed_quote = [](Bytes& quote) {
                                          quote = {1, 2, 3};
                                        }; }),
            "evidence.format");
}

TEST(AttestationAttack, RefusesExpiredCollateral) {
  TestCas cas;
  cas.put(shop_session());
  cas.now = utc_time_from_unix(attest::sgx::kTestExpires + 1);
  EXPECT_EQ(check_of(TestConnection(cas).start()), "validity");
}

TEST(AttestationAttack, RefusesReplayedAndRelayedEvidence) {
  TestCas cas;
  cas.put(shop_session());
  // The evidence of an earlier challenge of the same connection's keys.
  TestConnection earlier(cas), replayed(cas);
  replayed.instance_key = earlier.instance_key;
  replayed.evidence = earlier.quote(earlier.challenge());
  EXPECT_EQ(check_of(replayed.start()), "report-data");
  EXPECT_EQ(cas.audit.detail("check"), "report-data");

  // A man in the middle has a channel of his own to CAS and forwards everything else of the victim, the nonce too.
  TestConnection victim(cas, 1), relay(cas, 2);
  relay.instance_key = victim.instance_key;
  const ByteArray<32> nonce = relay.challenge();
  relay.evidence = victim.quote(nonce);
  EXPECT_EQ(check_of(relay.attestation.attest(relay.request(nonce))), "report-data");

  // The victim's quote with an instance key of the attacker.
  TestConnection swapped(cas, 1);
  const ByteArray<32> other_nonce = swapped.challenge();
  swapped.evidence = swapped.quote(other_nonce);
  swapped.instance_key = victim.instance_key;
  EXPECT_EQ(check_of(swapped.attestation.attest(swapped.request(other_nonce))), "report-data");

  // Made for another CAS.
  TestConnection elsewhere(cas);
  const ByteArray<32> third = elsewhere.challenge();
  elsewhere.evidence = cas.maker.quote(attest::report_data_of(
      {.exporter = elsewhere.exporter, .instance_key = elsewhere.instance_key, .cas_key = {}, .nonce = third}));
  EXPECT_EQ(check_of(elsewhere.attestation.attest(elsewhere.request(third))), "report-data");
}

TEST(AttestationAttack, ANonceIsGoodOnce) {
  TestCas cas;
  cas.put(shop_session());
  TestConnection connection(cas);
  const Bytes request = connection.request(connection.challenge());
  EXPECT_EQ(check_of(connection.attestation.challenge()), "request.order");
  EXPECT_EQ(check_of(connection.attestation.attest(request)), "request.order");
}

TEST(AttestationAttack, RefusesStepsOutOfOrder) {
  TestCas cas;
  cas.put(shop_session());
  const auto first = [&](auto step) {
    TestConnection connection(cas);
    return check_of(step(connection));
  };
  EXPECT_EQ(first([](auto& c) { return c.attestation.attest(c.request({})); }), "request.order");
  EXPECT_EQ(first([](auto& c) { return c.report_code(); }), "request.order");
  EXPECT_EQ(first([](auto& c) { return c.fill({}); }), "request.order");
  EXPECT_EQ(first([](auto& c) {
              EXPECT_TRUE(c.start());
              return c.fill({});
            }),
            "request.order");
  EXPECT_EQ(first([](auto& c) {
              EXPECT_TRUE(c.start());
              EXPECT_FALSE(c.fill({}));
              return c.report_code();
            }),
            "request.order");
  EXPECT_EQ(first([](auto& c) {
              EXPECT_TRUE(c.start());
              EXPECT_TRUE(c.report_code());
              return c.report_code();
            }),
            "request.order");
}

TEST(AttestationAttack, RefusesCodeThatIsNotWhatTheSessionSays) {
  TestCas cas;
  cas.put(shop_session());
  TestConnection connection(cas);
  ASSERT_TRUE(connection.start());
  EXPECT_EQ(check_of(connection.report_code(false, "/usr/bin/cache")), "code.refused");
  EXPECT_EQ(cas.audit.last(), "code.refused/refused");
  EXPECT_EQ(cas.audit.detail("path"), "/usr/bin/cache");
  EXPECT_EQ(cas.audit.detail("code_expected"), "aa");
  EXPECT_EQ(cas.audit.detail("code_actual"), "bb");
  EXPECT_EQ(check_of(connection.report_code()), "request.order");
}

TEST(AttestationAttack, TellsUnknownSessionsAndServicesAlike) {
  TestCas cas;
  cas.put(shop_session());
  TestConnection session(cas), service(cas);
  session.session = "shop2";
  service.service = "cache2";
  const auto one = session.start(), two = service.start();
  ASSERT_FALSE(one);
  ASSERT_FALSE(two);
  EXPECT_EQ(one.error().check, "session.service");
  EXPECT_EQ(two.error().check, one.error().check);
  EXPECT_EQ(two.error().expected, one.error().expected);
  EXPECT_EQ(two.error().remedy, one.error().remedy);
  EXPECT_EQ(two.error().refusal, one.error().refusal);
  TestConnection odd(cas);
  odd.session = "shop/../\n";
  EXPECT_EQ(check_of(odd.start()), "session.service");
  EXPECT_EQ(cas.audit.events.back().session, "shop/../?");
}

TEST(AttestationAttack, SaysWhatAServiceLacks) {
  TestCas cas;
  std::string yaml = shop_session();
  const size_t code = yaml.find("    code:");
  cas.put(yaml.erase(code, yaml.find('\n', code) - code + 1));
  const auto answer = TestConnection(cas).start();
  EXPECT_EQ(check_of(answer), "service.code");
  EXPECT_NE(answer.error().remedy.find("redoubt measure"), std::string::npos);
}

TEST(AttestationAttack, MatchesSignersAndNeverOtherPlatforms) {
  const auto with = [](const std::string& attestation) {
    TestOptions options;
    options.change_report = [](auto& part) {
      part.body.isv_prod_id = 7;
      part.body.isv_svn = 5;
    };
    TestCas cas(options);
    std::string yaml = shop_session();
    const std::string old = "{mrenclave: " + test_measurement() + "}";
    cas.put(yaml.replace(yaml.find(old), old.size(), attestation));
    return check_of(TestConnection(cas).start());
  };
  std::string signer;
  for (int index = 0; index < 32; ++index) signer += "51";
  const std::string measured = "mrenclave: " + test_measurement();
  EXPECT_EQ(with("{signer: {mrsigner: " + signer + "}}"), "");
  EXPECT_EQ(with("{signer: {mrsigner: " + signer + ", isvprodid: 7, isvsvn_min: 5, isvsvn_max: 5}}"), "");
  EXPECT_EQ(with("{signer: {mrsigner: " + signer + ", isvprodid: 8}}"), "measurement");
  EXPECT_EQ(with("{signer: {mrsigner: " + signer + ", isvsvn_min: 6}}"), "measurement");
  EXPECT_EQ(with("{signer: {mrsigner: " + signer + ", isvsvn_max: 4}}"), "measurement");
  EXPECT_EQ(with("{signer: {mrsigner: " + std::string(64, '0') + "}}"), "measurement");
  EXPECT_EQ(with("{" + measured + ", signer: {mrsigner: " + std::string(64, '0') + "}}"), "measurement");
  EXPECT_EQ(with("[{mrenclave: " + std::string(64, '0') + "}, {" + measured + "}]"), "");
  EXPECT_EQ(with("{mrenclave: [" + std::string(64, '0') + ", " + test_measurement() + "]}"), "");
  EXPECT_EQ(with("{tdx: {mrtd: " + std::string(96, '0') + "}}"), "measurement");
  EXPECT_EQ(with("{snp: {host_data: " + std::string(64, '0') + "}}"), "measurement");
  EXPECT_EQ(with("{" + measured + ", nitro: {pcr0: " + std::string(96, '0') + "}}"), "measurement");
}

TEST(AttestationAttack, TakesTheCollateralThatIsForThePlatform) {
  TestCas cas;  // for its store and session
  cas.put(shop_session());
  QuoteMaker other;
  std::vector<std::unique_ptr<attest::EvidenceVerifier>> verifiers;
  verifiers.push_back(other.verifier());  // of another root
  TestOptions foreign;
  foreign.tcb_info_text =
      attest::sgx::TestPlatform::tcb_info_text(attest::sgx::TestPlatform::tcb_level(0, 0, "UpToDate"));
  foreign.tcb_info_text.replace(foreign.tcb_info_text.find("0a0b"), 4, "0a0c");
  verifiers.push_back(QuoteMaker(foreign).verifier());  // of another family
  verifiers.push_back(cas.maker.verifier());
  AttestationService service(cas.store, cas.audit, std::move(verifiers), cas.key, [&] { return cas.now; });
  TestConnection connection(cas);
  Attestation attestation(service, {.attestation = connection.exporter, .instance = connection.instance_exporter});
  wire::ChallengeReply challenge;
  const auto answer = attestation.challenge();
  ASSERT_TRUE(wire::decode(answer->view(), challenge));
  EXPECT_EQ(check_of(attestation.attest(connection.request(challenge.nonce))), "");
}

TEST(AttestationAttack, SurvivesGarbage) {
  TestCas cas;
  cas.put(shop_session("    image_name: image\n", "tolerate: [hyperthreading]",
                       "images: [{name: image, injection_files: [/d]}]\n"));
  TestConnection model(cas);
  model.arguments = {"one"};
  const auto refuses = [&](ByteView body) {
    TestConnection connection(cas);
    connection.challenge();
    return !connection.attestation.attest(body);
  };
  const Bytes request = model.request({});
  for (size_t size = 0; size < request.size(); size += size < 400 ? 1 : 131)
    EXPECT_TRUE(refuses(ByteView(request).first(size))) << size;
  for (size_t at = 0; at < request.size(); at += 7) {
    Bytes mutated = request;
    mutated[at] ^= 0xff;
    EXPECT_TRUE(refuses(mutated)) << at;
  }
  EXPECT_TRUE(refuses(Bytes(wire::kLargestAttestRequest + 1)));

  const auto after_start = [&](auto step) {
    TestConnection connection(cas);
    EXPECT_TRUE(connection.start());
    return step(connection);
  };
  const Bytes report = wire::encode(wire::CodeReport{.verified = true, .path = "", .problem = {}});
  for (size_t size = 0; size < report.size(); ++size) {
    EXPECT_EQ(check_of(after_start([&](auto& c) { return c.attestation.configuration(ByteView(report).first(size)); })),
              "request.form");
  }
  const Bytes filling = wire::encode(wire::TemplateRequest{{{"/d", as_bytes("text")}}});
  for (size_t size = 0; size < filling.size(); ++size) {
    EXPECT_NE(check_of(after_start([&](auto& c) {
                EXPECT_TRUE(c.report_code());
                return c.attestation.templates(ByteView(filling).first(size));
              })),
              "");
  }
  // A NUL would end an argument early.
  TestConnection nul(cas);
  nul.arguments = {std::string("a\0b", 3)};
  EXPECT_EQ(check_of(nul.start()), "request.form");
  TestConnection key(cas);
  key.instance_key = {};
  EXPECT_EQ(check_of(key.start()), "request.form");
}

}  // namespace
}  // namespace redoubt::cas
