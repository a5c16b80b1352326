// SPDX-License-Identifier: Apache-2.0
//
// An attested start from both ends: what a program gets when everything is right, and that nothing comes out when anything is not.
#include "cas/sessions/attestation_service.h"

#include <gtest/gtest.h>

#include <thread>

#include "attest/report_data.h"
#include "cas/sessions/testing/attester.h"
#include "cas/sessions/totp.h"
#include "crypto/hex.h"

namespace redoubt::cas {
namespace {

using attest::sgx::TestOptions;

const std::string kHash(64, 'a');

// A session with one service. `service`: further lines of it, indented by four; `rest`: of the top level.
std::string shop(const std::string& service = "", const std::string& security = "tolerate: [hyperthreading]",
                 const std::string& rest = "") {
  return "name: shop\nversion: \"0.3\"\nservices:\n  - name: cache\n    attestation: {mrenclave: " +
         test_measurement() + "}\n    code: {/usr/bin/cache: " + kHash + ", /lib/libc.so.6: " + kHash +
         "}\n    command: [/usr/bin/cache, --password, \"$$SCONE::pw$$\"]\n" + service + "security: {attestation: {" +
         security +
         "}}\nsecrets: [{name: pw, kind: ascii, value: canary-5c1}, {name: raw, kind: binary, value: 00ff10}]\n" + rest;
}

std::string check_of(const Answer<SecretBytes>& answer) { return answer ? "" : answer.error().check; }

// The check that refuses evidence of a platform that was changed before it was made; "" when it is accepted.
std::string outcome(const std::function<void(TestOptions&)>& change,
                    const std::string& security = "tolerate: [hyperthreading]", bool simulated = false) {
  TestOptions options;
  change(options);
  TestCas cas(options, simulated);
  cas.put(shop("", security));
  TestConnection connection(cas);
  const auto answer = connection.start();
  EXPECT_EQ(cas.audit.last(), answer ? "attest.accepted/allowed" : "attest.refused/refused");
  if (!answer) {
    EXPECT_EQ(cas.audit.detail("check"), answer.error().check);
    EXPECT_EQ(check_of(connection.report_code()), "request.order");
  }
  return check_of(answer);
}

TEST(Attestation, GivesAVerifiedProgramItsConfiguration) {
  TestCas cas;
  cas.put(
      shop("    environment: {TOKEN: \"t-$$SCONE::raw:hex$$\", \"@@LANG\": \"\"}\n    pwd: /data\n    stdio: discard\n"
           "    image_name: image\n    host: {directories: [/tmp], devices: [/dev/null]}\n",
           "tolerate: [hyperthreading]",
           "images: [{name: image, injection_files: [{path: /etc/c, content: \"pw=$$SCONE::pw$$,$$SCONE::raw$$\", "
           "permission: 0o640}, /etc/d], "
           "provide_secrets: [raw]}]\n"));
  TestConnection connection(cas);
  connection.environment = {{"LANG", "C"}, {"LD_PRELOAD", "/evil.so"}};
  const auto manifest_bytes = connection.start();
  ASSERT_TRUE(manifest_bytes) << manifest_bytes.error().check << ": " << manifest_bytes.error().actual;
  wire::CodeManifest manifest;
  ASSERT_TRUE(wire::decode(manifest_bytes->view(), manifest));
  ASSERT_EQ(manifest.code.size(), 2U);
  EXPECT_EQ(manifest.code[0].path, "/lib/libc.so.6");
  EXPECT_EQ(crypto::to_hex(manifest.code[1].sha256), kHash);
  EXPECT_EQ(manifest.host_directories, (std::vector<std::string_view>{"/tmp"}));
  EXPECT_EQ(manifest.host_devices, (std::vector<std::string_view>{"/dev/null"}));
  EXPECT_TRUE(manifest.required_features.empty());
  EXPECT_EQ(cas.audit.last(), "attest.accepted/allowed");
  EXPECT_EQ(cas.audit.detail("mrenclave"), test_measurement());
  EXPECT_EQ(cas.audit.detail("tcb_status"), "UpToDate");
  EXPECT_EQ(cas.audit.detail("simulated"), "false");
  EXPECT_EQ(cas.audit.detail("root").size(), 64U);
  EXPECT_EQ(cas.audit.detail("service"), "cache");
  EXPECT_EQ(cas.audit.events.back().session, "shop");

  const auto configuration_bytes = connection.report_code();
  ASSERT_TRUE(configuration_bytes) << configuration_bytes.error().check << ": " << configuration_bytes.error().actual;
  wire::Configuration configuration;
  ASSERT_TRUE(wire::decode(configuration_bytes->view(), configuration));
  EXPECT_EQ(configuration.arguments, (std::vector<std::string_view>{"/usr/bin/cache", "--password", "canary-5c1"}));
  ASSERT_EQ(configuration.environment.size(), 2U);  // nothing of the host that was not asked for
  EXPECT_EQ(configuration.environment[0].name, "LANG");
  EXPECT_EQ(configuration.environment[0].value, "C");
  EXPECT_EQ(configuration.environment[1].value, "t-00ff10");
  EXPECT_EQ(configuration.working_directory, "/data");
  EXPECT_EQ(configuration.standard_streams, wire::StandardStreams::kDiscard);
  EXPECT_EQ(configuration.session_hash, cas.sessions.hash(cas.owner, "shop").value());
  ASSERT_EQ(configuration.injected_files.size(), 2U);
  EXPECT_EQ(configuration.injected_files[0].permission, 0640);
  EXPECT_EQ(as_text(configuration.injected_files[0].content), std::string_view("pw=canary-5c1,\0\xff\x10", 17));
  EXPECT_TRUE(configuration.injected_files[1].from_disk);

  const auto reply_bytes = connection.fill({{"/etc/d", "raw=$$SCONE::raw:hex$$"}});
  ASSERT_TRUE(reply_bytes) << reply_bytes.error().actual;
  wire::TemplateReply reply;
  ASSERT_TRUE(wire::decode(reply_bytes->view(), reply));
  ASSERT_EQ(reply.filled.size(), 1U);
  EXPECT_EQ(as_text(reply.filled[0].text), "raw=00ff10");
  EXPECT_EQ(check_of(connection.fill({{"/etc/d", "again"}})), "template.path");
  EXPECT_EQ(cas.audit.all().find("canary"), std::string::npos);
}

TEST(Attestation, TemplatesGetOnlyWhatTheImageProvides) {
  const std::string image =
      "images: [{name: image, injection_files: [{path: /c, content: x}, /d], provide_secrets: [raw]}]\n";
  const auto filled = [&](const std::vector<std::pair<std::string, std::string>>& templates) {
    TestCas cas;
    cas.put(shop("    image_name: image\n", "tolerate: [hyperthreading]", image));
    TestConnection connection(cas);
    EXPECT_TRUE(connection.start());
    EXPECT_TRUE(connection.report_code());
    return check_of(connection.fill(templates));
  };
  EXPECT_EQ(filled({{"/d", "$$SCONE::raw$$"}}), "");
  EXPECT_EQ(filled({{"/d", "$$SCONE::pw$$"}}), "template.text");
  EXPECT_EQ(filled({{"/d", "$$SCONE::unknown$$"}}), "template.text");
  EXPECT_EQ(filled({{"/c", "x"}}), "template.path");
  EXPECT_EQ(filled({{"/etc/passwd", "x"}}), "template.path");
  EXPECT_EQ(filled({{"/d", "x"}, {"/d", "x"}}), "template.path");
  std::string bomb;
  for (int count = 0; count < 100; ++count) bomb += "$$SCONE::raw$$";
  EXPECT_EQ(filled({{"/d", bomb}}), "");
}

TEST(Attestation, BoundsWhatAConfigurationHolds) {
  TestCas cas;
  std::string content;
  for (int count = 0; count < 300; ++count) content += "$$SCONE::big$$";
  std::string yaml = shop("    image_name: image\n", "tolerate: [hyperthreading]",
                          "images: [{name: image, injection_files: [{path: /c, content: \"" + content + "\"}]}]\n");
  yaml.replace(yaml.find("secrets: ["), 10, "secrets: [{name: big, kind: ascii, size: 65536}, ");
  cas.put(yaml);
  TestConnection connection(cas);
  ASSERT_TRUE(connection.start());
  EXPECT_EQ(check_of(connection.report_code()), "configuration.file");
}

TEST(Attestation, RefusesTheWrongCode) {
  EXPECT_EQ(outcome([](auto&) {}), "");
  EXPECT_EQ(outcome([](auto& options) { options.change_report = [](auto& part) { part.body.mrenclave[31] ^= 1; }; }),
            "measurement");
}

TEST(Attestation, RefusesPlatformsThatTheSessionDoesNotTolerate) {
  const auto debug = [](auto& options) { options.change_report = [](auto& part) { part.body.attributes.flags = 7; }; };
  EXPECT_EQ(outcome(debug), "enclave.debug");
  EXPECT_EQ(outcome(debug, "tolerate: [hyperthreading, debug-mode]"), "");
  EXPECT_EQ(outcome([](auto&) {}, "tolerate: []"), "platform.hyperthreading");
  EXPECT_EQ(outcome([](auto& options) { options.smt = false; }, "tolerate: []"), "");
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

TEST(Attestation, RefusesTamperedEvidence) {
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

TEST(Attestation, RefusesExpiredCollateral) {
  TestCas cas;
  cas.put(shop());
  cas.now = utc_time_from_unix(attest::sgx::kTestExpires + 1);
  EXPECT_EQ(check_of(TestConnection(cas).start()), "validity");
}

TEST(Attestation, RefusesReplayedAndRelayedEvidence) {
  TestCas cas;
  cas.put(shop());
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

TEST(Attestation, ANonceIsGoodOnce) {
  TestCas cas;
  cas.put(shop());
  TestConnection connection(cas);
  const Bytes request = connection.request(connection.challenge());
  EXPECT_EQ(check_of(connection.attestation.challenge()), "request.order");
  EXPECT_EQ(check_of(connection.attestation.attest(request)), "request.order");
}

TEST(Attestation, RefusesStepsOutOfOrder) {
  TestCas cas;
  cas.put(shop());
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

TEST(Attestation, RefusesCodeThatIsNotWhatTheSessionSays) {
  TestCas cas;
  cas.put(shop());
  TestConnection connection(cas);
  ASSERT_TRUE(connection.start());
  EXPECT_EQ(check_of(connection.report_code(false, "/usr/bin/cache")), "code.refused");
  EXPECT_EQ(cas.audit.last(), "code.refused/refused");
  EXPECT_EQ(cas.audit.detail("path"), "/usr/bin/cache");
  EXPECT_EQ(cas.audit.detail("code_expected"), "aa");
  EXPECT_EQ(cas.audit.detail("code_actual"), "bb");
  EXPECT_EQ(check_of(connection.report_code()), "request.order");
}

TEST(Attestation, TellsUnknownSessionsAndServicesAlike) {
  TestCas cas;
  cas.put(shop());
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
}

TEST(Attestation, SaysWhatAServiceLacks) {
  TestCas cas;
  std::string yaml = shop();
  const size_t code = yaml.find("    code:");
  cas.put(yaml.erase(code, yaml.find('\n', code) - code + 1));
  const auto answer = TestConnection(cas).start();
  EXPECT_EQ(check_of(answer), "service.code");
  EXPECT_NE(answer.error().remedy.find("redoubt measure"), std::string::npos);
}

TEST(Attestation, NamesTheFeaturesThatARuntimeMustKeep) {
  TestCas cas;
  cas.put(shop("    image_name: image\n    memory: {sealed: true}\n    stdio: volume\n    network: {default: refuse}\n",
               "tolerate: [hyperthreading]",
               "images: [{name: image, volumes: [{name: v, path: /v}]}]\nvolumes: [{name: v}]\n"));
  const auto answer = TestConnection(cas).start();
  wire::CodeManifest manifest;
  ASSERT_TRUE(answer && wire::decode(answer->view(), manifest));
  EXPECT_EQ(manifest.required_features,
            (std::vector<std::string_view>{"memory.sealed", "network", "stdio.volume", "volumes"}));
}

TEST(Attestation, MatchesSignersAndNeverOtherPlatforms) {
  const auto with = [](const std::string& attestation) {
    TestOptions options;
    options.change_report = [](auto& part) {
      part.body.isv_prod_id = 7;
      part.body.isv_svn = 5;
    };
    TestCas cas(options);
    std::string yaml = shop();
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

TEST(Attestation, WithoutAttestationItSaysSoLoudly) {
  TestCas cas;
  std::string yaml = shop("", "mode: none, tolerate: [no-attestation]");
  cas.put(yaml);
  TestConnection connection(cas);
  connection.evidence = Bytes();
  ASSERT_TRUE(connection.start());
  EXPECT_NE(cas.audit.detail("evidence").find("NONE"), std::string::npos);
  EXPECT_TRUE(connection.report_code());
}

TEST(Attestation, TakesAOneTimePasswordOnce) {
  TestCas cas;
  std::string yaml = shop("", "tolerate: [hyperthreading], one_time_password_shared_secret: \"$$SCONE::otp$$\"");
  std::string secret;
  for (int index = 0; index < 20; ++index) secret += "31";
  yaml.replace(yaml.find("secrets: ["), 10, "secrets: [{name: otp, kind: binary, value: " + secret + "}, ");
  cas.put(yaml);
  const Bytes key(20, 0x31);
  const auto start = [&](const std::string& password) {
    TestConnection connection(cas);
    connection.password = password;
    return check_of(connection.start());
  };
  const auto at = [&](int steps) {
    char text[8];
    std::snprintf(text, sizeof(text), "%06u", totp_code(key, totp_step_of(cas.now) + static_cast<uint64_t>(steps)));
    return std::string(text);
  };
  EXPECT_EQ(start(""), "one-time-password");
  EXPECT_EQ(start(at(0)), "");
  EXPECT_EQ(start(at(0)), "one-time-password");   // used
  EXPECT_EQ(start(at(-1)), "one-time-password");  // older than the one that was used
  EXPECT_EQ(start(at(1)), "");
  EXPECT_EQ(start(at(2)), "one-time-password");
  // Guessing: the fifth wrong one closes the door, for the right one too, until ten minutes are over.
  cas.now += std::chrono::seconds(1200);
  for (int guess = 0; guess < 5; ++guess) EXPECT_EQ(start("00000x"), "one-time-password");
  EXPECT_EQ(start(at(0)), "one-time-password");
  cas.now += std::chrono::seconds(600);
  EXPECT_EQ(start(at(0)), "");
}

TEST(Attestation, RefusesSharedSecretsThatNoAppTakes) {
  TestCas cas;
  const auto put = [&](const std::string& secret) {
    std::string yaml = shop("", "tolerate: [hyperthreading], one_time_password_shared_secret: \"" + secret + "\"");
    const auto answer = cas.sessions.put(cas.owner, "shop", yaml, {});
    return answer ? "" : answer.error().check;
  };
  EXPECT_EQ(put("$$SCONE::raw$$"), "session.one-time-password");  // three bytes
  EXPECT_EQ(put("$$SCONE::pw$$"), "session.one-time-password");
  EXPECT_EQ(put("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"), "");
}

TEST(Attestation, WantsTheServiceAccessToken) {
  TestCas cas;
  std::string yaml = shop();
  yaml.replace(yaml.find("security: {"), 11, "security: {service_access_token: \"$$SCONE::pw$$\", ");
  cas.put(yaml);
  const auto start = [&](const std::string& token) {
    TestConnection connection(cas);
    connection.token = token;
    return check_of(connection.start());
  };
  EXPECT_EQ(start(""), "service-access-token");
  EXPECT_EQ(start("canary-5c2"), "service-access-token");
  EXPECT_EQ(start("canary-5c1"), "");
  EXPECT_EQ(cas.audit.all().find("canary"), std::string::npos);
}

TEST(Attestation, SaysWhichHostValueIsMissing) {
  TestCas cas;
  std::string yaml = shop("    environment: {\"@@LANG\": \"\"}\n");
  yaml.replace(yaml.find("--password"), 10, "\"@@1\"");
  cas.put(yaml);
  const auto configured = [&](std::vector<std::string> arguments,
                              std::vector<std::pair<std::string, std::string>> environment) {
    TestConnection connection(cas);
    connection.arguments = std::move(arguments);
    connection.environment = std::move(environment);
    EXPECT_TRUE(connection.start());
    return check_of(connection.report_code());
  };
  EXPECT_EQ(configured({"x"}, {{"LANG", "C"}}), "");
  EXPECT_EQ(configured({}, {{"LANG", "C"}}), "configuration.arguments");
  EXPECT_EQ(configured({"x"}, {}), "configuration.environment");
  EXPECT_EQ(configured({"x"}, {{"LANG", "C"}, {"LANG", "D"}}), "configuration.environment");
  // What comes from the host is never read as a variable.
  TestConnection connection(cas);
  connection.arguments = {"$$SCONE::pw$$"};
  connection.environment = {{"LANG", "$$SCONE::pw$$"}};
  ASSERT_TRUE(connection.start());
  const auto answer = connection.report_code();
  wire::Configuration configuration;
  ASSERT_TRUE(wire::decode(answer->view(), configuration));
  EXPECT_EQ(configuration.arguments[1], "$$SCONE::pw$$");
  EXPECT_EQ(configuration.environment[0].value, "$$SCONE::pw$$");
}

TEST(Attestation, ResolvesImportsAtTheMomentOfTheStart) {
  TestCas cas;
  const std::string bank =
      "name: bank\nversion: \"0.3\"\nsecrets: [{name: pw, kind: ascii, value: first-value, export: [{session: "
      "shop}]}]\n";
  cas.put(bank);
  std::string yaml = shop();
  const std::string own = "{name: pw, kind: ascii, value: canary-5c1}";
  cas.put(yaml.replace(yaml.find(own), own.size(), "{name: pw, import: {session: bank, secret: pw}}"));
  const auto password = [&]() -> std::string {
    TestConnection connection(cas);
    EXPECT_TRUE(connection.start());
    const auto answer = connection.report_code();
    if (!answer) return answer.error().check;
    wire::Configuration configuration;
    EXPECT_TRUE(wire::decode(answer->view(), configuration));
    return std::string(configuration.arguments.at(2));
  };
  EXPECT_EQ(password(), "first-value");
  const auto update = [&](const std::string& secret) {
    cas.put("name: bank\nversion: \"0.3\"\npredecessor: " + cas.sessions.hash(cas.owner, "bank").value() +
            "\nsecrets: [" + secret + "]\n");
  };
  update("{name: pw, kind: ascii, value: second-value, export: [{session: shop}]}");
  EXPECT_EQ(password(), "second-value");
  update("{name: pw, kind: ascii, value: second-value}");
  EXPECT_EQ(password(), "session.import");
}

TEST(Attestation, AnUpdateInBetweenDoesNotMixVersions) {
  TestCas cas;
  const std::string yaml = shop();
  cas.put(yaml);
  const std::string first = cas.sessions.hash(cas.owner, "shop").value();
  TestConnection connection(cas);
  ASSERT_TRUE(connection.start());
  std::string next = yaml;
  next.replace(next.find("canary-5c1"), 10, "canary-5c9").replace(next.find("--password"), 10, "--token");
  cas.put(next + "predecessor: " + first + "\n");
  const auto answer = connection.report_code();
  wire::Configuration configuration;
  ASSERT_TRUE(answer && wire::decode(answer->view(), configuration));
  EXPECT_EQ(configuration.arguments[1], "--password");
  EXPECT_EQ(configuration.arguments[2], "canary-5c1");
  EXPECT_EQ(configuration.session_hash, first);
}

TEST(Attestation, DoesNothingThatIsNotRecorded) {
  TestCas cas;
  cas.put(shop());
  TestConnection connection(cas), later(cas);
  ASSERT_TRUE(connection.start());
  cas.audit.broken = true;
  EXPECT_EQ(connection.report_code().error().refusal, Refusal::kUnavailable);
  EXPECT_EQ(later.start().error().refusal, Refusal::kUnavailable);
  cas.audit.broken = false;
  cas.store.broken = true;
  EXPECT_EQ(TestConnection(cas).start().error().refusal, Refusal::kUnavailable);
}

TEST(Attestation, TakesTheCollateralThatIsForThePlatform) {
  TestCas cas;  // for its store and session
  cas.put(shop());
  QuoteMaker other;
  std::vector<std::unique_ptr<attest::EvidenceVerifier>> verifiers;
  verifiers.push_back(other.verifier());  // of another root
  TestOptions foreign;
  foreign.tcb_info_text =
      attest::sgx::TestPlatform::tcb_info_text(attest::sgx::TestPlatform::tcb_level(0, 0, "UpToDate"));
  foreign.tcb_info_text.replace(foreign.tcb_info_text.find("0A0B"), 4, "0A0C");
  verifiers.push_back(QuoteMaker(foreign).verifier());  // of another family
  verifiers.push_back(cas.maker.verifier());
  AttestationService service(cas.store, cas.audit, std::move(verifiers), cas.key, [&] { return cas.now; });
  TestConnection connection(cas);
  Attestation attestation(service, connection.exporter);
  wire::ChallengeReply challenge;
  const auto answer = attestation.challenge();
  ASSERT_TRUE(wire::decode(answer->view(), challenge));
  EXPECT_EQ(check_of(attestation.attest(connection.request(challenge.nonce))), "");
}

TEST(Attestation, SurvivesGarbage) {
  TestCas cas;
  cas.put(shop("    image_name: image\n", "tolerate: [hyperthreading]",
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

TEST(Attestation, ServesSeveralConnectionsAtOnce) {
  TestCas cas;
  cas.put(shop());
  constexpr int kThreads = 4, kStarts = 20;
  // Quotes are made one after the other: the test platform is not shared between threads.
  std::vector<std::unique_ptr<TestConnection>> connections;
  std::vector<Bytes> requests;
  for (int index = 0; index < kThreads * kStarts; ++index) {
    connections.push_back(std::make_unique<TestConnection>(cas));
    requests.push_back(connections.back()->request(connections.back()->challenge()));
  }
  std::atomic<int> given = 0;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int index = thread * kStarts; index < (thread + 1) * kStarts; ++index) {
        TestConnection& connection = *connections[static_cast<size_t>(index)];
        if (connection.attestation.attest(requests[static_cast<size_t>(index)]) && connection.report_code()) ++given;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(given, kThreads * kStarts);
}

}  // namespace
}  // namespace redoubt::cas
