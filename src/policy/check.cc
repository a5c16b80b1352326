// SPDX-License-Identifier: Apache-2.0
#include "policy/check.h"

#include <algorithm>
#include <tuple>

#include "policy/fragments.h"
#include "policy/not_supported.h"
#include "policy/read_parts.h"
#include "policy/references.h"
#include "policy/yaml_document.h"

namespace redoubt::policy {
namespace {

// Errors first where both stand at one place.
auto order_of(const Mistake& one) { return std::tuple(one.at.line, one.at.column, one.severity); }

// Errors are kept before warnings when there are too many, so that a bad session never looks good.
void limit(std::vector<Mistake>& mistakes) {
  if (mistakes.size() <= kMaxMistakes) return;
  std::ranges::stable_sort(mistakes, {}, &Mistake::severity);
  const size_t left_out = mistakes.size() - kMaxMistakes + 1;
  mistakes.resize(kMaxMistakes - 1);
  std::ranges::stable_sort(mistakes, {}, order_of);
  mistakes.push_back({has_errors(mistakes) ? Severity::kError : Severity::kWarning, mistakes.back().at, "",
                      "fewer mistakes", std::to_string(left_out) + " more", "correct these first"});
}

}  // namespace

CheckedSession check_session(std::string_view yaml, const ImportedFragments* imported, Severity not_supported) {
  CheckedSession result;
  std::optional<Node> root = read_yaml(yaml, result.mistakes);
  if (root) {
    std::vector<UnresolvedFragment> unresolved = expand_fragments(*root, imported, result.mistakes);
    const Node* name = root->find("name");
    if (name != nullptr) result.name = name->text;
    Reader reader(result.mistakes, result.name);
    Session session = read_session(reader, *root);
    session.unresolved_fragments = std::move(unresolved);
    check_references(session, *root, reader.references(), result.mistakes);
    note_not_supported(session, *root, not_supported, result.mistakes);
    if (!has_errors(result.mistakes)) result.session = std::move(session);
  }
  std::ranges::stable_sort(result.mistakes, {}, order_of);
  limit(result.mistakes);
  return result;
}

}  // namespace redoubt::policy
