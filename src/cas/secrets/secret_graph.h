// SPDX-License-Identifier: Apache-2.0
//
// The secrets of a session by name, and what follows from who names whom. Private to cas/secrets.
#pragma once

#include <optional>
#include <string_view>
#include <unordered_map>

#include "policy/session.h"

namespace redoubt::cas {

// Keeps views of the session, which must outlive it.
class SecretGraph {
 public:
  explicit SecretGraph(const policy::Session& session);

  // Null when there is none.
  const policy::Secret* find(std::string_view name) const;

  // How many authorities lie below this one in the session: its path length. nullopt when other sessions may issue with it,
  // since nobody knows what they put below.
  std::optional<unsigned> authorities_below(const policy::Secret& authority) const;

 private:
  struct Below {
    unsigned levels = 0;
    bool unlimited = false;
  };

  std::unordered_map<std::string_view, const policy::Secret*> secrets_;
  std::unordered_map<std::string_view, Below> below_;
};

// Made by CAS: neither given by value nor imported.
bool is_generated(const policy::Secret& secret);

}  // namespace redoubt::cas
