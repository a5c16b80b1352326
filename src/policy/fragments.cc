// SPDX-License-Identifier: Apache-2.0
#include "policy/fragments.h"

#include <memory>
#include <optional>
#include <unordered_map>

#include "policy/template.h"

namespace redoubt::policy {
namespace {

// A secret of kind config-fragment.
struct Fragment {
  const Node* value = nullptr;  // of this session, or what was given for an imported one
  std::string session;          // imported: from where
  std::string secret;
};

std::string text_of(const Node& map, std::string_view key) {
  const Node* found = map.kind == Node::Kind::kMap ? map.find(key) : nullptr;
  return found == nullptr ? "" : found->text;
}

void move_to(Node& node, Position at) {
  node.at = at;
  for (Node::Key& key : node.keys) key.at = at;
  for (Node& item : node.items) move_to(item, at);
}

class Expansion {
 public:
  Expansion(const ImportedFragments* imported, std::vector<Mistake>& mistakes)
      : imported_(imported), mistakes_(mistakes) {}

  void learn(const Node& secret) {
    if (secret.kind != Node::Kind::kMap || text_of(secret, "kind") != "config-fragment") return;
    Fragment fragment;
    if (const Node* import = secret.find("import")) {
      fragment.session = text_of(*import, "session");
      fragment.secret = text_of(*import, "secret");
      fragment.value = given(fragment, secret.at);
    } else if (const Node* value = secret.find("value")) {
      fragment.value = value;
    } else {
      return;  // noted as a mistake of the secret
    }
    fragments_.try_emplace(text_of(secret, "name"), std::move(fragment));
  }
  bool empty() const { return fragments_.empty(); }

  // `where` names the place without positions in lists, since the session hash covers it and their order means nothing.
  void expand(Node& node, const std::string& where) {
    if (const Fragment* fragment = named_by(node)) {
      replace(node, *fragment, where);
    } else if (node.kind == Node::Kind::kMap) {
      for (size_t index = 0; index < node.keys.size(); ++index) {
        expand(node.items[index], where + '.' + node.keys[index].text);
      }
    } else if (node.kind == Node::Kind::kList) {
      expand_list(node, where);
    }
  }

  std::vector<UnresolvedFragment> take_unresolved() { return std::move(unresolved_); }

 private:
  void add(Severity severity, Position at, const std::string& where, std::string expected, std::string found,
           std::string hint) {
    mistakes_.push_back({severity, at, where, std::move(expected), std::move(found), std::move(hint)});
  }

  const Node* given(const Fragment& fragment, Position at) {
    if (imported_ == nullptr) return nullptr;
    const auto found = imported_->find({fragment.session, fragment.secret});
    if (found == imported_->end()) return nullptr;
    std::vector<Mistake> wrong;
    auto value = read_yaml(found->second, wrong);  // JSON is YAML
    if (!value || has_errors(wrong)) {
      add(Severity::kError, at, "secrets", "a structured value from session " + quoted(fragment.session),
          "none for " + quoted(fragment.secret), "");
      return nullptr;
    }
    move_to(*value, at);
    return given_.emplace_back(std::make_unique<Node>(std::move(*value))).get();
  }

  const Fragment* named_by(const Node& node) const {
    constexpr std::string_view kStart = "$$SCONE::";
    if (node.kind != Node::Kind::kScalar || !node.text.starts_with(kStart)) return nullptr;
    const auto parts = parse_template(node.text);
    if (!parts || parts->size() != 1 || !(*parts)[0].variable || !(*parts)[0].variable->form.empty()) return nullptr;
    const auto found = fragments_.find((*parts)[0].variable->name);
    return found == fragments_.end() ? nullptr : &found->second;
  }

  bool names_fragment(const Node& node) const {
    if (named_by(node) != nullptr) return true;
    for (const Node& item : node.items) {
      if (names_fragment(item)) return true;
    }
    return false;
  }

