// SPDX-License-Identifier: Apache-2.0
//
// Volumes that meet in a session: imported from others, under two names, or with one key.
#include "cas/sessions/volume_leases.h"

#include <gtest/gtest.h>

#include "cas/sessions/testing/volumes.h"
#include "cas/sessions/volume_store.h"

namespace redoubt::cas {
namespace {

const std::string kKey(64, 'b');
const std::string kOtherKey(64, 'c');

// The session "shop" imports "shared" of "owner"; `exported`: how the owner exports it.
std::string owner_session(const std::string& exported) {
  return "name: owner\nversion: \"0.3\"\nvolumes: [{name: inner, files: authenticated-only, fspf_key: $$SCONE::k$$" +
         exported + "}]\nsecrets: [{name: k, kind: binary, value: " + kKey + "}]\n";
}

TEST(VolumesTogether, OfAnotherSessionWithItsRules) {
  TestCas cas;
  cas.put(owner_session(", export: [{to: shop, update_policy: ephemeral, volume_alias: shared}]"));
  cas.put(volume_session("", ", import: {session: owner, volume: shared}"));
  Program program(cas);
  ASSERT_TRUE(program.answer) << program.answer.error().actual;
  EXPECT_EQ(program.volume().name, "data");
  EXPECT_EQ(crypto::to_hex(program.volume().key), kKey);
  EXPECT_EQ(program.volume().files, wire::VolumeFiles::kAuthenticatedOnly);
  EXPECT_EQ(program.volume().updates, wire::VolumeUpdates::kEphemeral) << "the export is stricter";

  // Taken back: the next start is refused.
  cas.put(owner_session("") + "predecessor: " + cas.sessions.hash(cas.owner, "owner").value() + "\n");
  EXPECT_EQ(check_of(Program(cas, 2).answer), "session.import");
}

TEST(VolumesTogether, AreNotGivenToWhomTheyAreNotExported) {
  const auto refused = [](const std::string& exported, const std::string& wanted) {
    TestCas cas;
    cas.put(owner_session(exported));
    const auto answer =
        cas.sessions.put(cas.owner, "shop", volume_session("", ", import: {session: " + wanted + "}"), {});
    return answer ? "" : answer.error().check;
  };
  EXPECT_EQ(refused(", export: shop", "owner, volume: inner"), "");
  EXPECT_EQ(refused("", "owner, volume: inner"), "session.import");
  EXPECT_EQ(refused(", export: other", "owner, volume: inner"), "session.import");
  EXPECT_EQ(refused(", export: shop", "owner, volume: another"), "session.import");
  EXPECT_EQ(refused(", export: [{to: shop, volume_alias: shared}]", "owner, volume: inner"), "session.import");
  EXPECT_EQ(refused(", export: [{to: {session: shop, session_hash: " + kKey + "}}]", "owner, volume: inner"),
            "session.import");
  EXPECT_EQ(refused(", export: shop", "nobody, volume: inner"), "session.import");
  EXPECT_EQ(refused(", export: shop", "shop, volume: data"), "session.import");
}

TEST(VolumesTogether, OneVolumeUnderTwoNamesIsRefused) {
  TestCas cas;
  cas.put(owner_session(", export: shop"));
  cas.put(
      shop_session("    image_name: image\n", "tolerate: [hyperthreading]",
                   "images: [{name: image, volumes: [{name: a, path: /a}, {name: b, path: /b}]}]\nvolumes: [{name: a, "
                   "import: {session: owner, volume: inner}}, {name: b, import: {session: owner, volume: inner}}]\n"));
  EXPECT_EQ(check_of(Program(cas).answer), "volume.twice");
}

// "shop" with the volumes a and b, of which its image mounts a. `secrets`: more of them.
std::string two_volumes(const std::string& a, const std::string& b, const std::string& secrets = "") {
  std::string yaml = shop_session(
      "    image_name: image\n", "tolerate: [hyperthreading]",
      "images: [{name: image, volumes: [{name: a, path: /a}]}]\nvolumes: [{name: a" + a + "}, {name: b" + b + "}]\n");
  return yaml.replace(yaml.find("secrets: ["), 10, "secrets: [" + secrets);
}

TEST(VolumesTogether, OfOneKeyAreRefusedInWhateverWordsItStands) {
  const std::string secrets = "{name: k, kind: binary, value: " + kKey + "}, {name: l, kind: binary, value: " + kKey +
                              "}, {name: m, kind: binary, size: 32}, ";
  const auto put = [&](const std::string& a, const std::string& b) {
    TestCas cas;
    cas.put(owner_session(", export: shop"));
    const auto answer = cas.sessions.put(cas.owner, "shop", two_volumes(a, b, secrets), {});
    if (!answer) {
      EXPECT_EQ((answer.error().actual + answer.error().expected).find(kKey), std::string::npos);
    }
    return answer ? "" : answer.error().check;
  };
  EXPECT_EQ(put(", fspf_key: " + kKey, ", fspf_key: " + kOtherKey), "");
  EXPECT_EQ(put(", fspf_key: " + kKey, ", fspf_key: $$SCONE::m$$"), "");
  EXPECT_EQ(put(", fspf_key: " + kKey, ", fspf_key: $$SCONE::k$$"), "volume.shared-key");
  EXPECT_EQ(put(", fspf_key: $$SCONE::l$$", ", fspf_key: $$SCONE::k$$"), "volume.shared-key");
  EXPECT_EQ(put(", fspf_key: $$SCONE::m$$", ", fspf_key: $$SCONE::m:hex$$"), "volume.shared-key");
  EXPECT_EQ(put(", import: {session: owner, volume: inner}", ", fspf_key: $$SCONE::k$$"), "volume.shared-key");
  EXPECT_EQ(put(", import: {session: owner, volume: inner}", ""), "");
  EXPECT_EQ(put(", import: {session: owner, volume: inner}", ", import: {session: owner, volume: inner}"), "")
      << "one volume under two names";
}

TEST(VolumesTogether, ThatGetTheKeyOfAnotherLaterAreRefusedAtTheStart) {
  const std::string import = ", import: {session: owner, volume: inner}";
  const auto owner = [](const std::string& key) {
    std::string yaml = owner_session(", export: shop");
    return yaml.replace(yaml.find(kKey), kKey.size(), key);
  };
  {
    TestCas cas;  // the exporter changes the key of a volume that nobody has used
    cas.put(owner(kOtherKey));
    cas.put(two_volumes(", fspf_key: " + kKey, import));
    EXPECT_TRUE(Program(cas).answer);
    cas.put(owner(kKey) + "predecessor: " + cas.sessions.hash(cas.owner, "owner").value() + "\n");
    EXPECT_EQ(check_of(Program(cas, 2).answer), "volume.shared-key");
    EXPECT_EQ(cas.audit.detail("check"), "volume.shared-key");
  }
  {
    TestCas cas;  // a volume keeps the key that it was made with when its fspf_key is taken away
    cas.put(two_volumes(", fspf_key: " + kKey, ""));
    EXPECT_TRUE(Program(cas).answer);
    const auto answer = cas.sessions.put(
        cas.owner, "shop",
        two_volumes("", ", fspf_key: " + kKey) + "predecessor: " + cas.sessions.hash(cas.owner, "shop").value() + "\n",
        {});
    EXPECT_EQ(answer ? "" : answer.error().check, "volume.shared-key");
  }
}

}  // namespace
}  // namespace redoubt::cas
