// SPDX-License-Identifier: Apache-2.0
#include "cas/audit/chain.h"

#include <gtest/gtest.h>

namespace redoubt::cas {
namespace {

AuditSigningKey test_key(uint8_t seed = 7) {
  SecretBytes raw(32);
  raw.data()[0] = seed;
  return std::move(*AuditSigningKey::from_raw(raw));
}

// Five lines of the key, each with its newline.
std::vector<std::string> lines(const AuditSigningKey& key = test_key()) {
  std::vector<std::string> made;
  AuditHead head = audit_genesis(key.public_key());
  for (int number = 0; number < 5; ++number) {
    const AuditEvent event{"session.read", "allowed", "shop/cache", "ab", {{"number", std::to_string(number)}}};
    const auto line = make_audit_line(head, event, "2026-01-31T10:00:00Z", 10u + number, key);
    made.push_back(line->text + "\n");
    head = line->head;
  }
  return made;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += part;
  return text;
}

AuditVerdict verdict(const std::string& text) { return verify_audit_log(text, test_key().public_key()); }

TEST(AuditChain, GoodLog) {
  const AuditVerdict good = verdict(joined(lines()));
  EXPECT_FALSE(good.bad) << good.bad->why;
  EXPECT_EQ(good.head.sequence, 5u);
  EXPECT_EQ(good.head.commits, 14u);
  EXPECT_FALSE(verdict("").bad);
}

TEST(AuditChain, LineReadsBack) {
  const auto record = parse_audit_line(lines()[2]);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->sequence, 3u);
  EXPECT_EQ(record->event.event, "session.read");
  EXPECT_EQ(record->event.details.at(0).second, "2");
  EXPECT_FALSE(parse_audit_line("{}"));
  EXPECT_FALSE(parse_audit_line("nothing"));
  EXPECT_FALSE(parse_audit_line(std::string(100000, '[')));
}

TEST(AuditChain, EveryByteOfEveryLineCounts) {
  const std::string good = joined(lines());
  for (size_t at = 0; at < good.size(); ++at) {
    std::string changed = good;
    changed[at] ^= 1;
    ASSERT_TRUE(verdict(changed).bad) << "byte " << at;
  }
}

TEST(AuditChain, RemovedSwappedRepeatedInserted) {
  auto removed = lines();
  removed.erase(removed.begin() + 1);
  EXPECT_EQ(verdict(joined(removed)).bad->line, 2u);
  auto first_removed = lines();
  first_removed.erase(first_removed.begin());
  EXPECT_EQ(verdict(joined(first_removed)).bad->line, 1u);
  auto swapped = lines();
  std::swap(swapped[2], swapped[3]);
  EXPECT_EQ(verdict(joined(swapped)).bad->line, 3u);
  auto repeated = lines();
  repeated.insert(repeated.begin() + 1, repeated[0]);
  EXPECT_EQ(verdict(joined(repeated)).bad->line, 2u);
  auto inserted = lines();
  inserted.insert(inserted.begin() + 4, "\n");
  EXPECT_EQ(verdict(joined(inserted)).bad->line, 5u);
}

TEST(AuditChain, OtherKeysLogIsNotOurs) {
  const AuditVerdict bad = verdict(joined(lines(test_key(8))));
  EXPECT_EQ(bad.bad->line, 1u);
  EXPECT_EQ(bad.head.sequence, 0u);
  // Whoever rewrites the chain without the key lacks the signature.
  const AuditSigningKey forger = test_key(8);
  const auto line = make_audit_line(audit_genesis(test_key().public_key()), {"e", "allowed", "", "", {}},
                                    "2026-01-31T10:00:00Z", 0, forger);
  EXPECT_NE(verdict(line->text + "\n").bad->why.find("signature"), std::string::npos);
}

TEST(AuditChain, TornTailIsToldApart) {
  const std::string good = joined(lines());
  const AuditVerdict torn = verdict(good.substr(0, good.size() - 3));
  ASSERT_TRUE(torn.bad);
  EXPECT_TRUE(torn.bad->torn);
  EXPECT_EQ(torn.head.sequence, 4u);
}

TEST(AuditChain, HostileTextStaysOnItsLine) {
  const AuditSigningKey key = test_key();
  const AuditEvent event{"code.refused", "refused", "a\n\"b", "", {{"path", "/x\xff\n{\",\"signature\":\""}}};
  const auto line = make_audit_line(audit_genesis(key.public_key()), event, "2026-01-31T10:00:00Z", 0, key);
  ASSERT_TRUE(line);
  EXPECT_EQ(line->text.find('\n'), std::string::npos);
  EXPECT_FALSE(verdict(line->text + "\n").bad);
  EXPECT_EQ(parse_audit_line(line->text)->event.session, event.session);
}

TEST(AuditKey, PemReadsBack) {
  const AuditPublicKey key = test_key().public_key();
  EXPECT_EQ(AuditPublicKey::from_pem(key.pem())->raw(), key.raw());
  EXPECT_FALSE(AuditPublicKey::from_pem("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"));
  EXPECT_FALSE(AuditPublicKey::from_pem(""));
}

}  // namespace
}  // namespace redoubt::cas
