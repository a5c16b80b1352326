// SPDX-License-Identifier: Apache-2.0
//
// Who may continue a volume's history: every order of leases and tags that two instances can come in.
#include "cas/sessions/volume_state.h"

#include <gtest/gtest.h>

#include "cas/sessions/volume_records.h"

namespace redoubt::cas {
namespace {

using wire::VolumeUpdates;

constexpr ByteArray<32> kFirst{1}, kSecond{2}, kStranger{9};

wire::VolumeTag tag(uint64_t sequence, uint8_t mac = 0) {
  return {sequence, {mac == 0 ? static_cast<uint8_t>(sequence) : mac}};
}

// A volume whose first instance has written the tag of sequence 10, with lease 1.
VolumeState used(VolumeUpdates updates = VolumeUpdates::kRollbackProtected) {
  VolumeState state;
  grant(state, kFirst, updates);
  keep(state, 1, tag(10));
  return state;
}

TEST(VolumeState, LeasesCountUpAndTheFirstTagEndsInitialisation) {
  VolumeState state;
  EXPECT_EQ(grant(state, kFirst, VolumeUpdates::kRollbackProtected).number, 1U);
  EXPECT_FALSE(state.initialised);
  EXPECT_EQ(judge(state, kFirst, 1, tag(1)), TagVerdict::kNew);
  keep(state, 1, tag(1));
  EXPECT_TRUE(state.initialised);
  EXPECT_EQ(state.tag.sequence, 1U);
  EXPECT_EQ(grant(state, kSecond, VolumeUpdates::kRollbackProtected).number, 2U);
}

TEST(VolumeState, TheInitialiserThatDiedIsReplaced) {
  VolumeState state;
  grant(state, kFirst, VolumeUpdates::kRollbackProtected);
  grant(state, kSecond, VolumeUpdates::kRollbackProtected);
  EXPECT_EQ(judge(state, kSecond, 2, tag(1)), TagVerdict::kNew);
  keep(state, 2, tag(1));
  // It was not dead: what it initialised is another line.
  EXPECT_EQ(judge(state, kFirst, 1, tag(1, 77)), TagVerdict::kNoLease);
  EXPECT_EQ(judge(state, kFirst, 1, tag(2)), TagVerdict::kNoLease);
}

TEST(VolumeState, OnlyLaterTagsOfTheInstanceWithTheLease) {
  const VolumeState state = used();
  EXPECT_EQ(judge(state, kFirst, 1, tag(11)), TagVerdict::kNew);
  EXPECT_EQ(judge(state, kFirst, 1, tag(10)), TagVerdict::kRepeated);  // its answer was lost
  EXPECT_EQ(judge(state, kFirst, 1, tag(10, 5)), TagVerdict::kNotLater);
  EXPECT_EQ(judge(state, kFirst, 1, tag(9)), TagVerdict::kNotLater);
  EXPECT_EQ(judge(state, kFirst, 2, tag(11)), TagVerdict::kNoLease);
  EXPECT_EQ(judge(state, kFirst, 0, tag(11)), TagVerdict::kNoLease);
  EXPECT_EQ(judge(state, kStranger, 1, tag(11)), TagVerdict::kNoLease);
  EXPECT_EQ(judge(state, kStranger, 1, tag(10)), TagVerdict::kNoLease);
}

TEST(VolumeState, TheSecondInstanceEndsTheFirstWhenItWrites) {
  VolumeState state = used();
  grant(state, kSecond, VolumeUpdates::kRollbackProtected);
  EXPECT_EQ(judge(state, kSecond, 2, tag(11, 50)), TagVerdict::kNew);
  keep(state, 2, tag(11, 50));
  EXPECT_EQ(judge(state, kFirst, 1, tag(12)), TagVerdict::kNoLease);
  EXPECT_EQ(judge(state, kFirst, 1, tag(11, 50)), TagVerdict::kNoLease);
}

TEST(VolumeState, AStartByMistakeEndsNothingAndCannotFork) {
  VolumeState state = used();
  grant(state, kSecond, VolumeUpdates::kRollbackProtected);
  keep(state, 1, tag(11));  // the first goes on
  EXPECT_EQ(judge(state, kSecond, 2, tag(12)), TagVerdict::kNoLease) << "it has not seen tag 11";
  EXPECT_EQ(judge(state, kFirst, 1, tag(12)), TagVerdict::kNew);
}

TEST(VolumeState, ManyStartsThatNeverWriteDoNotEndTheWriter) {
  VolumeState state = used();
  for (size_t start = 0; start < 3 * kMostLeases; ++start) grant(state, kSecond, VolumeUpdates::kRollbackProtected);
  EXPECT_EQ(state.leases.size(), kMostLeases);
  EXPECT_EQ(judge(state, kFirst, 1, tag(11)), TagVerdict::kNew);
  EXPECT_EQ(judge(state, kSecond, state.granted, tag(11)), TagVerdict::kNew);
  EXPECT_EQ(judge(state, kSecond, 2, tag(11)), TagVerdict::kNoLease);
}

TEST(VolumeState, EphemeralMountsMoveNoTag) {
  const VolumeState state = used(VolumeUpdates::kEphemeral);
  EXPECT_TRUE(state.initialised);
  EXPECT_EQ(judge(state, kFirst, 1, tag(11)), TagVerdict::kEphemeral);
  EXPECT_EQ(judge(state, kFirst, 1, tag(10)), TagVerdict::kRepeated);
}

TEST(VolumeState, WithoutRollbackProtectionAnyTagIsKept) {
  const VolumeState state = used(VolumeUpdates::kNoRollbackProtection);
  EXPECT_EQ(judge(state, kFirst, 1, tag(3)), TagVerdict::kNew);
  EXPECT_EQ(judge(state, kStranger, 1, tag(3)), TagVerdict::kNoLease);
}

TEST(VolumeState, TrustInTheContentsEndsWithTheNextTag) {
  VolumeState state = used();
  state.trusts_contents = true;
  grant(state, kSecond, VolumeUpdates::kRollbackProtected);
  EXPECT_EQ(judge(state, kSecond, 2, tag(4)), TagVerdict::kNew);
  keep(state, 2, tag(4));
  EXPECT_EQ(judge(state, kSecond, 2, tag(3)), TagVerdict::kNotLater);
}

TEST(VolumeState, StrictestRules) {
  using enum policy::UpdatePolicy;
  EXPECT_EQ(stricter(kRollbackProtected, kEphemeral), kEphemeral);
  EXPECT_EQ(stricter(kEphemeral, kNoRollbackProtection), kEphemeral);
  EXPECT_EQ(stricter(kNoRollbackProtection, kRollbackProtected), kRollbackProtected);
  EXPECT_EQ(stricter(kNoRollbackProtection, kNoRollbackProtection), kNoRollbackProtection);
}

TEST(VolumeRecords, ComeBackAsTheyWere) {
  VolumeState state = used();
  state.session = "shop/db";
  state.volume = "data";
  state.changed = 1755000000;
  grant(state, kSecond, VolumeUpdates::kEphemeral);
  const Bytes bytes = wire::encode(record_of(state));
  VolumeStateRecord record;
  ASSERT_TRUE(decode_record(bytes, record));
  const VolumeState again = state_of(record);
  EXPECT_EQ(again.session, "shop/db");
  EXPECT_EQ(again.tag.mac, state.tag.mac);
  ASSERT_EQ(again.leases.size(), 2U);
  EXPECT_EQ(again.leases[1].instance, kSecond);
  EXPECT_EQ(again.leases[1].updates, VolumeUpdates::kEphemeral);
  for (size_t size = 0; size < bytes.size(); ++size) {
    VolumeStateRecord cut;
    EXPECT_FALSE(decode_record(ByteView(bytes).first(size), cut));
  }
}

}  // namespace
}  // namespace redoubt::cas
