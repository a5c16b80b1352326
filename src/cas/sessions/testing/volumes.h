// SPDX-License-Identifier: Apache-2.0
//
// A session with volumes and programs that start in it, for tests of leases and tags. Only tests include this.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "cas/sessions/instance_hello.h"
#include "cas/sessions/testing/attester.h"
#include "crypto/signing_key.h"
#include "wire/instance_protocol.h"

namespace redoubt::cas {

// The session "shop" whose service mounts "data" at /data. `mount`: further keys of the mount; `volume`: of the volume.
inline std::string volume_session(const std::string& mount = "", const std::string& volume = "",
                                  const std::string& rest = "") {
  return shop_session("    image_name: image\n", "tolerate: [hyperthreading]",
                      "images: [{name: image, volumes: [{name: data, path: /data" + mount +
                          "}]}]\nvolumes: [{name: data" + volume + "}]\n" + rest);
}

// A program that attested, with what it was given.
struct Program {
  explicit Program(TestCas& cas, uint8_t channel = 1) : connection(cas, channel) {
    const auto started = connection.start();
    EXPECT_TRUE(started) << check_of(started);
    answer = connection.report_code();
    if (answer) {
      EXPECT_TRUE(wire::decode(answer->view(), configuration));
    }
  }
  const wire::MountedVolume& volume(size_t index = 0) const { return configuration.volumes.at(index); }

  // The check that refused, "" when the tag was kept. Of the volume it was given, with its lease.
  std::string send_tag(uint64_t sequence, uint8_t mac = 1) { return send_tag(connection.attestation, sequence, mac); }
  std::string send_tag(Attestation& on, uint64_t sequence, uint8_t mac = 1) const {
    return check_of(on.volume_tag(tag_request(sequence, mac)));
  }
  Bytes tag_request(uint64_t sequence, uint8_t mac = 1) const {
    return wire::encode(
        wire::VolumeTagRequest{.volume = volume().id, .lease = volume().lease, .tag = {sequence, {mac}}});
  }

  TestConnection connection;
  Answer<SecretBytes> answer;
  wire::Configuration configuration;
};

}  // namespace redoubt::cas
