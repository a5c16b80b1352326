// SPDX-License-Identifier: Apache-2.0
//
// Volumes from a program's first start on: what it is given, what its tags do, what a second one gets, and what a session's update
// and a restart of CAS change.
#include "cas/sessions/volume_leases.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "cas/sessions/testing/volumes.h"
#include "cas/sessions/volume_store.h"

namespace redoubt::cas {
namespace {

const std::string kKey(64, 'b');
const std::string kOtherKey(64, 'c');
const std::string kGivenTag = "0000000000000007" + std::string(64, 'd');

TEST(Volumes, AreMadeAtTheFirstStartAndInitialisedOnce) {
  TestCas cas;
  cas.put(volume_session());
  Program first(cas);
  ASSERT_TRUE(first.answer) << first.answer.error().actual;
  ASSERT_EQ(first.configuration.volumes.size(), 1U);
  EXPECT_EQ(first.volume().name, "data");
  EXPECT_EQ(first.volume().mount_path, "/data");
  EXPECT_EQ(first.volume().lease, 1U);
  EXPECT_TRUE(first.volume().initialise);
  EXPECT_NE(first.volume().key, (ByteArray<32>{}));
  EXPECT_NE(first.volume().id, (ByteArray<16>{}));
  EXPECT_NE(cas.audit.all().find("volume.first-use allowed shop"), std::string::npos);

  EXPECT_EQ(first.send_tag(1), "");
  EXPECT_NE(cas.audit.all().find("volume.initialised allowed shop"), std::string::npos);
  const size_t events = cas.audit.events.size();
  EXPECT_EQ(first.send_tag(2), "");
  EXPECT_EQ(cas.audit.events.size(), events) << "not every tag is recorded";

  Program second(cas, 2);
  EXPECT_EQ(second.volume().id, first.volume().id);
  EXPECT_EQ(second.volume().key, first.volume().key);
  EXPECT_EQ(second.volume().lease, 2U);
  EXPECT_FALSE(second.volume().initialise);
  EXPECT_EQ(second.volume().tag.sequence, 2U);
  EXPECT_EQ(cas.service.volume_leases(), 2U);
  EXPECT_NE(cas.audit.all().find("volume.lease allowed shop"), std::string::npos);
}

TEST(Volumes, KilledBeforeTheFirstTagTheNextInitialises) {
  TestCas cas;
  cas.put(volume_session());
  Program first(cas);
  Program second(cas, 2);
  EXPECT_TRUE(second.volume().initialise);
  EXPECT_EQ(second.volume().lease, 2U);
  EXPECT_EQ(second.volume().key, first.volume().key);
  EXPECT_EQ(second.send_tag(1, 5), "");
  EXPECT_EQ(first.send_tag(1, 6), "volume.lease");
  EXPECT_EQ(cas.audit.last(), "volume.tag/refused");
  EXPECT_EQ(cas.audit.detail("check"), "volume.lease");
  // A refusal ends the connection.
  EXPECT_EQ(first.send_tag(2), "request.order");
}

TEST(Volumes, TheSecondInstanceEndsTheFirst) {
  TestCas cas;
  cas.put(volume_session());
  Program first(cas);
  EXPECT_EQ(first.send_tag(1), "");
  Program second(cas, 2);
  EXPECT_EQ(second.send_tag(2, 9), "");
  EXPECT_EQ(cas.audit.last(), "volume.leases-ended/allowed");
  EXPECT_EQ(first.send_tag(3), "volume.lease");
}

TEST(Volumes, TagsGoForwardOnly) {
  for (const uint64_t sequence : {uint64_t{4}, uint64_t{5}}) {
    TestCas cas;
    cas.put(volume_session());
    Program program(cas);
    EXPECT_EQ(program.send_tag(5), "");
    EXPECT_EQ(program.send_tag(5), "") << "the answer was lost, it asks again";
    EXPECT_EQ(program.send_tag(sequence, 7), "volume.tag");
    EXPECT_EQ(cas.audit.detail("expected").find("after number 5") != std::string::npos, true);
  }
}

TEST(Volumes, AForeignInstanceAndAnUnknownVolume) {
  TestCas cas;
  cas.put(volume_session());
  Program owner(cas);
  EXPECT_EQ(owner.send_tag(1), "");
  cas.put("name: other\nversion: \"0.3\"\nservices: [{name: cache, attestation: {mrenclave: " + test_measurement() +
          "}, code: {/a: " + kTestHash + "}, command: [/a]}]\nsecurity: {attestation: {tolerate: [hyperthreading]}}\n");
  TestConnection foreign(cas, 3);
  foreign.session = "other";
  ASSERT_TRUE(foreign.start());
  ASSERT_TRUE(foreign.report_code());
  EXPECT_EQ(check_of(foreign.attestation.volume_tag(owner.tag_request(2))), "volume.lease");

  Program again(cas, 4);
  wire::VolumeTagRequest unknown{.volume = {1, 2, 3}, .lease = 1, .tag = {9, {}}};
  EXPECT_EQ(check_of(again.connection.attestation.volume_tag(wire::encode(unknown))), "volume.unknown");
}

TEST(Volumes, TagsNeedAnAttestedConnection) {
  TestCas cas;
  cas.put(volume_session());
  const Program program(cas);
  for (int steps = 0; steps < 3; ++steps) {
    TestConnection stranger(cas, 9);
    if (steps == 1) static_cast<void>(stranger.attestation.instance_challenge());
    if (steps == 2) static_cast<void>(stranger.start());  // attested, and its code not verified yet
    EXPECT_EQ(check_of(stranger.attestation.volume_tag(program.tag_request(1))), "request.order") << steps;
  }
}

TEST(Volumes, MalformedTags) {
  TestCas cas;
  cas.put(volume_session());
  for (size_t size = 0; size < 64; size += 7) {
    Program program(cas);
    const Bytes whole = program.tag_request(1);
    EXPECT_EQ(check_of(program.connection.attestation.volume_tag(ByteView(whole).first(size))), "request.form");
  }
  Program program(cas);
  Bytes longer = program.tag_request(1);
  longer.push_back(0);
  EXPECT_EQ(check_of(program.connection.attestation.volume_tag(longer)), "request.form");
}

TEST(Volumes, ATagThatCannotBeKeptIsNotAcknowledged) {
  TestCas cas;
  cas.put(volume_session());
  Program program(cas);
  EXPECT_EQ(program.send_tag(1), "");
  cas.store.read_only = true;
  EXPECT_EQ(program.send_tag(2), "cas.unavailable");
  cas.store.read_only = false;
  EXPECT_EQ(Program(cas, 2).volume().tag.sequence, 1U);
}

TEST(Volumes, NoLeaseWithoutTheAuditLog) {
  TestCas cas;
  cas.put(volume_session());
  TestConnection connection(cas);
  ASSERT_TRUE(connection.start());
  cas.audit.broken = true;
  EXPECT_EQ(check_of(connection.report_code()), "cas.unavailable");
  cas.audit.broken = false;
  EXPECT_EQ(Program(cas, 2).volume().lease, 1U);
}

TEST(Volumes, ALeaseThatMeetsATagIsGivenAfterIt) {
  TestCas cas;
  cas.put(volume_session());
  Program first(cas);
  EXPECT_EQ(first.send_tag(1), "");
  TestConnection second(cas, 2);
  ASSERT_TRUE(second.start());
  cas.store.before_commit = [&] { EXPECT_EQ(first.send_tag(2), ""); };
  const auto answer = second.report_code();
  ASSERT_TRUE(answer);
  wire::Configuration configuration;
  ASSERT_TRUE(wire::decode(answer->view(), configuration));
  EXPECT_EQ(configuration.volumes.at(0).tag.sequence, 2U);
}

TEST(Volumes, ARestartOfCasForgetsNothing) {
  TestCas cas;
  cas.put(volume_session());
  Program program(cas);
  EXPECT_EQ(program.send_tag(1), "");
  // Another CAS on the same store: no caches, no connections.
  std::vector<std::unique_ptr<attest::EvidenceVerifier>> verifiers;
  verifiers.push_back(cas.maker.verifier());
  AttestationService restarted(cas.store, cas.audit, std::move(verifiers), cas.key, [&] { return cas.now; });
  VolumeStateRecord record;
  const auto stored = cas.store.get(RecordKind::kVolumeState, state_record_name(program.volume().id));
  ASSERT_TRUE(stored && *stored);
  ASSERT_TRUE(decode_record((*stored)->bytes.view(), record));
  EXPECT_EQ(record.tag.sequence, 1U);
  ASSERT_EQ(record.leases.size(), 1U);
  EXPECT_EQ(record.leases[0].number, 1U);
  EXPECT_EQ(as_text((*stored)->bytes.view()).find(as_text(program.volume().key)), std::string_view::npos);
}

TEST(Volumes, StayWhenTheirSessionIsUpdated) {
  TestCas cas;
  cas.put(volume_session());
  Program before(cas);
  EXPECT_EQ(before.send_tag(1), "");
  const auto put = [&](const std::string& yaml) {
    cas.put(yaml + "predecessor: " + cas.sessions.hash(cas.owner, "shop").value() + "\n");
  };
  put(volume_session("", "", "salt: 000102030405060708090a0b0c0d0e0f\n"));
  EXPECT_EQ(Program(cas, 2).volume().key, before.volume().key);
  put(shop_session());  // the volume is gone
  EXPECT_TRUE(Program(cas, 3).configuration.volumes.empty());
  put(volume_session());  // and back
  const Program after(cas, 4);
  EXPECT_EQ(after.volume().key, before.volume().key);
  EXPECT_EQ(after.volume().tag.sequence, 1U);
}

TEST(Volumes, TakeAKeyThatIsGivenAndKeepIt) {
  for (const std::string& key : {"fspf_key: " + kKey, std::string("fspf_key: $$SCONE::k$$")}) {
    TestCas cas;
    const auto with = [&](const std::string& volume, const std::string& value) {
      std::string yaml = volume_session("", volume);
      return yaml.replace(yaml.find("secrets: ["), 10, "secrets: [{name: k, kind: binary, value: " + value + "}, ");
    };
    cas.put(with(", " + key, kKey));
    Program program(cas);
    EXPECT_EQ(crypto::to_hex(program.volume().key), kKey);
    EXPECT_EQ(program.send_tag(1), "");
    const auto put = [&](const std::string& yaml) {
      cas.put(yaml + "predecessor: " + cas.sessions.hash(cas.owner, "shop").value() + "\n");
    };
    put(with("", kOtherKey));
    EXPECT_EQ(crypto::to_hex(Program(cas, 2).volume().key), kKey) << "without fspf_key it keeps the key it has";
    put(with(", fspf_key: " + kOtherKey, kOtherKey));
    EXPECT_EQ(check_of(Program(cas, 3).answer), "volume.key");
    put(with(", files: authenticated-only, fspf_key: " + kKey, kOtherKey));
    EXPECT_EQ(check_of(Program(cas, 4).answer), "volume.files");
    EXPECT_EQ(cas.audit.all().find(kKey), std::string::npos);
  }
}

TEST(Volumes, BeginFromAGivenTag) {
  TestCas cas;
  cas.put(volume_session("", ", files: authenticated-only, fspf_key: " + kKey + ", fspf_tag: " + kGivenTag));
  Program program(cas);
  ASSERT_TRUE(program.answer);
  EXPECT_FALSE(program.volume().initialise);
  EXPECT_EQ(program.volume().tag.sequence, 7U);
  EXPECT_EQ(program.volume().tag.mac[31], 0xdd);
  EXPECT_EQ(program.volume().files, wire::VolumeFiles::kAuthenticatedOnly);
  EXPECT_EQ(program.send_tag(8), "");
  EXPECT_EQ(Program(cas, 2).volume().tag.sequence, 8U) << "a later tag counts more than the one that was given";
}

TEST(Volumes, MayHoldTheCode) {
  for (const bool is_code : {false, true}) {
    TestCas cas;
    std::string yaml = volume_session("", ", files: authenticated-only, fspf_key: " + kKey);
    const size_t code = yaml.find("code: {");
    if (is_code) yaml.replace(code, yaml.find('}', code) + 1 - code, "code: {volume: data}");
    cas.put(yaml);
    Program program(cas);
    ASSERT_TRUE(program.answer);
    EXPECT_EQ(program.volume().is_code, is_code);
    wire::CodeManifest manifest;
    const auto answer = TestConnection(cas, 2).start();
    ASSERT_TRUE(answer && wire::decode(answer->view(), manifest));
    EXPECT_EQ(std::ranges::count(manifest.required_features, "volumes.code"), is_code ? 1 : 0);
  }
}

TEST(Volumes, EphemeralMountsKeepTheFirstTag) {
  TestCas cas;
  cas.put(volume_session(", update_policy: ephemeral"));
  Program program(cas);
  EXPECT_EQ(program.volume().updates, wire::VolumeUpdates::kEphemeral);
  EXPECT_EQ(program.send_tag(1), "");
  EXPECT_EQ(program.send_tag(2), "volume.ephemeral");
  EXPECT_EQ(Program(cas, 2).volume().tag.sequence, 1U);
}

TEST(Volumes, WithoutRollbackProtectionOnlyWhenNoMountWantsIt) {
  const std::string two_images =
      "images: [{name: image, volumes: [{name: data, path: /data, update_policy: no_rollback_protection}]}, "
      "{name: other, volumes: [{name: data, path: /d, update_policy: POLICY}]}]\nvolumes: [{name: data}]\n";
  const auto updates = [&](const std::string& policy) {
    TestCas cas;
    std::string rest = two_images;
    rest.replace(rest.find("POLICY"), 6, policy);
    cas.put(shop_session("    image_name: image\n", "tolerate: [hyperthreading]", rest));
    Program program(cas);
    EXPECT_EQ(program.send_tag(9), "");
    const std::string older = program.send_tag(3);
    EXPECT_EQ(older, policy == "no_rollback_protection" ? "" : "volume.tag");
    return program.volume().updates;
  };
  EXPECT_EQ(updates("no_rollback_protection"), wire::VolumeUpdates::kNoRollbackProtection);
  EXPECT_EQ(updates("rollback_protected"), wire::VolumeUpdates::kRollbackProtected);
}

TEST(Volumes, TagTextsComeBack) {
  const auto tag = tag_of_text(kGivenTag);
  ASSERT_TRUE(tag);
  EXPECT_EQ(tag_text(*tag), kGivenTag);
  EXPECT_FALSE(tag_of_text("00"));
  EXPECT_FALSE(tag_of_text(kGivenTag + "00"));
}

}  // namespace
}  // namespace redoubt::cas
