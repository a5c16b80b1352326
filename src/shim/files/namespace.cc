// SPDX-License-Identifier: Apache-2.0
//
// Building the namespace from a manifest, and what the start of a program asks of it.
#include "shim/files/namespace.h"

#include <fcntl.h>
#include <sys/personality.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <climits>

#include "shim/files/attested_calls.h"
#include "shim/files/code_file.h"
#include "shim/files/host_link.h"
#include "shim/files/kernel_view.h"
#include "shim/files/namespace_state.h"
#include "shim/files/proc_path.h"
#include "shim/files/sealed_files.h"
#include "shim/files/special_descriptors.h"
#include "shim/files/working_directory.h"
#include "shim/gate/gate.h"
#include "shim/gate/host_answer.h"
#include "shim/volumes/mounts.h"

namespace redoubt::shim::file_namespace {

constinit bool active = false;

namespace {

struct BuiltIn {
  const char* path;
  NodeKind kind;
  const char* target;   // of a link; null: the path itself
  uint32_t device = 0;  // major << 8 | minor
};
constexpr BuiltIn kBuiltIns[] = {
    {"/dev/null", NodeKind::kDevice, nullptr, 1 << 8 | 3},
    {"/dev/zero", NodeKind::kDevice, nullptr, 1 << 8 | 5},
    {"/dev/full", NodeKind::kDevice, nullptr, 1 << 8 | 7},
    {"/dev/random", NodeKind::kDevice, nullptr, 1 << 8 | 8},
    {"/dev/urandom", NodeKind::kDevice, nullptr, 1 << 8 | 9},
    {"/dev/fd", NodeKind::kLink, "/proc/self/fd"},
    {"/dev/stdin", NodeKind::kLink, "/proc/self/fd/0"},
    {"/dev/stdout", NodeKind::kLink, "/proc/self/fd/1"},
    {"/dev/stderr", NodeKind::kLink, "/proc/self/fd/2"},
    {"/proc", NodeKind::kKernel, nullptr},
    {"/sys/devices/system/cpu", NodeKind::kKernel, nullptr},
    {"/sys/devices/system/node", NodeKind::kKernel, nullptr},
    {"/sys/fs/cgroup", NodeKind::kKernel, nullptr},
    {"/sys/kernel/mm/transparent_hugepage", NodeKind::kKernel, nullptr},
};

// A directory or device of the host under its canonical name, so that no link is left in it.
struct HostThing {
  std::string path;
  bool is_directory;
};
Result<HostThing> look_up(const std::string& path) {
  const OwnedFd fd(TRY(gate::descriptor_of(
      gate::call(SYS_openat, static_cast<uint64_t>(AT_FDCWD), gate::address_of(path.c_str()), O_PATH | O_CLOEXEC))));
  struct stat status;
  TRY(from_raw(gate::call(SYS_fstat, static_cast<uint64_t>(fd.get()), gate::address_of(&status))));
  std::string canonical = path_of_fd(fd.get());
  if (!is_normal_path(canonical)) return fail(ENOENT);
  return HostThing{std::move(canonical), S_ISDIR(status.st_mode)};
}

bool is_at_or_below(std::string_view path, std::string_view directory) {
  return path.starts_with(directory) && (path.size() == directory.size() || path[directory.size()] == '/');
}

Result<void> add_host(Tree& tree, std::string_view path, bool may_be_device) {
  if (!is_normal_path(path) || path == "/" || is_at_or_below(path, "/proc")) return fail(EINVAL);
  const HostThing thing = TRY(look_up(std::string(path)));
  if (thing.path == "/" || is_at_or_below(thing.path, "/proc")) return fail(EINVAL);
  if (!thing.is_directory && !may_be_device) return fail(ENOTDIR);
  const auto added = tree.add(path, thing.is_directory ? NodeKind::kHost : NodeKind::kDevice);
  if (!added) {
    // Below another host directory it is there already; anything else would hide code.
    for (std::string_view above = path; above.size() > 1; above = above.substr(0, above.rfind('/'))) {
      const NodeId node = tree.find(above);
      if (node != kNoNode) return tree.node(node).kind == NodeKind::kHost ? Result<void>() : fail(EINVAL);
    }
    return fail(EINVAL);
  }
  tree.node(*added).target = thing.path;
  return {};
}

Result<void> add_code(Tree& tree, const wire::CodeEntry& entry) {
  if (is_at_or_below(entry.path, "/proc") || is_at_or_below(entry.path, "/dev")) return fail(EINVAL);
  const bool is_link = entry.kind == wire::CodeKind::kLink;
  if (is_link && (entry.target.empty() || entry.target.find('\0') != std::string_view::npos)) return fail(EINVAL);
  const auto added = tree.add(entry.path, is_link ? NodeKind::kLink : NodeKind::kCode);
  if (!added) return fail(EINVAL);
  Node& node = tree.node(*added);
  node.target = entry.target;
  node.sha256 = entry.sha256;
  return {};
}

void add_built_ins(Tree& tree) {
  for (const BuiltIn& built_in : kBuiltIns) {
    std::string target = built_in.target != nullptr ? built_in.target : built_in.path;
    if (built_in.kind == NodeKind::kKernel) {
      const auto thing = look_up(target);
      if (!thing || !thing->is_directory) continue;
      target = thing->path;
    }
    const auto added = tree.add(built_in.path, built_in.kind);
    if (!added) continue;  // the session has something else there
    tree.node(*added).target = target;
    tree.node(*added).device = built_in.device;
  }
}

Result<void> build(Tree& tree, const wire::CodeManifest& manifest, std::string* culprit) {
  for (const wire::CodeEntry& entry : manifest.code) {
    *culprit = entry.path;
    TRY_VOID(add_code(tree, entry));
  }
  std::vector<std::string_view> directories = manifest.host_directories;
  std::sort(directories.begin(), directories.end());
  for (const std::string_view path : directories) {
    *culprit = path;
    TRY_VOID(add_host(tree, path, false));
  }
  for (const std::string_view path : manifest.host_devices) {
    *culprit = path;
    TRY_VOID(add_host(tree, path, true));
  }
  add_built_ins(tree);
  return {};
}

}  // namespace

void activate() {
  constexpr uint64_t kAsk = 0xffffffff;
  const int64_t persona = gate::call(SYS_personality, kAsk);
  if (!is_error(persona) && (persona & READ_IMPLIES_EXEC) != 0) {
    gate::call(SYS_personality, static_cast<uint64_t>(persona & ~READ_IMPLIES_EXEC));
  }
  // Only by setting it does one learn it.
  const int64_t mask = gate::call(SYS_umask, 0777);
  gate::call(SYS_umask, static_cast<uint64_t>(mask));
  working_directory().set_umask(static_cast<uint32_t>(mask));
  active = true;
}

State& state() {
  static State the_state;
  return the_state;
}

Result<void> start(const wire::CodeManifest& manifest, std::string* culprit) {
  std::string ignored;
  TRY_VOID(build(state().tree, manifest, culprit != nullptr ? culprit : &ignored));
  activate();
  return {};
}

Result<Place> place_of(int directory, const std::string& path, Follow follow, const Credentials* who) {
  KernelView view(state().tree, who);
  if (path.starts_with('/')) return resolve(state().tree, view, BaseDirectory(std::string("/")), path, follow);
  if (directory == AT_FDCWD) return resolve(state().tree, view, working_directory().get(), path, follow);
  const BaseDirectory base = TRY(view.directory_of(directory));
  return resolve(state().tree, view, base, path, follow);
}

Result<Place> place_of_directory(const BaseDirectory& directory) {
  KernelView view(state().tree);
  if (directory.inode == 0) return resolve(state().tree, view, directory, directory.path, Follow::kYes);
  return resolve(state().tree, view, directory, "./", Follow::kYes);
}

Result<void> mount_volume(std::string_view path, size_t index, std::string_view host_directory) {
  if (is_at_or_below(path, "/proc") || is_at_or_below(path, "/sys") || is_at_or_below(path, "/dev"))
    return fail(EINVAL);
  TRY(state().tree.add_volume(path, static_cast<uint32_t>(index), host_directory));
  return {};
}

Result<void> mount_sealed_tree(std::string_view path, const volume::SealedTree& seal, bool is_code,
                               std::string* culprit) {
  *culprit = path;
  if (is_at_or_below(path, "/proc") || is_at_or_below(path, "/sys") || is_at_or_below(path, "/dev"))
    return fail(EINVAL);
  return add_sealed_tree(state().tree, path, seal, is_code ? NodeKind::kCode : NodeKind::kSealed, culprit);
}

std::string host_path_of(NodeId node) { return state().tree.path_of(node); }

namespace {

// In place of a file that was promised; null: the host's refusal is not about the file.
const char* what_is_there(Errno error) {
  switch (number_of(error)) {
    case ENOENT:
    case ENOTDIR:
    case ELOOP: return "no file";
    case EACCES: return "no file that may be read";
    case EFBIG: return "a longer file";
    default: return nullptr;
  }
}

}  // namespace

Result<OwnedFd> verified_file(NodeId id) {
  Node& node = state().tree.node(id);
  const std::string path = state().tree.path_of(id);
  OwnedFd file = TRY(special::memory_file(path));
  const Promise promise = node.sealed ? Promise::kSeal : Promise::kSession;
  const auto size = copy_host_file(host_path_of(id), file.get(), node.sealed ? node.size : UINT64_MAX);
  if (!size) {
    const char* const found = what_is_there(size.error());
    if (found == nullptr) return std::unexpected(size.error());
    report_wrong_file(path, promise, node.sha256, found);
    return fail(EIO);
  }
  TRY_VOID(special::seal(file.get()));
  const FileHash found = TRY(hash_memory_file(file.get(), *size));
  if (found != node.sha256) {
    report_wrong_file(path, promise, node.sha256, hex_of(found));
    return fail(EIO);
  }
  node.size = *size;
  return file;
}

Result<void> verify_all_code(std::string* culprit, std::string* found) {
  Tree& tree = state().tree;
  for (NodeId id = 0; id < tree.size(); ++id) {
    Node& node = tree.node(id);
    if (node.kind != NodeKind::kCode) continue;
    const auto hashed = hash_host_file(host_path_of(id));
    if (hashed && hashed->hash == node.sha256) {
      node.size = hashed->size;
      continue;
    }
    if (culprit != nullptr) *culprit = tree.path_of(id);
    if (found == nullptr) return fail(EIO);
    if (hashed) {
      *found = hex_of(hashed->hash);
    } else {
      *found = hashed.error() == as_errno(ENOENT) ? "no file" : "no file that may be read";
    }
    return fail(EIO);
  }
  return {};
}

Result<void> inject(const wire::InjectedFile& file) {
  const std::string_view path = file.path;
  if (!is_normal_path(path) || path == "/" || is_at_or_below(path, "/proc") || is_at_or_below(path, "/sys") ||
      is_at_or_below(path, "/dev")) {
    return fail(EINVAL);
  }
  InjectedFile content = TRY(InjectedFile::create(file.permission, file.content));
  const NodeId node = TRY(state().tree.add_injected(path));
  state().injected.insert_or_assign(node, content);
  return {};
}

Result<void> set_working_directory(const std::string& path) {
  const Place place = TRY(place_of(AT_FDCWD, path, Follow::kYes));
  return change_directory(place);
}

namespace {

Result<std::string> read_volume_file(const Place& place, size_t limit) {
  if (!S_ISREG(place.attributes.mode)) return fail(EACCES);
  if (place.attributes.size > limit) return fail(EFBIG);
  std::string bytes(place.attributes.size, '\0');
  const std::span<uint8_t> to(reinterpret_cast<uint8_t*>(bytes.data()), bytes.size());
  const size_t size = TRY(VolumeInUse(volumes::volume(place.volume))->read(place.attributes.inode, 0, to));
  bytes.resize(size);
  return bytes;
}

}  // namespace

Result<std::string> read_file(const std::string& path, size_t limit) {
  const Place place = TRY(place_of(AT_FDCWD, path, Follow::kYes));
  OwnedFd file;
  if (place.kind == PlaceKind::kInjected) {
    const ByteView content = state().injected.at(place.node).content();
    if (content.size() > limit) return fail(EFBIG);
    return std::string(as_text(content));
  }
  if (place.kind == PlaceKind::kVolume) return read_volume_file(place, limit);
  if (place.kind == PlaceKind::kCode) {
    file = TRY(verified_file(place.node));
  } else if (place.kind == PlaceKind::kHost && place.host.kind == HostEntry::Kind::kFile) {
    file = OwnedFd(TRY(gate::descriptor_of(gate::call(SYS_openat, static_cast<uint64_t>(AT_FDCWD),
                                                      gate::address_of(place.host_path.c_str()),
                                                      O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK))));
  } else {
    return fail(place.kind == PlaceKind::kMissing ? ENOENT : EACCES);
  }
  std::string bytes(limit, '\0');
  const size_t size = TRY(read_at(file.get(), 0, bytes.data(), limit));
  char more;
  if (size == limit && TRY(read_at(file.get(), limit, &more, 1)) != 0) return fail(EFBIG);
  bytes.resize(size);
  return bytes;
}

Result<OwnedFd> open_code(int directory, const std::string& path, int flags) {
  NodeId node = kNoNode;
  if (path.empty()) {
    if ((flags & AT_EMPTY_PATH) == 0) return fail(ENOENT);
    if (directory == AT_FDCWD) return fail(EACCES);
    struct stat status;
    TRY(from_raw(gate::call(SYS_fstat, static_cast<uint64_t>(directory), gate::address_of(&status))));
    node = special::node_of_any(directory);
  } else {
    const Follow follow = (flags & AT_SYMLINK_NOFOLLOW) != 0 ? Follow::kNo : Follow::kYes;
    const Place place = TRY(place_of(directory, path, follow));
    if (place.kind == PlaceKind::kMissing) return fail(ENOENT);
    if (place.kind == PlaceKind::kLink) return fail(ELOOP);
    if (place.kind == PlaceKind::kHost && place.host.kind == HostEntry::Kind::kLink) return fail(ELOOP);
    if (place.kind == PlaceKind::kDescriptor) node = special::node_of_any(place.host.fd);
    if (place.kind == PlaceKind::kCode) node = place.node;
  }
  if (node == kNoNode || state().tree.node(node).kind != NodeKind::kCode) return fail(EACCES);
  // Whether a file is meant to be executed says its seal, or the host; what it is the host does not say.
  if (const auto& sealed = state().tree.node(node).sealed) {
    if ((sealed->mode & 0111) == 0) return fail(EACCES);
    OwnedFd file = TRY(verified_file(node));
    return OwnedFd(TRY(special::publish(std::move(file), node, O_RDONLY | O_CLOEXEC)));
  }
  struct stat status;
  const std::string host_path = host_path_of(node);
  const int64_t raw = gate::call(SYS_newfstatat, static_cast<uint64_t>(AT_FDCWD), gate::address_of(host_path.c_str()),
                                 gate::address_of(&status), 0);
  if (!is_error(raw) && (status.st_mode & 0111) == 0) return fail(EACCES);
  OwnedFd file = TRY(verified_file(node));
  return OwnedFd(TRY(special::publish(std::move(file), node, O_RDONLY | O_CLOEXEC)));
}

std::string name_of_special(int fd) {
  const NodeId node = active ? special::node_of(fd) : kNoNode;
  return node == kNoNode ? std::string() : state().tree.path_of(node);
}

}  // namespace redoubt::shim::file_namespace
