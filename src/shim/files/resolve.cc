// SPDX-License-Identifier: Apache-2.0
//
// The walk. A stack of steps from the root to where the walk is: ".." takes one off, a name puts one on, a link puts its target
// before what is left of the path.
#include "shim/files/resolve.h"

#include <algorithm>
#include <climits>
#include <optional>
#include <vector>

namespace redoubt::shim {
namespace {

constexpr int kMaximumLinks = 40;  // MAXSYMLINKS

struct Step {
  NodeId node;   // kNoNode below a mount, where the tree ends
  NodeId mount;  // the innermost mount, or kNoNode
  std::string name;
};

class Walk {
 public:
  Walk(const Tree& tree, HostView& view) : tree_(tree), view_(view) { to_root(); }

  // Goes to a canonical directory without asking the host.
  void start_at(std::string_view base) {
    std::string_view rest = base.substr(base.starts_with('/') ? 1 : 0);
    while (!rest.empty()) {
      const std::string_view name = take(rest);
      const NodeId node = top().node == kNoNode ? kNoNode : tree_.child(top().node, name);
      push(node, name);
    }
  }

  // What the program keeps to itself is not for the host to put under a name that the program takes for the host's.
  Result<Place> follow(std::string_view path, Follow follow_last) {
    Place place = TRY(walk(path, follow_last));
    if (!by_host_) return place;
    constexpr int kLastStandardStream = 2;
    const bool is_stream = place.host.kind == HostEntry::Kind::kDescriptor && place.host.fd <= kLastStandardStream;
    const bool is_kernels = place.mount != kNoNode && tree_.node(place.mount).kind == NodeKind::kKernel;
    const bool is_in_tree = place.kind == PlaceKind::kInjected || place.kind == PlaceKind::kDirectory;
    const bool is_private =
        place.kind == PlaceKind::kDescriptor || is_kernels || (is_in_tree && holds_private(place.node));
    if (is_stream || !is_private) return place;
    return fail(EACCES);
  }

 private:
  Result<Place> walk(std::string_view path, Follow follow_last) {
    std::string rest(path);
    int links = 0;
    if (path.starts_with('/')) to_root();
    while (true) {
      strip_slashes(rest);
      if (rest.empty()) return here();
      std::string_view view(rest);
      const std::string name(take(view));
      const bool wants_directory = rest.size() > name.size();
      std::string remaining(view);
      strip_slashes(remaining);
      const bool is_last = remaining.empty();
      if (name == "." || name == "..") {
        if (name == ".." && steps_.size() > 1) steps_.pop_back();
        if (is_last) {
          Place place = TRY(here());
          place.ends_in_dots = true;
          place.wants_directory = true;
          return place;
        }
        rest = std::move(remaining);
        continue;
      }
      if (name.size() > NAME_MAX) return fail(ENAMETOOLONG);
      Place place = TRY(look(name));
      if (const auto target = link_target(place);
          target && (!is_last || wants_directory || follow_last == Follow::kYes)) {
        if (++links > kMaximumLinks) return fail(ELOOP);
        by_host_ = by_host_ || is_of_host(place);
        if (target->empty()) return fail(ENOENT);
        std::string next = *target;
        if (is_last ? wants_directory : true) next += "/" + remaining;
        if (next.starts_with('/')) to_root();
        if (next.size() >= size_t{2} * PATH_MAX) return fail(ENAMETOOLONG);
        rest = std::move(next);
        continue;
      }
      if (place.host.kind == HostEntry::Kind::kDescriptor &&
          (!is_last || wants_directory || follow_last == Follow::kYes)) {
        if (is_last && !wants_directory) {
          place.kind = PlaceKind::kDescriptor;
          return place;
        }
        const std::string directory = TRY(view_.directory_of(place.host.fd));
        to_root();
        start_at(directory);
        rest = std::move(remaining);
        continue;
      }
      const bool directory = place.kind == PlaceKind::kDirectory ||
                             (place.kind == PlaceKind::kHost && place.host.kind == HostEntry::Kind::kDirectory);
      if (is_last) {
        place.wants_directory = wants_directory;
        if (wants_directory && !directory && place.kind != PlaceKind::kMissing) return fail(ENOTDIR);
        return place;
      }
      if (place.kind == PlaceKind::kMissing) return fail(ENOENT);
      if (!directory) return fail(ENOTDIR);
      push(place.node, name);
      rest = std::move(remaining);
    }
  }

