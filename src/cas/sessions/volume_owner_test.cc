// SPDX-License-Identifier: Apache-2.0
//
// What owners see of their volumes, and the way out when a directory was lost or put back.
#include "cas/sessions/volume_owner.h"

#include <gtest/gtest.h>

#include "cas/sessions/testing/volumes.h"

namespace redoubt::cas {
namespace {

struct OwnerTest : testing::Test {
  void SetUp() override { cas.put(volume_session()); }
  VolumeReport report() {
    auto reports = cas.sessions.volumes(cas.owner, "shop");
    EXPECT_TRUE(reports && reports->size() == 1U);
    return reports ? reports->at(0) : VolumeReport{};
  }
  std::string forget(const Client& client, Contents contents = Contents::kForget, const std::string& volume = "data",
                     const BoardSignatures& signatures = {}) {
    const auto answer = cas.sessions.forget_volume(client, "shop", volume, contents, signatures);
    return answer ? "" : answer.error().check;
  }

  TestCas cas;
  const Client stranger = make_client("stranger");
};

TEST_F(OwnerTest, SeesStateLeaseAndTagAndNeverAKey) {
  EXPECT_EQ(report().state, "none");
  Program program(cas);
  EXPECT_EQ(report().state, "initialising");
  EXPECT_EQ(report().lease, 1U);
  EXPECT_EQ(program.send_tag(3), "");
  const VolumeReport used = report();
  EXPECT_EQ(used.state, "tag");
  EXPECT_EQ(used.tag.sequence, 3U);
  EXPECT_EQ(used.files, "encrypted");
  EXPECT_EQ(used.id, crypto::to_hex(program.volume().id));
  EXPECT_FALSE(used.key_given);
  EXPECT_EQ(used.instance.size(), 64U);
  EXPECT_EQ(cas.sessions.volumes(stranger, "shop").error().check, "session.access-policy");
  EXPECT_EQ(cas.sessions.volumes(cas.owner, "none").error().check, "session.name");
}

TEST_F(OwnerTest, SeesVolumesThatTheSessionDoesNotNameAnyMore) {
  Program program(cas);
  EXPECT_EQ(program.send_tag(1), "");
  cas.put(shop_session("", "tolerate: [hyperthreading]",
                       "predecessor: " + cas.sessions.hash(cas.owner, "shop").value() + "\n"));
  EXPECT_EQ(report().name, "data");
  EXPECT_FALSE(report().in_session);
}

TEST_F(OwnerTest, ForgettingBeginsAnewAndKeepsTheOldKey) {
  Program before(cas);
  EXPECT_EQ(before.send_tag(5), "");
  EXPECT_EQ(forget(stranger), "session.access-policy");
  EXPECT_EQ(cas.audit.last(), "volume.forgotten/refused");
  EXPECT_EQ(forget(cas.owner), "");
  EXPECT_EQ(cas.audit.last(), "volume.forgotten/allowed");
  EXPECT_EQ(report().state, "none");
  EXPECT_EQ(before.send_tag(6), "volume.lease") << "what runs is cut off";

  Program after(cas, 2);
  EXPECT_TRUE(after.volume().initialise);
  EXPECT_EQ(after.volume().lease, 1U);
  EXPECT_NE(after.volume().id, before.volume().id);
  EXPECT_NE(after.volume().key, before.volume().key);
  EXPECT_EQ(after.send_tag(1), "");
  const auto kept = read_volume(cas.store, "shop#data#" + crypto::to_hex(before.volume().id));
  ASSERT_TRUE(kept && kept->exists());
  EXPECT_TRUE(std::ranges::equal(kept->key.view(), before.volume().key));
  // And once more: a record that was forgotten before.
  EXPECT_EQ(forget(cas.owner), "");
  EXPECT_TRUE(Program(cas, 3).volume().initialise);
}

TEST_F(OwnerTest, TrustingTakesWhateverIsThereOnce) {
  Program before(cas);
  EXPECT_EQ(forget(cas.owner, Contents::kTrust), "volume.contents") << "there are none";
  Program again(cas, 2);
  EXPECT_EQ(again.send_tag(9), "");
  EXPECT_EQ(forget(cas.owner, Contents::kTrust), "");
  EXPECT_EQ(report().state, "trust");
  EXPECT_EQ(again.send_tag(10), "volume.lease");
  Program after(cas, 3);
  EXPECT_FALSE(after.volume().initialise);
  EXPECT_EQ(after.volume().key, again.volume().key);
  EXPECT_TRUE(after.volume().as_found);
  EXPECT_EQ(after.volume().updates, wire::VolumeUpdates::kRollbackProtected) << "from its first tag on";
  EXPECT_EQ(after.send_tag(4), "");
  EXPECT_EQ(report().state, "tag");
  EXPECT_FALSE(Program(cas, 4).volume().as_found);
}

TEST_F(OwnerTest, NothingToForget) {
  EXPECT_EQ(forget(cas.owner), "");
  EXPECT_EQ(forget(cas.owner, Contents::kForget, "other"), "volume.name");
  EXPECT_EQ(forget(cas.owner, Contents::kForget, "data#x"), "volume.name");
  EXPECT_EQ(cas.sessions.forget_volume(cas.owner, "none", "data", Contents::kForget, {}).error().check, "session.name");
}

TEST_F(OwnerTest, ABoardSignsForOneVolumeAsItIs) {
  const BoardMember member;
  cas.put(volume_session("", "",
                         "predecessor: " + cas.sessions.hash(cas.owner, "shop").value() +
                             "\naccess_policy: {read: [CREATOR], update: [" + member.principal() + "]}\n"));
  Program program(cas);
  EXPECT_EQ(program.send_tag(1), "");
  const std::string id = report().id;
  EXPECT_EQ(forget(cas.owner), "session.access-policy");
  const std::string text = forget_text("shop", "data", id, Contents::kForget);
  EXPECT_EQ(forget(cas.owner, Contents::kTrust, "data", {member.sign(text)}), "session.access-policy");
  EXPECT_EQ(forget(cas.owner, Contents::kForget, "data", {member.sign(text)}), "");
  Program next(cas, 2);
  EXPECT_EQ(forget(cas.owner, Contents::kForget, "data", {member.sign(text)}), "session.access-policy") << "another id";
}

}  // namespace
}  // namespace redoubt::cas
