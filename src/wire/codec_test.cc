// SPDX-License-Identifier: Apache-2.0
//
// Messages survive the way there and back; nothing else decodes.
#include "wire/codec.h"

#include <gtest/gtest.h>

#include "wire/attest_protocol.h"
#include "wire/las_protocol.h"
#include "wire/launch_request.h"

namespace redoubt::wire {
namespace {

AttestRequest example() {
  AttestRequest request;
  request.session = "shop/cache";
  request.service = "redis";
  request.instance_key.fill(7);
  request.evidence = as_bytes("quote");
  request.host_arguments = {"one", ""};
  request.host_environment = {{"HOME", "/root"}, {"HOME", "/"}};
  return request;
}

TEST(Codec, RoundTrip) {
  const Bytes bytes = encode(example());
  AttestRequest read;
  ASSERT_TRUE(decode(bytes, read));
  EXPECT_EQ(read.session, "shop/cache");
  EXPECT_EQ(read.instance_key, example().instance_key);
  EXPECT_EQ(as_text(read.evidence), "quote");
  ASSERT_EQ(read.host_arguments.size(), 2u);
  EXPECT_EQ(read.host_arguments[1], "");
  ASSERT_EQ(read.host_environment.size(), 2u);
  EXPECT_EQ(read.host_environment[1].value, "/");
}

TEST(Codec, EveryTruncationIsRefused) {
  const Bytes bytes = encode(example());
  for (size_t size = 0; size < bytes.size(); ++size) {
    AttestRequest read;
    EXPECT_FALSE(decode(ByteView(bytes).first(size), read)) << size;
  }
}

TEST(Codec, NothingMayFollow) {
  Bytes bytes = encode(LasChallenge{});
  LasChallenge read;
  ASSERT_TRUE(decode(bytes, read));
  bytes.push_back(0);
  EXPECT_FALSE(decode(bytes, read));
}

TEST(Codec, FlagsAndChoicesAreInRange) {
  Bytes request = encode(LasRequest{});
  request.back() = 2;
  LasRequest read;
  EXPECT_FALSE(decode(request, read));

  CodeEntry link;
  link.kind = CodeKind::kLink;
  Bytes entry = encode(link);
  CodeEntry entry_read;
  ASSERT_TRUE(decode(entry, entry_read));
  entry[4] = 2;
  EXPECT_FALSE(decode(entry, entry_read));
}

// A count that the rest of the message cannot hold must not make memory for it.
TEST(Codec, HugeCountsAreRefused) {
  const Bytes bytes = {0xff, 0xff, 0xff, 0xff, 1, 0, 0};
  TemplateRequest read;
  EXPECT_FALSE(decode(bytes, read));
  EXPECT_LE(read.templates.capacity(), 16u);
}

}  // namespace
}  // namespace redoubt::wire
