// SPDX-License-Identifier: Apache-2.0
//
// YAML text as a tree that remembers where everything stood. Built from yaml-cpp's events rather than with its loader, which
// forgets the line of a duplicate key and lets aliases multiply. What comes from outside is bounded here: the size of the
// text, depth, the number of values and what aliases expand to (the "billion laughs"). Scalars stay text: whether `1e3` is
// a number depends on who asks, so that a hash of digits is never read as one.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/mistake.h"

namespace redoubt::policy {

inline constexpr size_t kMaxTextSize = 4u << 20;       // bytes of YAML; 30,000 files of `code` with long paths
inline constexpr size_t kMaxValueCount = 200'000;      // scalars, lists and maps, aliases expanded
inline constexpr size_t kMaxExpandedSize = 16u << 20;  // bytes of scalars, aliases expanded
inline constexpr size_t kMaxDepth = 32;
inline constexpr size_t kMaxOpenBrackets = 10'000;  // [ and { less ] and }, in quotes and comments too

struct Node {
  // kUnknown: what a fragment of another session will say (fragments.h); never read from text.
  enum class Kind { kNull, kScalar, kList, kMap, kUnknown };
  struct Key {
    std::string text;
    Position at;
  };

  Kind kind = Kind::kNull;
  bool plain = false;  // a scalar without quotes, so that it may be a number or a truth value
  Position at;
  std::string text;  // scalar
  std::vector<Key>
      keys;  // map: keys[i] belongs to items[i]; a duplicate key is a mistake, and only its first one is here
  std::vector<Node> items;  // list, map
  bool incomplete = false;  // list: a fragment of another session brings in further items

  // The value of `key` in a map; nullptr when there is none.
  const Node* find(std::string_view key) const;
};

// False when a part of `node` is not known yet (fragments.h). A node that is not there is known.
bool known(const Node* node);

// Reads one document. Nullopt when the text is no YAML or goes over a limit, with the reason added to `mistakes`; duplicate
// keys and the like are added too, and the tree is usable without them.
std::optional<Node> read_yaml(std::string_view text, std::vector<Mistake>& mistakes);

}  // namespace redoubt::policy
