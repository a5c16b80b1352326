// SPDX-License-Identifier: Apache-2.0
//
// A tree of maps, lists, text, integers and truth values, and its one canonical spelling in JSON: UTF-8, keys in the order
// of their bytes, no white space, no escapes but those JSON demands (\" \\ and \u00xx for control characters). The session
// hash is taken over this spelling, so a change here changes every hash.
#pragma once

#include <concepts>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace redoubt::policy {

class Value {
 public:
  using Map = std::map<std::string, Value, std::less<>>;
  using List = std::vector<Value>;

  Value(std::string text) : content_(std::move(text)) {}
  Value(std::string_view text) : content_(std::string(text)) {}
  Value(const char* text) : content_(std::string(text)) {}
  Value(std::same_as<bool> auto truth) : content_(truth) {}
  template <std::integral Integer>
  requires(!std::same_as<Integer, bool>) Value(Integer number) : content_(static_cast<int64_t>(number)) {}
  static Value list() { return Value(Content(List())); }
  static Value map() { return Value(Content(Map())); }

  // Precondition of set: a map; of add and sort: a list.
  void set(std::string key, Value value) { std::get<Map>(content_).insert_or_assign(std::move(key), std::move(value)); }
  void add(Value value) { std::get<List>(content_).push_back(std::move(value)); }
  // For lists whose order means nothing: by the members' canonical spelling.
  void sort();

  std::string canonical_json() const;
  // The same for people: indented by two spaces, ends in a newline.
  std::string indented_json() const;

 private:
  using Content = std::variant<std::string, int64_t, bool, List, Map>;
  explicit Value(Content content) : content_(std::move(content)) {}

  void write(std::string& out, int indent) const;

  Content content_;
};

}  // namespace redoubt::policy
