// SPDX-License-Identifier: Apache-2.0
//
// From a path to the thing it names, in the tree of an attested run: path_resolution(7), done by the shim. Pure: what lies below
// a mount is asked of a HostView, one component at a time, so that a symbolic link of the host is resolved here and never by the
// kernel. A canonical path that comes out holds no link, no "." and no "..".
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "shim/files/tree.h"

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

class HostView {
 public:
  // `path` is the path on the host, below `mount`; only its last component may be a link.
  virtual Result<HostEntry> look(const Node& mount, const std::string& path) = 0;
  // The canonical path in the namespace of a directory that a descriptor is open on. ENOTDIR, ENOENT: it has none.
  virtual Result<std::string> directory_of(int fd) = 0;

 protected:
  ~HostView() = default;
};

enum class PlaceKind : uint8_t {
  kMissing,    // nothing, in a directory that exists
  kDirectory,  // a directory of the tree
  kCode,
  kLink,  // a link of the tree, not followed
  kInjected,
  kDevice,
  kHost,        // something below a mount, or the mount itself
  kDescriptor,  // an open file of the process
};

struct Place {
  PlaceKind kind = PlaceKind::kMissing;
  NodeId node = kNoNode;         // in the tree; of kMissing, its directory, if that is in the tree
  NodeId mount = kNoNode;        // kHost, and kMissing below a mount
  std::string path;              // canonical
  std::string host_path;         // below a mount: the same thing on the host
  HostEntry host;                // below a mount
  bool wants_directory = false;  // the path ended with a slash
  bool ends_in_dots = false;     // ... or with "." or "..", which names cannot be made of or removed
};

enum class Follow : bool { kNo, kYes };

// `base` is the canonical path of the directory that relative paths start from. ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG, and errors
// of the view; EACCES for a link of a host directory that leads to an injected file, into /proc or /sys, or to an open file other than
// a standard stream. A path that ends with a slash is followed whatever `follow` says, and names a directory or nothing.
Result<Place> resolve(const Tree& tree, HostView& view, std::string_view base, std::string_view path, Follow follow);

}  // namespace redoubt::shim