  static std::string_view take(std::string_view& rest) {
    const size_t slash = rest.find('/');
    const std::string_view component = rest.substr(0, slash);
    rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
    return component;
  }
  static void strip_slashes(std::string& text) { text.erase(0, text.find_first_not_of('/')); }

  const Step& top() const { return steps_.back(); }
  void to_root() {
    steps_.clear();
    steps_.push_back({kRootNode, kNoNode, {}});
  }
  void push(NodeId node, std::string_view name) {
    NodeId mount = top().mount;
    if (node != kNoNode) mount = tree_.node(node).is_mount() ? node : kNoNode;
    steps_.push_back({node, mount, std::string(name)});
  }

  std::string path() const {
    std::string text;
    for (size_t i = 1; i < steps_.size(); ++i) text.append("/").append(steps_[i].name);
    return text.empty() ? "/" : text;
  }
  // Of the directory the walk is in; empty when that is not below a mount.
  std::string host_path() const {
    if (top().mount == kNoNode) return {};
    size_t first = steps_.size();
    while (steps_[first - 1].node != top().mount) --first;
    std::string text = tree_.node(top().mount).target;
    for (; first < steps_.size(); ++first) text.append("/").append(steps_[first].name);
    return text;
  }

  // Also of directories, which may be opened or entered first and the file by its name afterwards.
  bool holds_private(NodeId id) const {
    const Node& node = tree_.node(id);
    return node.kind == NodeKind::kInjected || node.kind == NodeKind::kKernel ||
           std::ranges::any_of(node.children, [&](const auto& entry) { return holds_private(entry.second); });
  }
  bool is_of_host(const Place& place) const {
    return place.kind == PlaceKind::kHost && tree_.node(place.mount).kind == NodeKind::kHost;
  }

  static std::optional<std::string> link_target_of(const Tree& tree, const Place& place) {
    if (place.kind == PlaceKind::kLink) return tree.node(place.node).target;
    if (place.kind == PlaceKind::kHost && place.host.kind == HostEntry::Kind::kLink) return place.host.target;
    return std::nullopt;
  }
  std::optional<std::string> link_target(const Place& place) const { return link_target_of(tree_, place); }

  // The directory that the walk has arrived in.
  Result<Place> here() {
    Place place;
    place.node = top().node;
    place.mount = top().mount;
    place.path = path();
    place.wants_directory = true;
    place.kind = PlaceKind::kDirectory;
    if (top().mount != kNoNode) {
      place.kind = PlaceKind::kHost;
      place.host_path = host_path();
      place.host.kind = HostEntry::Kind::kDirectory;
    }
    return place;
  }

  Result<Place> look(const std::string& name) {
    Place place;
    const std::string directory = path();
    place.path = (directory == "/" ? "" : directory) + "/" + name;
    const NodeId child = top().node == kNoNode ? kNoNode : tree_.child(top().node, name);
    if (child != kNoNode) {
      place.node = child;
      switch (tree_.node(child).kind) {
        case NodeKind::kDirectory: place.kind = PlaceKind::kDirectory; break;
        case NodeKind::kCode: place.kind = PlaceKind::kCode; break;
        case NodeKind::kLink: place.kind = PlaceKind::kLink; break;
        case NodeKind::kInjected: place.kind = PlaceKind::kInjected; break;
        case NodeKind::kDevice:
          place.kind = PlaceKind::kDevice;
          place.host_path = tree_.node(child).target;
          break;
        case NodeKind::kHost:
        case NodeKind::kKernel:
          place.kind = PlaceKind::kHost;
          place.mount = child;
          place.host_path = tree_.node(child).target;
          place.host.kind = HostEntry::Kind::kDirectory;
          break;
      }
      return place;
    }
    place.node = top().node;
    place.mount = top().mount;
    if (top().mount == kNoNode) return place;  // missing
    place.node = kNoNode;
    place.host_path = host_path() + "/" + name;
    place.host = TRY(view_.look(tree_.node(top().mount), place.host_path));
    if (place.host.kind != HostEntry::Kind::kMissing) place.kind = PlaceKind::kHost;
    return place;
  }

  const Tree& tree_;
  HostView& view_;
  std::vector<Step> steps_;
  bool by_host_ = false;  // a link of a host directory was followed
};

}  // namespace

Result<Place> resolve(const Tree& tree, HostView& view, std::string_view base, std::string_view path, Follow follow) {
  if (path.empty()) return fail(ENOENT);
  if (path.size() >= PATH_MAX) return fail(ENAMETOOLONG);
  Walk walk(tree, view);
  walk.start_at(base);
  return walk.follow(path, follow);
}

}  // namespace redoubt::shim
