// SPDX-License-Identifier: Apache-2.0
//
// What every read_*.cc is written in: a Reader that notes mistakes with their place and goes on, and tables of keys. A map
// of the session language is one table: key, whether it is required, and how its value gets into the model. Unknown and
// missing keys follow from the table, so they cannot be forgotten.
//
// Names that must exist elsewhere in the session (secrets, volumes, images) are noted while reading and looked up at the
// end by references.cc, because a session may use a name before it defines it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/choices.h"
#include "policy/mistake.h"
#include "policy/template.h"
#include "policy/yaml_document.h"

namespace redoubt::policy {

enum class Target : uint8_t { kSecret, kVolume, kImage };

// A name that must exist, noted while reading.
struct Reference {
  Target target;
  std::string name;
  Position at;
  std::string where;
  std::string purpose;                    // for people: "the issuer"
  std::vector<SecretKind> kinds;          // secrets: what it may be; empty: anything
  std::optional<Variable> variable = {};  // a variable in a template, whose form must exist
  Place place = Place::kFile;             // where that variable stands
};

class Reader {
 public:
  // `own_name`: the session's, which rules about other sessions depend on; empty when it has none.
  Reader(std::vector<Mistake>& mistakes, std::string own_name) : mistakes_(mistakes), own_name_(std::move(own_name)) {}

  // Extends the path of keys while it lives.
  class Inside {
   public:
    Inside(Reader& reader, std::string_view part) : reader_(reader), size_(reader.where_.size()) {
      if (size_ > 0 && !part.starts_with('[')) reader.where_ += '.';
      reader.where_ += part;
    }
    ~Inside() { reader_.where_.resize(size_); }
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;

   private:
    Reader& reader_;
    size_t size_;
  };

  void error(Position at, std::string expected, std::string found, std::string hint = "");
  void warn(Position at, std::string what, std::string hint);
  // `expected`, and what `node` is; its content is quoted unless the reader is silent.
  void wrong(const Node& node, std::string expected, std::string hint = "");
  // Warns of an export that trusts a name alone. A session below this one is pinned: nobody creates it against our will.
  void warn_unpinned(Position at, const std::string& session, const std::string& session_hash);

  // While true, no content is quoted: the value may be a secret.
  void set_silent(bool silent) { silent_ = silent; }

  // Each returns nullopt after noting a mistake.
  std::optional<std::string> text(const Node& node);       // any scalar, as written
  std::optional<std::string> full_text(const Node& node);  // the same, not empty
  std::optional<int64_t> integer(const Node& node, int64_t smallest, int64_t largest);
  std::optional<bool> truth(const Node& node);
  std::optional<std::string> hex(const Node& node, size_t size);  // in lower case; `size` in bytes
  std::optional<std::string> identifier(const Node& node);        // RFC 3986 unreserved characters
  std::optional<std::string> session_name(const Node& node);      // the same, with '/' between
  std::optional<std::string> absolute_path(const Node& node);
  // Text whose variables are noted as references, to secrets of these kinds (empty: of any).
  std::optional<TemplateParts> variables(const Node& node, Place place, const std::vector<SecretKind>& kinds = {});

  template <typename E, size_t kCount>
  std::optional<E> choice(const Node& node, const Choice<E> (&words)[kCount]) {
    std::vector<std::string_view> names;
    for (const Choice<E>& row : words) {
      if (node.kind == Node::Kind::kScalar && node.text == row.word) return row.value;
      names.push_back(row.word);
    }
    wrong_word(node, names);
    return std::nullopt;
  }

  // Calls read(item) for each item of a list, with its index on the path. A mistake when `node` is no list.
  void each(const Node& node, auto read) {
    if (node.kind != Node::Kind::kList)
      return wrong(node, "a list", "write each item on a line of its own after \"- \"");
    for (size_t index = 0; index < node.items.size(); ++index) {
      const Inside inside(*this, "[" + std::to_string(index) + "]");
      read(node.items[index]);
    }
  }
  // The same, where one item may stand for a list of one.
  void one_or_each(const Node& node, auto read) { node.kind == Node::Kind::kList ? each(node, read) : read(node); }

  // Notes a name that must exist.
  void refer(Target target, const Node& node, std::string purpose, std::vector<SecretKind> kinds = {});
  const std::vector<Reference>& references() const { return references_; }

 private:
  void wrong_word(const Node& node, const std::vector<std::string_view>& words);

  std::vector<Mistake>& mistakes_;
  std::vector<Reference> references_;
  std::string own_name_;
  std::string where_;
  bool silent_ = false;
};

enum class Presence : uint8_t { kRequired, kOptional };

template <typename T>
struct Key {
  // All fields are required: a row that lacks one does not compile.
  constexpr Key(std::string_view name, Presence presence, void (*read)(Reader&, const Node&, T&))
      : name(name), presence(presence), read(read) {}

  std::string_view name;
  Presence presence;
  void (*read)(Reader&, const Node&, T&);
};

// The parts of read_map that do not depend on the type.
bool is_map(Reader& reader, const Node& node, const std::vector<std::string_view>& names);
void unknown_key(Reader& reader, const Node::Key& key, const std::vector<std::string_view>& names);
void missing_key(Reader& reader, const Node& node, std::string_view name);

// Reads a map by its table. False when `node` is no map at all.
template <typename T, size_t kCount>
bool read_map(Reader& reader, const Node& node, const Key<T> (&table)[kCount], T& out) {
  std::vector<std::string_view> names;
  for (const Key<T>& row : table) names.push_back(row.name);
  if (!is_map(reader, node, names)) return false;
  for (size_t index = 0; index < node.keys.size(); ++index) {
    const Key<T>* known = nullptr;
    for (const Key<T>& row : table) {
      if (row.name == node.keys[index].text) known = &row;
    }
    if (known == nullptr) {
      unknown_key(reader, node.keys[index], names);
      continue;
    }
    const Reader::Inside inside(reader, known->name);
    known->read(reader, node.items[index], out);
  }
  for (const Key<T>& row : table) {
    if (row.presence == Presence::kRequired && node.find(row.name) == nullptr) missing_key(reader, node, row.name);
  }
  return true;
}

// `if (auto value = ...) field = *value`, the usual row.
void store(auto& field, auto value) {
  if (value) field = std::move(*value);
}

}  // namespace redoubt::policy
