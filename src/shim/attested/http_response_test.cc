// SPDX-License-Identifier: Apache-2.0
#include "shim/attested/http_response.h"

#include <gtest/gtest.h>

#include <string>

namespace redoubt::shim::attested {
namespace {

constexpr size_t kLargest = 1000;

HeadState parse(std::string_view text, ResponseHead& head) { return parse_head(text, kLargest, head); }
HeadState parse(std::string_view text) {
  ResponseHead head;
  return parse(text, head);
}

const std::string kGood =
    "HTTP/1.1 200 OK\r\nServer: x\r\nContent-Type: application/vnd.redoubt.wire\r\ncontent-length: 5\r\n\r\n";

TEST(HttpResponse, TellsStatusSizesAndType) {
  ResponseHead head;
  ASSERT_EQ(parse(kGood + "hello", head), HeadState::kComplete);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.head_size, kGood.size());
  EXPECT_EQ(head.body_size, 5U);
  EXPECT_TRUE(head.is_wire);
  EXPECT_FALSE(head.closes);
  ASSERT_EQ(parse("HTTP/1.1 403\r\nConnection:  Close \r\nContent-Length:0\r\n\r\n", head), HeadState::kComplete);
  EXPECT_EQ(head.status, 403);
  EXPECT_EQ(head.body_size, 0U);
  EXPECT_FALSE(head.is_wire);
  EXPECT_TRUE(head.closes);
}

TEST(HttpResponse, EveryBeginningIsIncomplete) {
  for (size_t size = 0; size < kGood.size(); ++size) {
    EXPECT_EQ(parse(kGood.substr(0, size)), HeadState::kIncomplete) << size;
  }
}

TEST(HttpResponse, SaysEarlyThatItIsSomethingElse) {
  for (const char* text : {"h", "HTTP/1.0", "HTTP/2", "\x16\x03", "SSH-2.0-OpenSSH\r\n"}) {
    EXPECT_EQ(parse(text), HeadState::kMalformed) << text;
  }
  EXPECT_EQ(parse(std::string(1, '\0')), HeadState::kMalformed);
}

TEST(HttpResponse, RefusesOtherStatusLines) {
  for (const char* line : {"HTTP/1.1 20", "HTTP/1.1 2000", "HTTP/1.1 abc", "HTTP/1.1  200", "HTTP/1.1 100 Continue",
                           "HTTP/1.1 199", "HTTP/1.1 600", "HTTP/1.1 200OK", "HTTP/1.1 200 O\x01K", "HTTP/1.1 +20"}) {
    EXPECT_EQ(parse(std::string(line) + "\r\nContent-Length: 0\r\n\r\n"), HeadState::kMalformed) << line;
  }
}

TEST(HttpResponse, RefusesOtherFields) {
  for (const char* field : {"Content-Length: 1\r\nContent-Length: 1",
                            "Content-Length: ",
                            "Content-Length: -1",
                            "Content-Length: +1",
                            "Content-Length: 0x1",
                            "Content-Length: 1, 1",
                            "Content-Length: 1001",
                            "Content-Length: 9999999999",
                            "Content-Length: 99999999999999999999999999",
                            "Content-Length: 1\r\nTransfer-Encoding: identity",
                            "Content-Length: 1\r\nContent-Encoding: gzip",
                            "Content-Length: 1\r\nUpgrade: h2c",
                            "Content-Length: 1\r\nContent-Type: a\r\nContent-Type: b",
                            "Content-Length: 1\r\n folded",
                            "Content-Length : 1",
                            "Content-Length: 1\r\nno colon",
                            "Content-Length: 1\r\n: empty",
                            "Content-Length: 1\r\nA\x80: 1",
                            "Content-Length: 1\r\nA: \x7f",
                            "Content-Length: 1\r\nA: b\nc: d",
                            "Content-Length: 1\r\nA: b\rc",
                            "A: b"}) {
    EXPECT_EQ(parse("HTTP/1.1 200 OK\r\n" + std::string(field) + "\r\n\r\n"), HeadState::kMalformed) << field;
  }
}

TEST(HttpResponse, IsBounded) {
  EXPECT_EQ(parse("HTTP/1.1 200 " + std::string(kLargestHead, 'a')), HeadState::kMalformed);
  std::string many = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n";
  for (int field = 0; field < 100; ++field) many += "A: b\r\n";
  EXPECT_EQ(parse(many + "\r\n"), HeadState::kMalformed);
}

}  // namespace
}  // namespace redoubt::shim::attested
