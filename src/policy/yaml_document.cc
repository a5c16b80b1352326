// SPDX-License-Identifier: Apache-2.0
#include "policy/yaml_document.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <unordered_map>
#include <utility>

#include "policy/utf8.h"

namespace redoubt::policy {
namespace {

Position position_of(const YAML::Mark& mark) {
  return mark.is_null() ? Position{} : Position{mark.line + 1, mark.column + 1};
}

// Builds the tree. It may not throw through yaml-cpp, so after a limit it ignores what still comes.
class TreeBuilder : public YAML::EventHandler {
 public:
  explicit TreeBuilder(std::vector<Mistake>& mistakes) : mistakes_(mistakes) {}

  std::optional<Node> take() { return stopped_ ? std::nullopt : std::move(root_); }
  bool stopped() const { return stopped_; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (open(mark, anchor, Node::Kind::kNull)) close();
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    if (!open(mark, anchor, Node::Kind::kScalar)) return;
    expanded_size_ += value.size();
    Node& node = frames_.back().node;
    check_tag(tag, node.at);
    if (value.find('\0') != std::string::npos) add(node.at, "text without a NUL character", "one", "");
    node.plain = tag == "?";
    node.text = value;
    close();
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    if (open(mark, anchor, Node::Kind::kList)) check_tag(tag, frames_.back().node.at);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    if (open(mark, anchor, Node::Kind::kMap)) check_tag(tag, frames_.back().node.at);
  }
  void OnMapEnd() override { close(); }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (stopped_) return;
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      stop(position_of(mark), "an alias to something complete", "an alias to what contains it", "write the value out");
      return;
    }
    if (!count(found->second, position_of(mark))) return;
    attach(Node(found->second));
  }

 private:
  struct Frame {
    Node node;
    YAML::anchor_t anchor;
    std::optional<Node::Key> key;  // map: a key that waits for its value
    bool hidden = false;           // that key is a mistake, and its value goes nowhere
    std::unordered_map<std::string, int> key_lines;
  };

  void add(Position at, std::string expected, std::string found, std::string hint) {
    mistakes_.push_back({Severity::kError, at, "", std::move(expected), std::move(found), std::move(hint)});
  }
  void stop(Position at, std::string expected, std::string found, std::string hint) {
    add(at, std::move(expected), std::move(found), std::move(hint));
    stopped_ = true;
  }

  void check_tag(const std::string& tag, Position at) {
    if (tag.empty() || tag == "?" || tag == "!" || tag == "tag:yaml.org,2002:str") return;
    add(at, "a value without a YAML tag", "the tag " + quoted(tag), "remove the tag");
  }

  bool open(const YAML::Mark& mark, YAML::anchor_t anchor, Node::Kind kind) {
    if (stopped_) return false;
    const Position at = position_of(mark);
    if (frames_.size() >= kMaxDepth) {
      stop(at, "at most " + std::to_string(kMaxDepth) + " levels of lists and maps", "more", "");
    } else if (++value_count_ > kMaxValueCount || expanded_size_ > kMaxExpandedSize) {
      too_much(at);
    } else {
      frames_.push_back(
          {Node{.kind = kind, .plain = false, .at = at, .text = {}, .keys = {}, .items = {}, .incomplete = false},
           anchor,
           std::nullopt,
           false,
           {}});
    }
    return !stopped_;
  }

  void close() {
    if (stopped_) return;
    Frame frame = std::move(frames_.back());
    frames_.pop_back();
    if (frame.anchor != YAML::NullAnchor) {
      if (!count(frame.node, frame.node.at)) return;
      anchors_.insert_or_assign(frame.anchor, frame.node);
    }
    attach(std::move(frame.node));
  }

  void attach(Node node) {
    if (frames_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& parent = frames_.back();
    if (parent.node.kind == Node::Kind::kList) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.key) {
      take_key(parent, node);
    } else {
      if (!parent.hidden) {
        parent.node.keys.push_back(std::move(*parent.key));
        parent.node.items.push_back(std::move(node));
      }
      parent.key.reset();
    }
  }

