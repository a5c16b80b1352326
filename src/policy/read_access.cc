// SPDX-License-Identifier: Apache-2.0
//
// access_policy: who may read and update a session, and create and list sessions below it.
#include <algorithm>
#include <charconv>
#include <set>
#include <string>

#include "policy/pem.h"
#include "policy/read_parts.h"
#include "policy/syntax.h"

namespace redoubt::policy {
namespace {

using enum Presence;

constexpr std::string_view kExpected =
    "CREATOR, ANY, NONE, a certificate in PEM, the SHA-256 of a public key as 64 hexadecimal digits, $$SCONE::name$$ "
    "or signer: PEM";
constexpr std::string_view kAtLeast = "require-at-least-";
constexpr int kMaxNesting = 4;

void read_member(Reader& reader, const Node& node, bool boards, int depth, std::vector<Principal>& out);

void read_signer(Reader& reader, const Node& node, std::vector<Principal>& out) {
  const Reader::Inside inside(reader, "signer");
  const auto facts = node.kind == Node::Kind::kScalar ? read_public_key(node.text) : std::nullopt;
  if (!facts || (facts->type != KeyType::kP384 && facts->type != KeyType::kEd25519)) {
    return reader.wrong(node, "a public key in PEM (BEGIN PUBLIC KEY) of type Ed25519 or P-384");
  }
  out.push_back({PrincipalKind::kSigner, node.text, 0, {}});
}

// Across a whole board, so that nobody's one signature counts in two of its groups.
void check_each_signer_once(Reader& reader, Position at, const Principal& group, std::set<std::string>& seen) {
  for (const Principal& member : group.members) {
    if (member.kind == PrincipalKind::kGroup) check_each_signer_once(reader, at, member, seen);
    if (member.kind != PrincipalKind::kSigner || seen.insert(public_key_der(member.text)).second) continue;
    reader.error(at, "each signer once in a board", "a key again", "list every signer in one group only");
  }
}

// require-all: [...] and require-at-least-N: [...]
void read_group(Reader& reader, const Node::Key& key, const Node& node, bool boards, int depth,
                std::vector<Principal>& out) {
  const Reader::Inside inside(reader, key.text);
  if (!boards) return reader.error(key.at, "a board only in update and create_sessions", quoted(key.text));
  if (depth >= kMaxNesting) {
    return reader.error(key.at, "at most " + std::to_string(kMaxNesting) + " boards inside one another", "more");
  }
  Principal group{PrincipalKind::kGroup, "", 0, {}};
  reader.each(node, [&](const Node& item) { read_member(reader, item, boards, depth + 1, group.members); });
  for (const Principal& member : group.members) {
    if (member.kind == PrincipalKind::kSigner || member.kind == PrincipalKind::kGroup) continue;
    reader.error(node.at, "signers or further boards in a board", "something else",
                 "write signer: a public key in PEM");
    break;
  }
  std::set<std::string> seen;
  if (depth == 0) check_each_signer_once(reader, key.at, group, seen);
  if (!known(&node)) {
    group.threshold = UINT32_MAX;  // nobody can meet it before all members are known
    return out.push_back(std::move(group));
  }
  const size_t count = node.items.size();
  group.threshold = static_cast<uint32_t>(count);
  if (key.text.starts_with(kAtLeast)) {
    const std::string_view digits = std::string_view(key.text).substr(kAtLeast.size());
    const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), group.threshold);
    if (problem != std::errc() || end != digits.data() + digits.size()) group.threshold = 0;
  }
  if (group.threshold == 0 || group.threshold > count) {
    reader.error(key.at, "a number from 1 to the " + std::to_string(count) + " members of the board", quoted(key.text));
  }
  out.push_back(std::move(group));
}

void read_scalar(Reader& reader, const Node& node, std::vector<Principal>& out) {
  for (const Choice<PrincipalKind>& row : kPrincipalWords) {
    if (node.text == row.word) return out.push_back({row.value, "", 0, {}});
  }
  if (node.text.starts_with("$$SCONE::")) {
    const auto parts = reader.variables(node, Place::kConfiguration);
    if (parts && parts->size() != 1) return reader.wrong(node, "one variable and nothing else");
    return out.push_back({PrincipalKind::kVariable, node.text, 0, {}});
  }
  if (node.text.size() == 64 && std::ranges::all_of(node.text, is_hex_digit)) {
    return out.push_back({PrincipalKind::kKeyHash, lower_case(node.text), 0, {}});
  }
  if (is_certificate_pem(node.text)) return out.push_back({PrincipalKind::kCertificate, node.text, 0, {}});
  const std::string_view near = nearest(node.text, {"CREATOR", "ANY", "NONE"});
  reader.wrong(node, std::string(kExpected), near.empty() ? "" : "did you mean " + std::string(near) + "?");
}

void read_member(Reader& reader, const Node& node, bool boards, int depth, std::vector<Principal>& out) {
  if (node.kind == Node::Kind::kScalar) return read_scalar(reader, node, out);
  if (node.kind != Node::Kind::kMap || node.keys.size() != 1) return reader.wrong(node, std::string(kExpected));
  const Node::Key& key = node.keys[0];
  if (key.text == "signer") return read_signer(reader, node.items[0], out);
  if (key.text == "require-all" || key.text.starts_with(kAtLeast)) {
    return read_group(reader, key, node.items[0], boards, depth, out);
  }
  unknown_key(reader, key, {"signer", "require-all", "require-at-least-N"});
}

void read_principals(Reader& reader, const Node& node, bool boards, bool changes, std::vector<Principal>& out) {
  reader.one_or_each(node, [&](const Node& item) { read_member(reader, item, boards, 0, out); });
  if (!known(&node) && out.empty()) return out.push_back({PrincipalKind::kNone, "", 0, {}});
  if (node.kind == Node::Kind::kList && node.items.empty()) {
    reader.error(node.at, "at least one entry", "none", "write NONE if nobody may");
  }
  const auto has = [&](PrincipalKind kind) { return std::ranges::find(out, kind, &Principal::kind) != out.end(); };
  if (has(PrincipalKind::kNone) && out.size() > 1) {
    reader.error(node.at, "NONE alone", "NONE beside others", "remove NONE or the others");
  }
  if (!changes && has(PrincipalKind::kSigner)) {
    reader.warn(node.at, "a signer has no effect here: requests to read and to list carry no signatures",
                "name a certificate or the hash of a key");
  }
  if (has(PrincipalKind::kAny)) {
    reader.warn(node.at,
                changes ? "insecure: ANY lets everybody change what is attested and get its secrets"
                        : "ANY lets everybody read the session, explicit values of secrets included",
                "name who may");
  }
}

constexpr Key<AccessPolicy> kKeys[] = {
    {"read", kOptional, [](Reader& r, const Node& n, AccessPolicy& p) { read_principals(r, n, false, false, p.read); }},
    {"update", kOptional,
     [](Reader& r, const Node& n, AccessPolicy& p) { read_principals(r, n, true, true, p.update); }},
    {"create_sessions", kOptional,
     [](Reader& r, const Node& n, AccessPolicy& p) { read_principals(r, n, true, true, p.create_sessions); }},
    {"list_sessions", kOptional,
     [](Reader& r, const Node& n, AccessPolicy& p) { read_principals(r, n, false, false, p.list_sessions); }},
};

}  // namespace

void read_access_policy(Reader& reader, const Node& node, AccessPolicy& policy) {
  read_map(reader, node, kKeys, policy);
}

}  // namespace redoubt::policy
