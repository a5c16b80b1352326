// SPDX-License-Identifier: Apache-2.0
#include "cas/secrets/secret_graph.h"

#include <algorithm>

#include "cas/secrets/certificates.h"

namespace redoubt::cas {

SecretGraph::SecretGraph(const policy::Session& session) {
  for (const policy::Secret& secret : session.secrets) secrets_.try_emplace(secret.name, &secret);
  for (const policy::Secret& secret : session.secrets) {
    if (secret.kind != policy::SecretKind::kX509Ca) continue;
    // What others put below an exported authority lies below those above it too.
    const bool exported = !secret.exports.empty();
    const policy::Secret* above = &secret;
    for (unsigned level = 0; above != nullptr && level <= kMaxIssuers; ++level, above = find(above->issuer)) {
      Below& below = below_[above->name];
      below.levels = std::max(below.levels, level);
      below.unlimited |= exported;
    }
  }
}

const policy::Secret* SecretGraph::find(std::string_view name) const {
  const auto found = secrets_.find(name);
  return found == secrets_.end() ? nullptr : found->second;
}

std::optional<unsigned> SecretGraph::authorities_below(const policy::Secret& authority) const {
  const auto below = below_.find(authority.name);
  if (below == below_.end()) return 0;
  return below->second.unlimited ? std::nullopt : std::optional(below->second.levels);
}

bool is_generated(const policy::Secret& secret) { return !secret.value && !secret.import; }

}  // namespace redoubt::cas