  void take_key(Frame& parent, const Node& node) {
    parent.key = Node::Key{node.text, node.at};
    parent.hidden = true;
    if (node.kind != Node::Kind::kScalar) {
      add(node.at, "a word as key", "another kind of value", "");
      return;
    }
    const auto [place, is_new] = parent.key_lines.try_emplace(node.text, node.at.line);
    if (!is_new) {
      add(node.at, "each key once", quoted(node.text) + " again (first on line " + std::to_string(place->second) + ")",
          "remove one of them");
      return;
    }
    parent.hidden = false;
  }

  void too_much(Position at) {
    stop(at, "at most " + std::to_string(kMaxValueCount) + " values and " + std::to_string(kMaxExpandedSize) + " bytes",
         "more once its aliases are expanded", "write less, or use fewer aliases");
  }

  // Counts a copy of `node` before it is made.
  bool count(const Node& node, Position at) {
    ++value_count_;
    expanded_size_ += node.text.size();
    for (const Node::Key& key : node.keys) expanded_size_ += key.text.size();
    if (value_count_ > kMaxValueCount || expanded_size_ > kMaxExpandedSize) {
      too_much(at);
      return false;
    }
    for (const Node& item : node.items) {
      if (!count(item, at)) return false;
    }
    return true;
  }

  std::vector<Mistake>& mistakes_;
  std::vector<Frame> frames_;
  std::map<YAML::anchor_t, Node> anchors_;
  std::optional<Node> root_;
  size_t value_count_ = 0;
  size_t expanded_size_ = 0;
  bool stopped_ = false;
};

// yaml-cpp keeps some 250 bytes for each bracket that is open before it tells of the first one: 4 MiB of "[" would be a
// gigabyte. Counted without knowing what is quoted, so with room for any honest text.
bool has_too_many_open_brackets(std::string_view text) {
  size_t open = 0;
  for (const char c : text) {
    if (c == '[' || c == '{') {
      if (++open > kMaxOpenBrackets) return true;
    } else if ((c == ']' || c == '}') && open > 0) {
      --open;
    }
  }
  return false;
}

void add_error(std::vector<Mistake>& mistakes, Position at, std::string expected, std::string found, std::string hint) {
  mistakes.push_back({Severity::kError, at, "", std::move(expected), std::move(found), std::move(hint)});
}

}  // namespace

const Node* Node::find(std::string_view key) const {
  for (size_t index = 0; index < keys.size(); ++index) {
    if (keys[index].text == key) return &items[index];
  }
  return nullptr;
}

bool known(const Node* node) {
  if (node == nullptr) return true;
  if (node->kind == Node::Kind::kUnknown || node->incomplete) return false;
  return std::ranges::all_of(node->items, [](const Node& item) { return known(&item); });
}

std::optional<Node> read_yaml(std::string_view text, std::vector<Mistake>& mistakes) {
  if (text.size() > kMaxTextSize) {
    add_error(mistakes, {}, "a session of at most " + std::to_string(kMaxTextSize) + " bytes",
              std::to_string(text.size()), "split it into several sessions");
    return std::nullopt;
  }
  if (const auto bad = find_invalid_utf8(text)) {
    add_error(mistakes, *bad, "text in UTF-8", "other bytes", "save the file as UTF-8");
    return std::nullopt;
  }
  if (has_too_many_open_brackets(text)) {
    add_error(mistakes, {}, "at most " + std::to_string(kMaxOpenBrackets) + " brackets that are not closed", "more",
              "close them");
    return std::nullopt;
  }
  TreeBuilder builder(mistakes);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder)) {
      add_error(mistakes, {}, "a session", "an empty file", "start with the keys name and version");
      return std::nullopt;
    }
    std::optional<Node> root = builder.take();
    if (!root) return std::nullopt;
    std::vector<Mistake> ignored;
    TreeBuilder second(ignored);
    if (parser.HandleNextDocument(second)) {
      add_error(mistakes, {}, "one YAML document", "several", "put each session into a file of its own");
    }
    return root;
  } catch (const YAML::Exception& error) {
    // After a limit the rest of the text does not matter.
    if (!builder.stopped()) {
      add_error(mistakes, position_of(error.mark), "YAML", "a syntax error: " + error.msg,
                "check indentation, quotes and brackets around this place");
    }
    return std::nullopt;
  }
}

}  // namespace redoubt::policy
