// SPDX-License-Identifier: Apache-2.0
#include "shim/net/rules.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <cstdlib>
#include <optional>

namespace redoubt::shim::net {
namespace {

// What has to be there for the test to make sense.
template <typename T>
T certain(const std::optional<T>& value) {
  if (!value) std::abort();
  return *value;
}

Address at(const char* ip, uint16_t port) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  if (inet_pton(AF_INET, ip, &v4.sin_addr) == 1) return certain(address_of(&v4, sizeof(v4)));
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  EXPECT_EQ(inet_pton(AF_INET6, ip, &v6.sin6_addr), 1) << ip;
  return certain(address_of(&v6, sizeof(v6)));
}

bool listens(const char* rule, const char* ip, uint16_t port) {
  const auto pattern = parse_listen(rule);
  EXPECT_TRUE(pattern) << rule;
  return pattern && covers(*pattern, at(ip, port));
}

bool connects(const char* rule, const char* ip, uint16_t port) {
  const auto pattern = parse_connect(rule);
  EXPECT_TRUE(pattern) << rule;
  return pattern && covers(*pattern, at(ip, port));
}

TEST(Rules, ListenAddresses) {
  EXPECT_TRUE(listens("127.0.0.1:6379", "127.0.0.1", 6379));
  EXPECT_FALSE(listens("127.0.0.1:6379", "127.0.0.2", 6379));
  EXPECT_FALSE(listens("127.0.0.1:6379", "127.0.0.1", 6380));
  EXPECT_FALSE(listens("127.0.0.1:6379", "0.0.0.0", 6379));
  EXPECT_TRUE(listens("127.0.0.1:6379", "::ffff:127.0.0.1", 6379));
  EXPECT_TRUE(listens("0.0.0.0:6379", "0.0.0.0", 6379));
  EXPECT_TRUE(listens("0.0.0.0:6379", "127.0.0.1", 6379));
  EXPECT_FALSE(listens("0.0.0.0:6379", "::", 6379)) << "a socket on :: takes IPv6 too";
  EXPECT_FALSE(listens("0.0.0.0:6379", "::1", 6379));
  EXPECT_TRUE(listens("[::]:6379", "::", 6379));
  EXPECT_TRUE(listens("[::]:6379", "::1", 6379));
  EXPECT_TRUE(listens("[::]:6379", "0.0.0.0", 6379));
  EXPECT_TRUE(listens("*:6379", "0.0.0.0", 6379));
  EXPECT_TRUE(listens("*:6379", "2001:db8::1", 6379));
  EXPECT_TRUE(listens("127.0.0.1:*", "127.0.0.1", 1));
}

TEST(Rules, WildcardsAroundARule) {
  const auto one = certain(parse_listen("127.0.0.1:80"));
  EXPECT_TRUE(overlaps(one, at("0.0.0.0", 80)));
  EXPECT_TRUE(overlaps(one, at("::", 80)));
  EXPECT_FALSE(overlaps(one, at("0.0.0.0", 81)));
  EXPECT_FALSE(overlaps(one, at("127.0.0.2", 80)));
  EXPECT_FALSE(overlaps(one, at("127.0.0.1", 80))) << "that one is covered";
  EXPECT_TRUE(overlaps(certain(parse_listen("0.0.0.0:80")), at("::", 80)));
  EXPECT_FALSE(overlaps(certain(parse_listen("[::1]:80")), at("0.0.0.0", 80)));
}

TEST(Rules, ConnectAddresses) {
  EXPECT_TRUE(connects("192.0.2.7:443", "192.0.2.7", 443));
  EXPECT_TRUE(connects("192.0.2.7:443", "::ffff:192.0.2.7", 443));
  EXPECT_FALSE(connects("192.0.2.7:443", "192.0.2.8", 443));
  EXPECT_TRUE(connects("192.0.2.0/24:443", "192.0.2.255", 443));
  EXPECT_FALSE(connects("192.0.2.0/24:443", "192.0.3.0", 443));
  EXPECT_TRUE(connects("192.0.2.0/23:443", "192.0.3.0", 443));
  EXPECT_TRUE(connects("0.0.0.0/0:443", "8.8.8.8", 443));
  EXPECT_FALSE(connects("0.0.0.0/0:443", "2001:db8::1", 443));
  EXPECT_FALSE(connects("[::/0]:443", "8.8.8.8", 443)) << "IPv6 only";
  EXPECT_TRUE(connects("[2001:db8::/33]:*", "2001:db8:7fff::1", 9));
  EXPECT_FALSE(connects("[2001:db8::/33]:*", "2001:db8:8000::1", 9));
  EXPECT_TRUE(connects("*:*", "2001:db8::1", 9));
  EXPECT_TRUE(connects("db.internal:3306", "10.1.2.3", 3306));
  EXPECT_FALSE(connects("db.internal:3306", "10.1.2.3", 3307));
  EXPECT_TRUE(connects("localhost:80", "127.9.9.9", 80));
  EXPECT_TRUE(connects("localhost:80", "::1", 80));
  EXPECT_FALSE(connects("localhost:80", "10.0.0.1", 80));
}

TEST(Rules, WhatIsNoAddress) {
  for (const char* text : {"", ":", "1.2.3.4", "1.2.3.4:", "1.2.3.4:0", "1.2.3.4:65536", "1.2.3:1", "1.2.3.4.5:1",
                           "1.2.3.256:1", "::1:80", "[::1]80", "[1::2::3]:80", "[1:2:3:4:5:6:7:8:9]:80", "[1:]:80",
                           "[12345::]:1", "1.2.3.0004:1", "[::ffff:1.2.3]:1"}) {
    EXPECT_FALSE(parse_listen(text)) << text;
  }
  for (const char* text : {"1.2.3.4/33:1", "[::/129]:1", "a b:1", "a/8:1", "host:*x", "*", ""}) {
    EXPECT_FALSE(parse_connect(text)) << text;
  }
}

TEST(Rules, AddressesAsText) {
  for (const char* ip :
       {"127.0.0.1", "::", "::1", "1::", "2001:db8::1", "2001:db8:0:1::", "1:2:3:4:5:6:7:8", "fe80::1:0:0:2"}) {
    EXPECT_EQ(ip_text_of(at(ip, 1)), ip);
    const std::string text = text_of(at(ip, 443));
    EXPECT_EQ(text.find(ip), std::string(ip).find(':') == std::string::npos ? 0U : 1U) << text;
    EXPECT_TRUE(text.ends_with(":443"));
    Pattern expected;
    expected.host = Pattern::Host::kRange;
    expected.ip = at(ip, 1).ip;
    expected.port = 443;
    EXPECT_EQ(parse_connect(text), expected);
  }
  EXPECT_EQ(text_of(at("::ffff:10.0.0.1", 5)), "10.0.0.1:5");
}

TEST(Rules, WhatAWildcardMeansAsADestination) {
  const auto meant = [](const char* any, const char* own) {
    return text_of(destination_of(at(any, 80), own == nullptr ? std::nullopt : std::optional(at(own, 5))));
  };
  EXPECT_EQ(meant("0.0.0.0", nullptr), "127.0.0.1:80");
  EXPECT_EQ(meant("0.0.0.0", "0.0.0.0"), "127.0.0.1:80");
  EXPECT_EQ(meant("0.0.0.0", "::"), "127.0.0.1:80");
  EXPECT_EQ(meant("0.0.0.0", "10.0.0.7"), "10.0.0.7:80");
  EXPECT_EQ(meant("::", "::"), "[::1]:80");
  EXPECT_EQ(meant("::", "2001:db8::1"), "[::1]:80");
  EXPECT_EQ(meant("::", "::ffff:10.0.0.7"), "127.0.0.1:80");
  EXPECT_EQ(meant("::", "::ffff:0.0.0.0"), "127.0.0.1:80");
  EXPECT_EQ(meant("::ffff:0.0.0.0", "::ffff:10.0.0.7"), "10.0.0.7:80");
}

TEST(Rules, AddressesGoBackWhereTheyCameFrom) {
  sockaddr_storage storage{};
  auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
  v4.sin_family = AF_INET;
  v4.sin_port = 0x5000;
  put_ip(at("10.0.0.7", 1), storage);
  EXPECT_EQ(text_of(certain(address_of(&storage, sizeof(v4)))), "10.0.0.7:80");
  storage = {};
  auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
  v6.sin6_family = AF_INET6;
  v6.sin6_port = 0x5000;
  v6.sin6_scope_id = 3;
  put_ip(at("2001:db8::1", 1), storage);
  EXPECT_EQ(text_of(certain(address_of(&storage, sizeof(v6)))), "[2001:db8::1]:80");
  EXPECT_EQ(v6.sin6_scope_id, 3U);
}

TEST(Rules, ShortSocketAddresses) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  EXPECT_FALSE(address_of(&v4, sizeof(v4) - 1));
  EXPECT_FALSE(address_of(&v4, 1));
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  EXPECT_TRUE(address_of(&v6, 24));
  EXPECT_FALSE(address_of(&v6, 23));
  v6.sin6_family = AF_UNIX;
  EXPECT_FALSE(address_of(&v6, sizeof(v6)));
}

}  // namespace
}  // namespace redoubt::shim::net