  // Small text can name a large fragment often: what copies cost together is bounded like what aliases cost.
  bool count(const Node& node) {
    ++value_count_;
    expanded_size_ += node.text.size();
    for (const Node::Key& key : node.keys) expanded_size_ += key.text.size();
    if (value_count_ > kMaxValueCount || expanded_size_ > kMaxExpandedSize) return false;
    for (const Node& item : node.items) {
      if (!count(item)) return false;
    }
    return true;
  }

  // A copy of the fragment's value; nullopt after a mistake.
  std::optional<Node> copy(const Fragment& fragment, const Node& variable, const std::string& where) {
    if (names_fragment(*fragment.value)) {
      add(Severity::kError, variable.at, where, "a fragment that names no other fragment", quoted(variable.text),
          "write the inner fragment's value into the outer one");
    } else if (!count(*fragment.value)) {
      if (!too_much_) {
        add(Severity::kError, variable.at, where, "at most " + std::to_string(kMaxValueCount) + " values",
            "more once fragments are filled in", "use smaller fragments, or use them less often");
      }
      too_much_ = true;
    } else {
      return *fragment.value;
    }
    return std::nullopt;
  }

  void stay_unresolved(const Fragment& fragment, const Node& variable, const std::string& where) {
    if (fragment.session.empty()) return;  // the import is a mistake that is noted
    add(Severity::kWarning, variable.at, where,
        "what " + variable.text + " says is known to session " + quoted(fragment.session) +
            " only: it is checked when CAS fills it in",
        "", "");
    unresolved_.push_back({where, fragment.session, fragment.secret});
  }

  void replace(Node& node, const Fragment& fragment, const std::string& where) {
    std::optional<Node> value;
    if (fragment.value == nullptr) {
      stay_unresolved(fragment, node, where);
    } else {
      value = copy(fragment, node, where);
    }
    if (!value) {
      value.emplace();
      value->kind = Node::Kind::kUnknown;
      value->at = node.at;
    }
    node = std::move(*value);
  }

  void expand_list(Node& node, const std::string& where) {
    std::vector<Node> items;
    for (Node& item : node.items) {
      const bool is_fragment = named_by(item) != nullptr;
      expand(item, where);
      if (is_fragment && item.kind == Node::Kind::kUnknown) {
        node.incomplete = true;
      } else if (is_fragment && item.kind == Node::Kind::kList) {
        for (Node& one : item.items) items.push_back(std::move(one));
      } else {
        items.push_back(std::move(item));
      }
    }
    node.items = std::move(items);
  }

  const ImportedFragments* imported_;
  std::vector<Mistake>& mistakes_;
  std::unordered_map<std::string, Fragment> fragments_;
  std::vector<std::unique_ptr<Node>> given_;
  std::vector<UnresolvedFragment> unresolved_;
  size_t value_count_ = 0;
  size_t expanded_size_ = 0;
  bool too_much_ = false;
};

Node* find(Node& map, std::string_view key) {
  if (map.kind != Node::Kind::kMap) return nullptr;
  for (size_t index = 0; index < map.keys.size(); ++index) {
    if (map.keys[index].text == key) return &map.items[index];
  }
  return nullptr;
}

}  // namespace

std::vector<UnresolvedFragment> expand_fragments(Node& root, const ImportedFragments* imported,
                                                 std::vector<Mistake>& mistakes) {
  const Node* secrets = find(root, "secrets");
  if (secrets == nullptr || secrets->kind != Node::Kind::kList) return {};
  Expansion expansion(imported, mistakes);
  for (const Node& secret : secrets->items) expansion.learn(secret);
  if (expansion.empty()) return {};
  if (Node* services = find(root, "services"); services != nullptr && services->kind == Node::Kind::kList) {
    for (Node& service : services->items) {
      for (const std::string_view section : {"attestation", "platforms"}) {
        if (Node* node = find(service, section)) {
          expansion.expand(*node, "services." + text_of(service, "name") + '.' + std::string(section));
        }
      }
    }
  }
  for (const std::string_view section : {"access_policy", "security"}) {
    if (Node* node = find(root, section)) expansion.expand(*node, std::string(section));
  }
  return expansion.take_unresolved();
}

}  // namespace redoubt::policy
