// SPDX-License-Identifier: Apache-2.0
//
// What is written is what crypto/der reads.
#include "crypto/der_writer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>

namespace redoubt::crypto {
namespace {

TEST(DerWriter, WritesWhatTheReaderReads) {
  for (const uint32_t value : {0U, 1U, 127U, 128U, 255U, 256U, 32767U, 32768U, 65535U, 0x12345678U, 0xFFFFFFFFU}) {
    const Bytes written = der_integer(value);
    EXPECT_EQ(DerReader(written).read_unsigned(UINT32_MAX), value);
  }
  for (const size_t size : {0U, 1U, 127U, 128U, 255U, 256U, 65535U}) {
    const Bytes content(size, 7), written = der_element(DerTag::kOctetString, content);
    const auto read = DerReader(written).read(DerTag::kOctetString);
    ASSERT_TRUE(read) << size;
    EXPECT_TRUE(std::ranges::equal(*read, content));
  }
  for (const char* oid : {"1.2.840.113741.1.13.1", "1.2.3", "1.2.128.0.16383.16384"}) {
    const Bytes written = der_object_identifier(oid);
    EXPECT_EQ(DerReader(written).read_object_identifier(), oid);
  }
  const Bytes written = der_sequence({der_boolean(true), der_enumerated(2)});
  DerReader sequence = *DerReader(written).read_sequence();
  EXPECT_EQ(sequence.read_boolean(), true);
  EXPECT_EQ(sequence.read_unsigned(2, DerTag::kEnumerated), 2U);
  EXPECT_TRUE(sequence.at_end());
}

}  // namespace
}  // namespace redoubt::crypto
