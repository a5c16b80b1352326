// SPDX-License-Identifier: Apache-2.0
#include "policy/reader.h"

#include <algorithm>
#include <charconv>

#include "policy/syntax.h"

namespace redoubt::policy {
namespace {

// Keys that people bring from elsewhere, and what to do about them.
struct ForeignKey {
  std::string_view name;
  std::string_view hint;
};
constexpr ForeignKey kForeignKeys[] = {
    {"<<", "merge keys are not supported: write the keys out, or give the whole value an alias"},
    {"digest", "it belongs to older versions of the language: remove it; an update names its predecessor instead"},
    {"creator", "write access_policy: {read: [CREATOR], update: [CREATOR]}"},
    {"mrenclave", "write attestation: [{mrenclave: ...}]"},
    {"image", "write image_name, and describe the image under images"},
    {"args", "write everything into command"},
    {"env", "write environment"},
    {"ports", "write network: {listen: [...]}"},
};

constexpr std::string_view kEnvsubstHint = "fill in the variables of the file first (envsubst)";

std::string kind_of(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kNull: return "nothing";
    case Node::Kind::kScalar: return "text";
    case Node::Kind::kList: return "a list";
    case Node::Kind::kMap: return "a map";
    case Node::Kind::kUnknown: return "an unknown value";
  }
  return "";
}

// "$MRENCLAVE" or "${MRENCLAVE}", but not "$$SCONE::name$$".
bool looks_like_shell_variable(std::string_view text) {
  return text.size() > 1 && text[0] == '$' && (text[1] == '{' || is_letter(text[1]) || text[1] == '_');
}

}  // namespace

void Reader::error(Position at, std::string expected, std::string found, std::string hint) {
  mistakes_.push_back({Severity::kError, at, where_, std::move(expected), std::move(found), std::move(hint)});
}

void Reader::warn(Position at, std::string what, std::string hint) {
  mistakes_.push_back({Severity::kWarning, at, where_, std::move(what), "", std::move(hint)});
}

void Reader::warn_unpinned(Position at, const std::string& session, const std::string& session_hash) {
  const bool below = !own_name_.empty() && session.starts_with(own_name_ + "/");
  if (session.empty() || !session_hash.empty() || below) return;
  warn(at, "the export to " + quoted(session) + " trusts a name alone",
       "add session_hash: whoever comes to own that name gets it otherwise");
}

void Reader::wrong(const Node& node, std::string expected, std::string hint) {
  if (node.kind == Node::Kind::kUnknown) return;  // it may turn out right
  std::string found = kind_of(node);
  if (node.kind == Node::Kind::kScalar) {
    found = silent_ ? "text of " + std::to_string(node.text.size()) + " bytes" : quoted(node.text);
    if (!silent_ && looks_like_shell_variable(node.text)) hint = kEnvsubstHint;
  }
  error(node.at, std::move(expected), std::move(found), std::move(hint));
}

void Reader::wrong_word(const Node& node, const std::vector<std::string_view>& words) {
  const std::string_view near = nearest(node.text, words);
  wrong(node, listed(words), near.empty() ? "" : "did you mean " + quoted(near) + "?");
}

std::optional<std::string> Reader::text(const Node& node) {
  if (node.kind == Node::Kind::kScalar) return node.text;
  wrong(node, "text", node.kind == Node::Kind::kNull ? "write \"\" for an empty text" : "");
  return std::nullopt;
}

std::optional<std::string> Reader::full_text(const Node& node) {
  if (node.kind == Node::Kind::kScalar && !node.text.empty()) return node.text;
  wrong(node, "text that is not empty");
  return std::nullopt;
}

std::optional<int64_t> Reader::integer(const Node& node, int64_t smallest, int64_t largest) {
  int64_t number = 0;
  const char* end = node.text.data() + node.text.size();
  const bool complete = node.kind == Node::Kind::kScalar && node.plain &&
                        std::from_chars(node.text.data(), end, number).ptr == end && !node.text.empty();
  // Leading zeros would be octal to some.
  const bool octal = node.text.size() > 1 && node.text[0] == '0';
  if (complete && !octal && number >= smallest && number <= largest && node.text != "-0") return number;
  wrong(node, "a number from " + std::to_string(smallest) + " to " + std::to_string(largest),
        node.kind == Node::Kind::kScalar && !node.plain ? "write it without quotes" : "");
  return std::nullopt;
}

