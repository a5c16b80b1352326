// SPDX-License-Identifier: Apache-2.0
//
// The walk. A stack of steps from the root to where the walk is: ".." takes one off, a name puts one on, a link puts its target
// before what is left of the path. In a volume ".." is what the volume says: directories move while they are open.
#include "shim/files/resolve.h"

#include <sys/stat.h>

#include <algorithm>
#include <climits>
#include <optional>
#include <vector>

#include "shim/files/sealed_files.h"

namespace redoubt::shim {
namespace {

constexpr int kMaximumLinks = 40;  // MAXSYMLINKS

struct Step {
  NodeId node;                         // kNoNode below a mount, where the tree ends
  NodeId mount;                        // the innermost mount, or kNoNode
  std::string name;                    // empty below the root: not known, for a directory reached by inode
  volume::Attributes attributes = {};  // of a directory of a volume; inode 0 elsewhere
};

class Walk {
 public:
  Walk(const Tree& tree, HostView& view) : tree_(tree), view_(view) { to_root(); }

  // Goes to a canonical directory without asking the host.
  Result<void> start_at(const BaseDirectory& base) {
    return base.inode != 0 ? start_in_volume(base.volume, base.inode) : start_at_path(base.path);
  }
  Result<void> start_at_path(std::string_view path) {
    std::string_view rest = path.substr(path.starts_with('/') ? 1 : 0);
    while (!rest.empty()) {
      const std::string_view name = take(rest);
      const NodeId node = top().node == kNoNode ? kNoNode : tree_.child(top().node, name);
      TRY_VOID(push_node(node, name));
    }
    return {};
  }

