// SPDX-License-Identifier: Apache-2.0
//
// images[]: what a service sees in its file system beside the program: mounted volumes, and files that exist in memory only.
#include <set>

#include "policy/read_parts.h"
#include "policy/syntax.h"

namespace redoubt::policy {
namespace {

using enum Presence;

constexpr Key<Mount> kMountKeys[] = {
    {"name", kRequired,
     [](Reader& r, const Node& n, Mount& m) {
       r.refer(Target::kVolume, n, "the mounted volume");
       m.volume = n.text;
     }},
    {"path", kRequired, [](Reader& r, const Node& n, Mount& m) { store(m.path, r.absolute_path(n)); }},
    {"update_policy", kOptional,
     [](Reader& r, const Node& n, Mount& m) {
       store(m.update_policy, r.choice(n, kUpdatePolicyWords));
       if (m.update_policy != UpdatePolicy::kNoRollbackProtection) return;
       r.warn(n.at, "insecure: no_rollback_protection lets the host bring back any older state of the volume",
              "use rollback_protected");
     }},
};

void read_permission(Reader& reader, const Node& node, InjectionFile& file) {
  const auto mode = node.kind == Node::Kind::kScalar ? permission_of(node.text) : std::nullopt;
  if (mode) {
    file.permission = *mode;
  } else {
    reader.wrong(node, "a file mode in octal from 0o000 to 0o777", "write it with a leading 0o, such as 0o640");
  }
}

constexpr Key<InjectionFile> kFileKeys[] = {
    {"path", kRequired, [](Reader& r, const Node& n, InjectionFile& f) { store(f.path, r.absolute_path(n)); }},
    {"content", kOptional,
     [](Reader& r, const Node& n, InjectionFile& f) {
       if (r.variables(n, Place::kFile)) f.content = n.text;
     }},
    {"permission", kOptional, read_permission},
};

// Two things at one path, of which only one could be seen.
template <typename Item>
void check_paths(Reader& reader, const Node& node, const std::vector<Item>& items) {
  std::set<std::string> seen;
  for (size_t index = 0; index < items.size() && index < node.items.size(); ++index) {
    if (items[index].path.empty() || seen.insert(items[index].path).second) continue;
    reader.error(node.items[index].at, "each path once", quoted(items[index].path) + " again", "remove one of them");
  }
}

void read_injection_files(Reader& reader, const Node& node, Image& image) {
  reader.each(node, [&](const Node& item) {
    InjectionFile& file = image.injection_files.emplace_back();
    if (item.kind == Node::Kind::kScalar) {
      store(file.path, reader.absolute_path(item));
    } else {
      read_map(reader, item, kFileKeys, file);
    }
    if (file.path == "/") reader.error(item.at, "the path of a file", quoted("/"));
  });
  check_paths(reader, node, image.injection_files);
}

constexpr Key<Image> kKeys[] = {
    {"name", kRequired, [](Reader& r, const Node& n, Image& i) { store(i.name, r.full_text(n)); }},
    {"volumes", kOptional,
     [](Reader& r, const Node& n, Image& i) {
       r.each(n, [&](const Node& item) { read_map(r, item, kMountKeys, i.volumes.emplace_back()); });
       check_paths(r, n, i.volumes);
     }},
    {"injection_files", kOptional, read_injection_files},
    {"provide_secrets", kOptional,
     [](Reader& r, const Node& n, Image& i) {
       i.provide_secrets.emplace();
       r.each(n, [&](const Node& item) {
         r.refer(Target::kSecret, item, "the provided secret");
         i.provide_secrets->push_back(item.text);
       });
     }},
};

}  // namespace

void read_image(Reader& reader, const Node& node, Image& image) { read_map(reader, node, kKeys, image); }

}  // namespace redoubt::policy