std::optional<bool> Reader::truth(const Node& node) {
  if (node.kind == Node::Kind::kScalar && node.plain && (node.text == "true" || node.text == "false")) {
    return node.text == "true";
  }
  wrong(node, "true or false", "write true or false, without quotes");
  return std::nullopt;
}

std::optional<std::string> Reader::hex(const Node& node, size_t size) {
  if (node.kind == Node::Kind::kScalar && node.text.size() == size * 2 &&
      std::ranges::all_of(node.text, is_hex_digit)) {
    return lower_case(node.text);
  }
  std::string hint;
  if (node.kind == Node::Kind::kScalar && std::ranges::all_of(node.text, is_hex_digit)) {
    hint = "it has " + std::to_string(node.text.size()) + " digits";
  }
  wrong(node, std::to_string(size) + " bytes as " + std::to_string(size * 2) + " hexadecimal digits", hint);
  return std::nullopt;
}

std::optional<std::string> Reader::identifier(const Node& node) {
  if (node.kind == Node::Kind::kScalar && is_identifier(node.text)) return node.text;
  wrong(node, "a name of letters, digits, - . _ ~");
  return std::nullopt;
}

std::optional<std::string> Reader::session_name(const Node& node) {
  if (node.kind == Node::Kind::kScalar && is_session_name(node.text)) return node.text;
  wrong(node, "a session name of at most 512 letters, digits, - . _ ~, with single / between namespaces");
  return std::nullopt;
}

std::optional<std::string> Reader::absolute_path(const Node& node) {
  if (node.kind == Node::Kind::kScalar && is_clean_path(node.text)) return node.text;
  wrong(node, "an absolute path without empty, . or .. parts");
  return std::nullopt;
}

std::optional<TemplateParts> Reader::variables(const Node& node, Place place, const std::vector<SecretKind>& kinds) {
  if (node.kind != Node::Kind::kScalar) {
    wrong(node, "text");
    return std::nullopt;
  }
  auto parts = parse_template(node.text);
  if (!parts) {
    error(node.at, parts.error().expected, parts.error().found, parts.error().hint);
    return std::nullopt;
  }
  for (const TemplatePart& part : *parts) {
    if (!part.variable) continue;
    references_.push_back({Target::kSecret, part.variable->name, node.at, where_,
                           "the variable " + part.variable->spelling(), kinds, part.variable, place});
  }
  return std::move(*parts);
}

void Reader::refer(Target target, const Node& node, std::string purpose, std::vector<SecretKind> kinds) {
  if (node.kind != Node::Kind::kScalar || node.text.empty()) return wrong(node, "a name");
  references_.push_back(
      {target, node.text, node.at, where_, std::move(purpose), std::move(kinds), std::nullopt, Place::kFile});
}

bool is_map(Reader& reader, const Node& node, const std::vector<std::string_view>& names) {
  if (node.kind == Node::Kind::kMap) return true;
  reader.wrong(node, "a map with keys among " + listed(names));
  return false;
}

void unknown_key(Reader& reader, const Node::Key& key, const std::vector<std::string_view>& names) {
  std::string hint;
  for (const ForeignKey& foreign : kForeignKeys) {
    if (key.text == foreign.name) hint = foreign.hint;
  }
  const std::string_view near = nearest(key.text, names);
  if (!near.empty()) hint = "did you mean " + quoted(near) + "?";
  reader.error(key.at, "a key among " + listed(names), quoted(key.text), hint);
}

void missing_key(Reader& reader, const Node& node, std::string_view name) {
  reader.error(node.at, "the key " + quoted(name), "none", "add " + std::string(name) + ": ...");
}

}  // namespace redoubt::policy
