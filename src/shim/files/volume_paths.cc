// SPDX-License-Identifier: Apache-2.0
//
// A search goes through a volume once, with a bound: its answer is for people and logs.
#include "shim/files/volume_paths.h"

#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <climits>
#include <optional>
#include <vector>

#include "shim/files/namespace_state.h"
#include "shim/volumes/mounts.h"

namespace redoubt::shim::volume_paths {
namespace {

using volume::InodeNumber;
using volumes::FileId;

constexpr size_t kSlots = 1024;
constexpr size_t kPage = 256;              // entries of a directory at a time
constexpr size_t kMostSearched = 1 << 20;  // entries
constexpr std::string_view kDeleted = " (deleted)";

struct Name {
  InodeNumber inode, directory;
  uint32_t volume;
  uint8_t size;
  char text[NAME_MAX];
};
constinit Name slots[kSlots] = {};
constinit std::atomic<bool> busy = false;

Name& slot_of(const FileId& file) { return slots[(file.inode * 0x9e3779b97f4a7c15 + file.volume) >> 54]; }
static_assert(kSlots == 1 << 10);

struct Remembered {
  InodeNumber directory;
  std::string name;
};
std::optional<Remembered> recall(const FileId& file) {
  if (busy.exchange(true)) return std::nullopt;
  std::optional<Remembered> found;
  const Name& slot = slot_of(file);
  if (slot.inode == file.inode && slot.volume == file.volume && slot.size != 0) {
    found = {.directory = slot.directory, .name = std::string(slot.text, slot.size)};
  }
  busy = false;
  return found;
}

VolumeInUse use(size_t index) { return VolumeInUse(volumes::volume(index)); }

// Calls `each` with the entries until it returns false.
template <typename Each>
void for_entries(const FileId& directory, Each each) {
  uint64_t cookie = 0;
  while (true) {
    const auto entries = use(directory.volume)->list(directory.inode, cookie, kPage);
    if (!entries || entries->empty()) return;
    for (const volume::DirectoryEntry& entry : *entries) {
      if (!each(entry)) return;
      cookie = entry.cookie;
    }
  }
}

bool has_name(const FileId& file, const Remembered& at) {
  const auto inode = use(file.volume)->lookup(at.directory, at.name);
  return inode && *inode == file.inode;
}

Result<std::string> name_in(const FileId& file, InodeNumber directory) {
  const auto known = recall(file);
  if (known && known->directory == directory && has_name(file, *known)) return known->name;
  std::string name;
  for_entries({file.volume, directory}, [&](const volume::DirectoryEntry& entry) {
    if (entry.inode == file.inode) name = entry.name;
    return name.empty();
  });
  if (name.empty()) return fail(ENOENT);
  remember(file, directory, name);
  return name;
}

std::string joined(const std::string& directory, std::string_view name) {
  return (directory == "/" ? "" : directory) + "/" + std::string(name);
}

// Some name of a file that has one.
std::optional<Remembered> search(const FileId& file) {
  std::optional<Remembered> found;
  std::vector<InodeNumber> directories = {volume::kRootInode};
  size_t seen = 0;
  while (!directories.empty() && !found && seen < kMostSearched) {
    const InodeNumber directory = directories.back();
    directories.pop_back();
    for_entries({file.volume, directory}, [&](const volume::DirectoryEntry& entry) {
      if (entry.inode == file.inode) found = {.directory = directory, .name = entry.name};
      if (S_ISDIR(entry.mode)) directories.push_back(entry.inode);
      return !found && ++seen < kMostSearched;
    });
  }
  if (found) remember(file, found->directory, found->name);
  return found;
}

std::string root_path(size_t index) {
  const Tree& tree = file_namespace::state().tree;
  const NodeId root = tree.root_of_volume(static_cast<uint32_t>(index));
  return root == kNoNode ? std::string("/") : tree.path_of(root);
}

}  // namespace

void remember(const FileId& file, InodeNumber directory, std::string_view name) {
  if (name.size() > NAME_MAX || busy.exchange(true)) return;
  Name& slot = slot_of(file);
  slot.inode = file.inode;
  slot.volume = static_cast<uint32_t>(file.volume);
  slot.directory = directory;
  slot.size = static_cast<uint8_t>(name.size());
  name.copy(slot.text, name.size());
  busy = false;
}

Result<std::string> of_directory(const FileId& directory) {
  std::string below;
  FileId at = directory;
  while (at.inode != volume::kRootInode) {
    const InodeNumber parent = TRY(use(at.volume)->parent(at.inode));
    below.insert(0, "/" + TRY(name_in(at, parent)));
    at.inode = parent;
  }
  return root_path(at.volume) + below;
}

std::string of_file(const FileId& file) {
  const auto attributes = use(file.volume)->attributes(file.inode);
  if (attributes && S_ISDIR(attributes->mode)) {
    if (const auto path = of_directory(file)) return *path;
  }
  auto known = recall(file);
  const bool is_deleted = !attributes || attributes->links == 0;
  if (!is_deleted && (!known || !has_name(file, *known))) known = search(file);
  if (!known) return joined(root_path(file.volume), "#" + std::to_string(file.inode)) + std::string(kDeleted);
  const auto directory = of_directory({file.volume, known->directory});
  std::string path = joined(directory ? *directory : root_path(file.volume), known->name);
  return is_deleted ? path + std::string(kDeleted) : path;
}

Result<std::string> of_base(const BaseDirectory& base) {
  if (base.inode == 0) return base.path;
  return of_directory({base.volume, base.inode});
}

}  // namespace redoubt::shim::volume_paths