  // What the program keeps to itself is not for the host to put under a name that the program takes for the host's.
  Result<Place> follow(std::string_view path, Follow follow_last) {
    Place place = TRY(walk(path, follow_last));
    if (!by_host_) return place;
    constexpr int kLastStandardStream = 2;
    const bool is_stream = place.host.kind == HostEntry::Kind::kDescriptor && place.host.fd <= kLastStandardStream;
    const bool is_kernels = place.mount != kNoNode && tree_.node(place.mount).kind == NodeKind::kKernel;
    const bool is_volumes = place.mount != kNoNode && tree_.node(place.mount).kind == NodeKind::kVolume;
    const bool is_in_tree = place.kind == PlaceKind::kInjected || place.kind == PlaceKind::kDirectory;
    const bool is_private =
        place.kind == PlaceKind::kDescriptor || is_kernels || is_volumes || (is_in_tree && holds_private(place.node));
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
      TRY_VOID(may_search_here());
      if (name == "." || name == "..") {
        if (name == "..") TRY_VOID(up());
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
      const bool is_followed =
          !is_last || follow_last == Follow::kYes || (wants_directory && follow_last != Follow::kName);
      if (const auto target = TRY(link_target(place, is_followed)); target) {
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
      if (place.host.kind == HostEntry::Kind::kDescriptor && is_followed) {
        if (is_last && !wants_directory) {
          place.kind = PlaceKind::kDescriptor;
          return place;
        }
        const BaseDirectory directory = TRY(view_.directory_of(place.host.fd));
        to_root();
        TRY_VOID(start_at(directory));
        rest = std::move(remaining);
        continue;
      }
      const bool directory = is_directory(place);
      if (is_last) {
        place.wants_directory = wants_directory;
        const bool is_named = follow_last == Follow::kName || place.kind == PlaceKind::kMissing;
        if (wants_directory && !directory && !is_named) return fail(ENOTDIR);
        return place;
      }
      if (place.kind == PlaceKind::kMissing) return fail(ENOENT);
      if (!directory) return fail(ENOTDIR);
      push(place.node, name, place.attributes);
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
    steps_.push_back({kRootNode, kNoNode, {}, {}});
  }
  void push(NodeId node, std::string_view name, const volume::Attributes& attributes) {
    NodeId mount = top().mount;
    if (node != kNoNode) mount = tree_.node(node).is_mount() ? node : kNoNode;
    // A directory that only leads to something of the tree, which the volume does not have.
    if (mount != kNoNode && tree_.node(mount).kind == NodeKind::kVolume && attributes.inode == 0) mount = kNoNode;
    steps_.push_back({node, mount, std::string(name), attributes});
  }
  // The same for a node of the tree that nobody has looked at.
  Result<void> push_node(NodeId node, std::string_view name) {
    volume::Attributes attributes;
    if (node == kNoNode && top().attributes.inode != 0) {
      const uint32_t index = tree_.node(top().mount).volume;
      const volume::InodeNumber inode = TRY(view_.volume(index)->lookup(top().attributes.inode, name));
      attributes = TRY(view_.volume(index)->attributes(inode));
    }
    if (node != kNoNode && tree_.node(node).kind == NodeKind::kVolume) attributes = TRY(attributes_of(node));
    push(node, name, attributes);
    return {};
  }

  Result<void> may_search_here() {
    if (top().attributes.inode != 0) return view_.may_search(top().attributes);
    if (top().node == kNoNode || !tree_.node(top().node).sealed) return {};
    return view_.may_search(sealed_attributes(tree_.node(top().node)));
  }

  // ---- in volumes ----
  bool is_root_of_volume(NodeId node) const { return tree_.root_of_volume(tree_.node(node).volume) == node; }
  // Of the directory that a node of a volume stands for, a child of where the walk is; inode 0 when the volume has none.
  Result<volume::Attributes> attributes_of(NodeId node) {
    const uint32_t index = tree_.node(node).volume;
    if (is_root_of_volume(node)) return view_.volume(index)->attributes(volume::kRootInode);
    if (top().attributes.inode == 0) return volume::Attributes{};
    const auto inode = view_.volume(index)->lookup(top().attributes.inode, tree_.node(node).name);
    if (!inode)
      return inode.error() == as_errno(ENOENT) ? Result<volume::Attributes>() : std::unexpected(inode.error());
    const volume::Attributes found = TRY(view_.volume(index)->attributes(*inode));
    return S_ISDIR(found.mode) ? found : volume::Attributes{};
  }

  // From the root to the directory `inode`: by names as far as the tree knows them.
  Result<void> start_in_volume(uint32_t index, volume::InodeNumber inode) {
    const NodeId root = tree_.root_of_volume(index);
    if (root == kNoNode) return fail(ENOENT);
    to_root();
    TRY_VOID(start_at_path(tree_.path_of(root)));
    if (inode == volume::kRootInode) return {};
    if (!tree_.node(root).children.empty()) {
      std::vector<volume::InodeNumber> above;  // between the root and the directory
      for (auto at = inode; at != volume::kRootInode; at = TRY(view_.volume(index)->parent(at))) above.push_back(at);
      while (!above.empty() && TRY(push_node_of(index, above.back()))) above.pop_back();
      if (above.empty()) return {};
    }
    return push_inode(index, inode);
  }
  // Goes to a directory by its inode, if a node of the tree below where the walk is stands for it.
  Result<bool> push_node_of(uint32_t index, volume::InodeNumber inode) {
    for (const auto& [name, child] : tree_.node(top().node).children) {
      if (tree_.node(child).kind != NodeKind::kVolume || tree_.node(child).volume != index) continue;
      const volume::Attributes attributes = TRY(attributes_of(child));
      if (attributes.inode != inode) continue;
      push(child, name, attributes);
      return true;
    }
    return false;
  }
  Result<void> push_inode(uint32_t index, volume::InodeNumber inode) {
    push(kNoNode, {}, TRY(view_.volume(index)->attributes(inode)));
    return {};
  }

  Result<void> up() {
    if (steps_.size() == 1) return {};
    const Step& from = top();
    if (from.attributes.inode == 0 || from.attributes.inode == volume::kRootInode) {
      steps_.pop_back();
      return {};
    }
    const uint32_t index = tree_.node(from.mount).volume;
    const volume::InodeNumber parent = TRY(view_.volume(index)->parent(from.attributes.inode));
    steps_.pop_back();
    if (top().attributes.inode == parent) return {};
    return start_in_volume(index, parent);  // it was reached by inode, or has moved meanwhile
  }

  std::string path() const {
    std::string text;
    for (size_t i = 1; i < steps_.size(); ++i) {
      if (steps_[i].name.empty()) return {};
      text.append("/").append(steps_[i].name);
    }
    return text.empty() ? "/" : text;
  }
  // Of the directory the walk is in; empty when that is not below a mount.
  std::string host_path() const {
    if (top().mount == kNoNode || top().attributes.inode != 0) return {};
    size_t first = steps_.size();
    while (steps_[first - 1].node != top().mount) --first;
    std::string text = tree_.node(top().mount).target;
    for (; first < steps_.size(); ++first) text.append("/").append(steps_[first].name);
    return text;
  }

  // Also of directories, which may be opened or entered first and the file by its name afterwards.
  bool holds_private(NodeId id) const {
    const Node& node = tree_.node(id);
    return node.kind == NodeKind::kInjected || node.kind == NodeKind::kKernel || node.kind == NodeKind::kVolume ||
           std::ranges::any_of(node.children, [&](const auto& entry) { return holds_private(entry.second); });
  }
  bool is_of_host(const Place& place) const {
    return place.kind == PlaceKind::kHost && tree_.node(place.mount).kind == NodeKind::kHost;
  }

  // Of a link that is to be followed.
  Result<std::optional<std::string>> link_target(const Place& place, bool wanted) {
    if (!wanted) return std::nullopt;
    if (place.kind == PlaceKind::kLink) return tree_.node(place.node).target;
    if (place.kind == PlaceKind::kHost && place.host.kind == HostEntry::Kind::kLink) return place.host.target;
    if (place.kind != PlaceKind::kVolume || !S_ISLNK(place.attributes.mode)) return std::nullopt;
    return TRY(view_.volume(place.volume)->read_link(place.attributes.inode));
  }

  // The directory that the walk has arrived in.
  Result<Place> here() {
    Place place;
    place.node = top().node;
    place.mount = top().mount;
    place.path = path();
    place.wants_directory = true;
    place.kind = PlaceKind::kDirectory;
    if (top().attributes.inode != 0) {
      place.kind = PlaceKind::kVolume;
      place.volume = tree_.node(top().mount).volume;
      place.attributes = top().attributes;
    } else if (top().mount != kNoNode) {
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
        case NodeKind::kCode:
        case NodeKind::kSealed: place.kind = PlaceKind::kCode; break;
        case NodeKind::kLink: place.kind = PlaceKind::kLink; break;
        case NodeKind::kInjected: place.kind = PlaceKind::kInjected; break;
        case NodeKind::kDevice:
          place.kind = PlaceKind::kDevice;
          place.host_path = tree_.node(child).target;
          break;
        case NodeKind::kVolume:
          place.attributes = TRY(attributes_of(child));
          place.volume = tree_.node(child).volume;
          place.kind = place.attributes.inode != 0 ? PlaceKind::kVolume : PlaceKind::kDirectory;
          if (place.attributes.inode != 0) place.mount = child;
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
    if (top().attributes.inode != 0) return look_in_volume(std::move(place), name);
    place.host_path = host_path() + "/" + name;
    place.host = TRY(view_.look(tree_.node(top().mount), place.host_path));
    if (place.host.kind != HostEntry::Kind::kMissing) place.kind = PlaceKind::kHost;
    return place;
  }

  Result<Place> look_in_volume(Place place, const std::string& name) {
    place.volume = tree_.node(top().mount).volume;
    place.directory = top().attributes;
    place.name = name;
    const auto inode = view_.volume(place.volume)->lookup(place.directory.inode, name);
    if (!inode && inode.error() == as_errno(ENOENT)) return place;
    if (!inode) return std::unexpected(inode.error());
    place.attributes = TRY(view_.volume(place.volume)->attributes(*inode));
    place.kind = PlaceKind::kVolume;
    return place;
  }

  const Tree& tree_;
  HostView& view_;
  std::vector<Step> steps_;
  bool by_host_ = false;  // a link of a host directory was followed
};

}  // namespace

bool is_directory(const Place& place) {
  return place.kind == PlaceKind::kDirectory ||
         (place.kind == PlaceKind::kHost && place.host.kind == HostEntry::Kind::kDirectory) ||
         (place.kind == PlaceKind::kVolume && S_ISDIR(place.attributes.mode));
}

Result<Place> resolve(const Tree& tree, HostView& view, const BaseDirectory& base, std::string_view path,
                      Follow follow) {
  if (path.empty()) return fail(ENOENT);
  if (path.size() >= PATH_MAX) return fail(ENAMETOOLONG);
  Walk walk(tree, view);
  if (!path.starts_with('/')) TRY_VOID(walk.start_at(base));
  return walk.follow(path, follow);
}

}  // namespace redoubt::shim
