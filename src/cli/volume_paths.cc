// SPDX-License-Identifier: Apache-2.0
#include "cli/volume_paths.h"

#include <sys/stat.h>

#include <vector>

namespace redoubt::cli {
namespace {

constexpr int kMostLinks = 40;

std::vector<std::string> components_of(std::string_view path) {
  std::vector<std::string> components;
  while (!path.empty()) {
    const size_t slash = path.find('/');
    const std::string_view component = path.substr(0, slash);
    if (!component.empty() && component != ".") components.emplace_back(component);
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
  }
  return components;
}

redoubt::Result<volume::InodeNumber> walk(volume::Volume& volume, volume::InodeNumber at,
                                          std::vector<std::string> rest) {
  int links = 0;
  for (size_t next = 0; next < rest.size();) {
    const std::string name = rest[next++];
    if (name == "..") {
      at = TRY(volume.parent(at));
      continue;
    }
    const volume::InodeNumber found = TRY(volume.lookup(at, name));
    const auto attributes = TRY(volume.attributes(found));
    if (!S_ISLNK(attributes.mode) || next == rest.size()) {
      at = found;
      continue;
    }
    if (++links > kMostLinks) return redoubt::fail(ELOOP);
    const std::string target = TRY(volume.read_link(found));
    std::vector<std::string> continued = components_of(target);
    continued.insert(continued.end(), rest.begin() + static_cast<std::ptrdiff_t>(next), rest.end());
    if (target.starts_with('/')) at = volume::kRootInode;
    rest = std::move(continued);
    next = 0;
  }
  return at;
}

}  // namespace

redoubt::Result<volume::InodeNumber> find_in_volume(volume::Volume& volume, std::string_view path) {
  return walk(volume, volume::kRootInode, components_of(path));
}

redoubt::Result<NewPlace> place_in_volume(volume::Volume& volume, std::string_view path) {
  std::vector<std::string> components = components_of(path);
  if (components.empty() || components.back() == "..") return redoubt::fail(EINVAL);
  NewPlace place;
  place.name = std::move(components.back());
  components.pop_back();
  place.directory = TRY(walk(volume, volume::kRootInode, std::move(components)));
  return place;
}

}  // namespace redoubt::cli
