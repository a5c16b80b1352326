// SPDX-License-Identifier: Apache-2.0
//
// An attested start from both ends, with evidence that is good: what a program gets, and what it must know to get it.
#include "cas/sessions/attestation_service.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <thread>

#include "cas/sessions/testing/attester.h"
#include "cas/sessions/totp.h"
#include "crypto/hex.h"

namespace redoubt::cas {
namespace {

TEST(Attestation, GivesAVerifiedProgramItsConfiguration) {
  TestCas cas;
  cas.put(shop_session(
      "    environment: {TOKEN: \"t-$$SCONE::raw:hex$$\", \"@@LANG\": \"\"}\n    pwd: /data\n    stdio: discard\n"
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
  EXPECT_EQ(crypto::to_hex(manifest.code[1].sha256), kTestHash);
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
    cas.put(shop_session("    image_name: image\n", "tolerate: [hyperthreading]", image));
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
  std::string yaml =
      shop_session("    image_name: image\n", "tolerate: [hyperthreading]",
                   "images: [{name: image, injection_files: [{path: /c, content: \"" + content + "\"}]}]\n");
  yaml.replace(yaml.find("secrets: ["), 10, "secrets: [{name: big, kind: ascii, size: 65536}, ");
  cas.put(yaml);
  TestConnection connection(cas);
  ASSERT_TRUE(connection.start());
  EXPECT_EQ(check_of(connection.report_code()), "configuration.file");
}

TEST(Attestation, NamesTheFeaturesThatARuntimeMustKeep) {
  TestCas cas;
  cas.put(shop_session(
      "    image_name: image\n    memory: {sealed: true}\n    stdio: volume\n    network: {default: refuse}\n",
      "tolerate: [hyperthreading]", "images: [{name: image, volumes: [{name: v, path: /v}]}]\nvolumes: [{name: v}]\n"));
  const auto answer = TestConnection(cas).start();
  wire::CodeManifest manifest;
  ASSERT_TRUE(answer && wire::decode(answer->view(), manifest));
  EXPECT_EQ(manifest.required_features,
            (std::vector<std::string_view>{"memory.sealed", "network", "stdio.volume", "volumes"}));
}

TEST(Attestation, WithoutAttestationItSaysSoLoudly) {
  TestCas cas;
  std::string yaml = shop_session("", "mode: none, tolerate: [no-attestation]");
  cas.put(yaml);
  TestConnection connection(cas);
  connection.evidence = Bytes();
  ASSERT_TRUE(connection.start());
  EXPECT_NE(cas.audit.detail("evidence").find("NONE"), std::string::npos);
  EXPECT_TRUE(connection.report_code());
}

TEST(Attestation, TakesAOneTimePasswordOnce) {
  TestCas cas;
  std::string yaml =
      shop_session("", "tolerate: [hyperthreading], one_time_password_shared_secret: \"$$SCONE::otp$$\"");
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

// RFC 6238, 5.2: one step to either side for clocks that differ, and no more; from the first second of a step to its last.
TEST(Attestation, OneTimePasswordsHaveAWindowOfOneStep) {
  const Bytes key(20, 0x31);
  std::string secret;
  for (int index = 0; index < 20; ++index) secret += "31";
  for (const int second : {0, 29}) {
    for (int steps = -3; steps <= 3; ++steps) {
      TestCas cas;
      std::string yaml =
          shop_session("", "tolerate: [hyperthreading], one_time_password_shared_secret: \"$$SCONE::otp$$\"");
      yaml.replace(yaml.find("secrets: ["), 10, "secrets: [{name: otp, kind: binary, value: " + secret + "}, ");
      cas.put(yaml);
      const auto step = totp_step_of(cas.now);
      cas.now = utc_time_from_unix(static_cast<int64_t>(step) * kTotpStep + second);
      TestConnection connection(cas);
      char text[8];
      std::snprintf(text, sizeof(text), "%06u", totp_code(key, step + static_cast<uint64_t>(steps)));
      connection.password = text;
      EXPECT_EQ(check_of(connection.start()), std::abs(steps) <= 1 ? "" : "one-time-password")
          << steps << ' ' << second;
    }
  }
}

TEST(Attestation, RefusesSharedSecretsThatNoAppTakes) {
  TestCas cas;
  const auto put = [&](const std::string& secret) {
    std::string yaml =
        shop_session("", "tolerate: [hyperthreading], one_time_password_shared_secret: \"" + secret + "\"");
    const auto answer = cas.sessions.put(cas.owner, "shop", yaml, {});
    return answer ? "" : answer.error().check;
  };
  EXPECT_EQ(put("$$SCONE::raw$$"), "session.one-time-password");  // three bytes
  EXPECT_EQ(put("$$SCONE::pw$$"), "session.one-time-password");
  EXPECT_EQ(put("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"), "");
}

TEST(Attestation, WantsTheServiceAccessToken) {
  TestCas cas;
  std::string yaml = shop_session();
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
  std::string yaml = shop_session("    environment: {\"@@LANG\": \"\"}\n");
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
  std::string yaml = shop_session();
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
  const std::string yaml = shop_session();
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

TEST(Attestation, ReadsTheStoreOnlyForWhatChanged) {
  TestCas cas;
  const std::string yaml = shop_session();
  cas.put(yaml);
  const auto password = [&] {
    TestConnection connection(cas);
    EXPECT_TRUE(connection.start());
    const auto answer = connection.report_code();
    wire::Configuration configuration;
    EXPECT_TRUE(answer && wire::decode(answer->view(), configuration));
    return std::string(configuration.arguments.at(2));
  };
  EXPECT_EQ(password(), "canary-5c1");
  cas.store.reads = 0;
  EXPECT_EQ(password(), "canary-5c1");
  EXPECT_EQ(cas.store.reads, 0U);
  std::string next = yaml;
  next.replace(next.find("canary-5c1"), 10, "canary-5c9");
  cas.put(next + "predecessor: " + cas.sessions.hash(cas.owner, "shop").value() + "\n");
  cas.store.reads = 0;
  EXPECT_EQ(password(), "canary-5c9");
  EXPECT_EQ(cas.store.reads, 2U);  // the session and its materials
}

TEST(Attestation, DoesNothingThatIsNotRecorded) {
  TestCas cas;
  cas.put(shop_session());
  TestConnection connection(cas), later(cas);
  ASSERT_TRUE(connection.start());
  cas.audit.broken = true;
  EXPECT_EQ(connection.report_code().error().refusal, Refusal::kUnavailable);
  EXPECT_EQ(later.start().error().refusal, Refusal::kUnavailable);
  cas.audit.broken = false;
  cas.store.broken = true;
  EXPECT_EQ(TestConnection(cas).start().error().refusal, Refusal::kUnavailable);
}

TEST(Attestation, ServesSeveralConnectionsAtOnce) {
  TestCas cas;
  cas.put(shop_session());
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
