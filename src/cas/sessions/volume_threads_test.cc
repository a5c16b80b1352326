// SPDX-License-Identifier: Apache-2.0
//
// Many connections at the same time, as CAS's threads have them: each Attestation is one thread's, what they share is the service, the
// store, the audit log and the caches. Run it under ThreadSanitizer, too (docs/debugging.md).
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "cas/sessions/testing/volumes.h"
#include "cas/sessions/volume_owner.h"
#include "cas/sessions/volume_store.h"

namespace redoubt::cas {
namespace {

constexpr int kConnections = 8;
constexpr uint64_t kTags = 40;

std::string session_of(const std::string& name) { return volume_session().replace(6, 4, name); }

// A program whose session need not be "shop".
struct Instance {
  Instance(TestCas& cas, int number, const std::string& session) : connection(cas, static_cast<uint8_t>(number + 1)) {
    connection.session = session;
  }
  // "": it has its lease.
  std::string start() {
    if (const auto started = connection.start(); !started) return started.error().check;
    const auto answer = connection.report_code();
    if (!answer) return answer.error().check;
    return wire::decode(answer->view(), configuration) && configuration.volumes.size() == 1 ? "" : "configuration";
  }
  std::string send_tag(uint64_t sequence) {
    const wire::MountedVolume& volume = configuration.volumes[0];
    return check_of(connection.attestation.volume_tag(wire::encode(wire::VolumeTagRequest{
        .volume = volume.id, .lease = volume.lease, .tag = {sequence, {static_cast<uint8_t>(volume.lease)}}})));
  }
  wire::VolumeTag kept(const Store& store) const {
    return read_state(store, configuration.volumes[0].id).value()->state.tag;
  }

  TestConnection connection;
  wire::Configuration configuration;
};

template <typename Work>
void at_the_same_time(int count, Work work) {
  std::vector<std::thread> threads;
  threads.reserve(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) threads.emplace_back(work, i);
  for (std::thread& thread : threads) thread.join();
}

TEST(VolumeThreads, EachVolumeHasTheLastTagOfItsProgram) {
  TestCas cas;
  for (int i = 0; i < kConnections; ++i) cas.put(session_of("s" + std::to_string(i)));
  std::vector<std::unique_ptr<Instance>> instances;
  instances.reserve(kConnections);
  for (int i = 0; i < kConnections; ++i) {
    instances.push_back(std::make_unique<Instance>(cas, i, "s" + std::to_string(i)));
  }
  std::atomic<bool> stop = false;
  std::thread owner([&] {  // looks at the volumes, and updates sessions under the programs
    for (int round = 0; !stop; ++round) {
      const std::string name = "s" + std::to_string(round % kConnections);
      const auto reports = cas.sessions.volumes(cas.owner, name);
      EXPECT_TRUE(reports && reports->size() == 1);
      if (round % 5 != 0) continue;
      const std::string predecessor = cas.sessions.hash(cas.owner, name).value();
      const auto put = cas.sessions.put(cas.owner, name, session_of(name) + "predecessor: " + predecessor + "\n", {});
      EXPECT_TRUE(put) << put.error().check << ": " << put.error().actual;
    }
  });
  at_the_same_time(kConnections, [&](int i) {
    EXPECT_EQ(instances[i]->start(), "");
    for (uint64_t tag = 1; tag <= kTags; ++tag) EXPECT_EQ(instances[i]->send_tag(tag), "");
  });
  stop = true;
  owner.join();
  for (const auto& instance : instances) EXPECT_EQ(instance->kept(cas.store).sequence, kTags);
  EXPECT_EQ(cas.service.volume_leases(), static_cast<uint64_t>(kConnections));
}

// All start in one session, whose volume is then written to by several for a moment: whoever writes ends the older leases, and no
// tag that was acknowledged is ever replaced by an older one or one of an ended lease.
TEST(VolumeThreads, OneVolumeHasOneWriter) {
  TestCas cas;
  cas.put(volume_session());
  std::vector<std::unique_ptr<Instance>> instances;
  instances.reserve(kConnections);
  for (int i = 0; i < kConnections; ++i) instances.push_back(std::make_unique<Instance>(cas, i, "shop"));
  struct Told {
    uint64_t acknowledged = 0;
    std::string refusal;
  };
  std::vector<Told> told(kConnections);
  at_the_same_time(kConnections, [&](int i) {
    Told& mine = told[i];
    mine.refusal = instances[i]->start();
    for (uint64_t tag = 1; tag <= kTags && mine.refusal.empty(); ++tag) {
      const uint64_t sequence = 1000 * instances[i]->configuration.volumes[0].lease + tag;
      mine.refusal = instances[i]->send_tag(sequence);
      if (mine.refusal.empty()) mine.acknowledged = sequence;
    }
  });
  uint64_t last = 0;
  for (const Told& each : told) {
    EXPECT_TRUE(each.refusal.empty() || each.refusal == "volume.lease" || each.refusal == "volume.tag" ||
                each.refusal == "volume.conflict")
        << each.refusal;
    last = std::max(last, each.acknowledged);
  }
  const auto one =
      std::ranges::find_if(instances, [](const auto& each) { return !each->configuration.volumes.empty(); });
  ASSERT_NE(one, instances.end());
  const wire::VolumeTag kept = (*one)->kept(cas.store);
  EXPECT_EQ(kept.sequence, last);
  EXPECT_EQ(kept.mac[0], kept.sequence / 1000) << "a tag stays with its lease";
}

// A tag whose answer was lost is sent again, perhaps while CAS still works at the first: both are acknowledged.
TEST(VolumeThreads, OneInstanceOnSeveralConnections) {
  TestCas cas;
  cas.put(volume_session());
  const crypto::P256SigningKey key = crypto::P256SigningKey::generate().value();
  Instance first(cas, 0, "shop");
  first.connection.instance_key = key.public_key().coordinates();
  ASSERT_EQ(first.start(), "");
  std::vector<std::unique_ptr<Attestation>> connections;
  connections.reserve(kConnections);
  for (int i = 0; i < kConnections; ++i) {
    const ByteArray<32> exporter{static_cast<uint8_t>(100 + i)};
    auto& one = connections.emplace_back(
        std::make_unique<Attestation>(cas.service, Exporters{.attestation = {1}, .instance = exporter}));
    wire::ChallengeReply reply;
    const auto challenge = one->instance_challenge();
    ASSERT_TRUE(challenge && wire::decode(challenge->view(), reply));
    const Bytes message = instance_message({exporter, cas.key, reply.nonce});
    ASSERT_EQ(check_of(one->instance(wire::encode(wire::InstanceHello{.instance_key = key.public_key().coordinates(),
                                                                      .signature = key.sign(message).value()}))),
              "");
  }
  const wire::MountedVolume& volume = first.configuration.volumes[0];
  for (uint64_t tag = 1; tag <= 20; ++tag) {
    const Bytes request = wire::encode(
        wire::VolumeTagRequest{.volume = volume.id, .lease = volume.lease, .tag = {tag, {static_cast<uint8_t>(tag)}}});
    at_the_same_time(kConnections, [&](int i) { EXPECT_EQ(check_of(connections[i]->volume_tag(request)), ""); });
  }
  EXPECT_EQ(first.kept(cas.store).sequence, 20U);
}

}  // namespace
}  // namespace redoubt::cas
