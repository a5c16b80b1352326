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

bool is_below(std::string_view path, std::string_view directory) {
  return path.size() > directory.size() && path.starts_with(directory) && path[directory.size()] == '/';
}

// The host's directory of a mount holds the volume's own files and nothing else.
void check_mounts(Reader& reader, const Node& node, const std::vector<Mount>& mounts) {
  check_paths(reader, node, mounts);
  for (size_t index = 0; index < mounts.size() && index < node.items.size(); ++index) {
    const Mount& mount = mounts[index];
    const Position at = node.items[index].at;
    if (mount.path.empty()) continue;
    for (const std::string_view system : {"/proc", "/sys", "/dev"}) {
      if (mount.path != system && !is_below(mount.path, system)) continue;
      reader.error(at, "a directory outside " + std::string(system) + ", which is the kernel's", quoted(mount.path),
                   "mount it at another path, such as /data");
    }
    if (mount.path == "/") {
      reader.error(at, "a directory below /", quoted("/"), "mount volumes where the program keeps its data");
    }
    for (size_t other = 0; other < mounts.size(); ++other) {
      if (is_below(mount.path, mounts[other].path)) {
        reader.error(at, "no mount inside the mount at " + quoted(mounts[other].path), quoted(mount.path),
                     "mount them beside each other: a volume's directory holds its own files only");
      }
      if (other < index && mounts[other].volume == mount.volume && !mount.volume.empty()) {
        reader.error(at, "each volume at one path of an image", quoted(mount.volume) + " again",
                     "define another volume; a symbolic link on the volume leads elsewhere in it");
      }
    }
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
       check_mounts(r, n, i.volumes);
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

void read_image(Reader& reader, const Node& node, Image& image) {
  if (!read_map(reader, node, kKeys, image)) return;
  const Node* files = node.find("injection_files");
  for (size_t index = 0; index < image.injection_files.size() && index < files->items.size(); ++index) {
    const std::string& path = image.injection_files[index].path;
    for (const Mount& mount : image.volumes) {
      if (path.empty() || (mount.path != path && !is_below(mount.path, path))) continue;
      reader.error(files->items[index].at, "no file where the volume " + quoted(mount.volume) + " is mounted, or above",
                   quoted(path), "remove one of them");
    }
  }
}

}  // namespace redoubt::policy
