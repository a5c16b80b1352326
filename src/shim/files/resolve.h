// SPDX-License-Identifier: Apache-2.0
//
// From a path to the thing it names, in the tree of an attested run: path_resolution(7), done by the shim. Pure: what lies below
// a mount is asked of a HostView, one component at a time, so that a symbolic link of the host is resolved here and never by the
// kernel. A canonical path that comes out holds no link, no "." and no "..".
//
// Below the mount of a volume the walk goes from inode to inode, and asks for permission to search each directory as the kernel
// does. A directory of a volume may be the base of a walk by its inode alone: it may have been renamed since it was opened.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "shim/files/tree.h"
#include "shim/memory/scratch.h"
#include "volume/volume.h"

namespace redoubt::shim {

// What the host has at a path below a mount.
struct HostEntry {
  enum class Kind : uint8_t {
    kMissing,
    kDirectory,
    kFile,        // anything that is neither a directory nor a link
    kLink,        // `target` is a path of this namespace
    kDescriptor,  // a link of /proc/self/fd: following it means the open file
  };
  Kind kind = Kind::kMissing;
  std::string target;
  int fd = -1;
};

// A directory that relative paths start from: by its canonical path, or by its inode when it is one of a volume.
struct BaseDirectory {
  BaseDirectory() = default;
  BaseDirectory(std::string canonical)
      : path(std::move(canonical)) {}  // NOLINT(google-explicit-constructor): a path is one
  BaseDirectory(std::string canonical, uint32_t volume_index, volume::InodeNumber directory)
      : path(std::move(canonical)), volume(volume_index), inode(directory) {}
  std::string path;  // empty when it is known by inode
  uint32_t volume = 0;
  volume::InodeNumber inode = 0;  // 0: not of a volume
};

// A volume while one statement uses it. What the volume allocates meanwhile outlives the call, also in a vfork child.
class VolumeInUse {
 public:
  explicit VolumeInUse(volume::Volume& volume) : volume_(volume) {}
  volume::Volume* operator->() { return &volume_; }

 private:
  HeapScope heap_;
  volume::Volume& volume_;
};

class HostView {
 public:
  // `path` is the path on the host, below `mount`; only its last component may be a link.
  virtual Result<HostEntry> look(const Node& mount, const std::string& path) = 0;
  // The directory that a descriptor is open on. ENOTDIR, ENOENT: it is none of the namespace.
  virtual Result<BaseDirectory> directory_of(int fd) = 0;
  virtual VolumeInUse volume(uint32_t index) = 0;
  // EACCES unless the walker may search a directory of a volume.
  virtual Result<void> may_search(const volume::Attributes& directory) = 0;

 protected:
  ~HostView() = default;
};

enum class PlaceKind : uint8_t {
  kMissing,    // nothing, in a directory that exists
  kDirectory,  // a directory of the tree
  kCode,       // a file with its hash: of the session, or of an authenticated volume
  kLink,       // a link of the tree, not followed
  kInjected,
  kDevice,
  kHost,        // something below a mount, or the mount itself
  kVolume,      // something in a volume, or its root
  kDescriptor,  // an open file of the process
};

struct Place {
  PlaceKind kind = PlaceKind::kMissing;
  NodeId node = kNoNode;   // in the tree; of kMissing, its directory, if that is in the tree
  NodeId mount = kNoNode;  // kHost, and kMissing below a mount
  std::string path;        // canonical; may be empty for something of a volume that was reached by inode
  std::string host_path;   // below a mount: the same thing on the host
  HostEntry host;          // below a mount
  // kVolume, and kMissing in a volume (then `mount` is set):
  uint32_t volume = 0;
  volume::Attributes attributes;  // of the thing, when it was looked at; nothing when missing
  volume::Attributes
      directory;     // of the directory that has its name; inode 0 for what has none in the volume: roots, dots
  std::string name;  // in there
  bool wants_directory = false;  // the path ended with a slash
  bool ends_in_dots = false;     // ... or with "." or "..", which names cannot be made of or removed
};

// Whether the place is one that can be entered.
bool is_directory(const Place& place);

enum class Follow : uint8_t {
  kNo,
  kYes,
  kName,  // the name itself, to be made or taken away: not even a slash at its end makes a link followed, or a file an error
};

// `base` is the directory that relative paths start from. ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG, and errors
// of the view; EACCES for a directory of a volume that may not be searched, and for a link of a host directory that leads to an injected file,
// into a volume, /proc or /sys, or to an open file other than a standard stream. A path that ends with a slash is followed
// unless `follow` is kName, and names a directory or nothing.
Result<Place> resolve(const Tree& tree, HostView& view, const BaseDirectory& base, std::string_view path,
                      Follow follow);

}  // namespace redoubt::shim
