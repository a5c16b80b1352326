// SPDX-License-Identifier: Apache-2.0
//
// Calls that make, remove and move names, and the working directory, in an attested run. Only host directories and volumes
// (volume_names.cc) change: everything else answers like a read-only file system, and a rename or link between two worlds like one
// between file systems.
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>
#include <optional>

#include "shim/abi/numbers.h"
#include "shim/files/attested_calls.h"
#include "shim/files/host_path.h"
#include "shim/files/kernel_view.h"
#include "shim/files/sealed_files.h"
#include "shim/files/special_descriptors.h"
#include "shim/files/volume_calls.h"
#include "shim/files/volume_paths.h"
#include "shim/files/working_directory.h"
#include "shim/gate/gate.h"
#include "shim/memory/app_memory.h"

namespace redoubt::shim::file_namespace {
namespace {

bool is_mount_root(const Place& place) { return place.kind == PlaceKind::kHost && place.node != kNoNode; }
bool is_host(const Place& place) {
  return place.mount != kNoNode && state().tree.node(place.mount).kind == NodeKind::kHost &&
         (place.kind == PlaceKind::kHost || place.kind == PlaceKind::kMissing);
}
bool is_kernel(const Place& place) {
  return place.mount != kNoNode && state().tree.node(place.mount).kind == NodeKind::kKernel;
}

// 0, or the errno for taking a name away or putting another in its place.
int why_fixed(const Place& place) {
  if (place.kind == PlaceKind::kInjected || is_mount_root(place)) return EBUSY;
  if (is_kernel(place)) return EPERM;
  return is_host(place) ? 0 : EROFS;
}

struct TwoPaths {
  int old_directory = AT_FDCWD, new_directory = AT_FDCWD;
  uint64_t old_at = 0, new_at = 0;
  uint64_t flags = 0;
};
TwoPaths two_paths(const Call& call, const PathRule& rule) {
  if (rule.directory == kNoArg) return {.old_at = call.args[0], .new_at = call.args[1]};
  return {.old_directory = call.int_arg(0),
          .new_directory = call.int_arg(2),
          .old_at = call.args[1],
          .new_at = call.args[3],
          .flags = call.number == SYS_renameat ? 0 : call.args[4]};
}

// In the order of do_renameat2, fs/namei.c.
Result<int64_t> rename_in_namespace(const TwoPaths& paths) {
  constexpr uint64_t kKnown = RENAME_NOREPLACE | RENAME_EXCHANGE | RENAME_WHITEOUT;
  const bool exchanges = (paths.flags & RENAME_EXCHANGE) != 0;
  if ((paths.flags & ~kKnown) != 0 || (exchanges && paths.flags != RENAME_EXCHANGE)) return fail(EINVAL);
  const Place from = TRY(place_of(paths.old_directory, TRY(read_app_path(paths.old_at)), Follow::kName));
  const Place to = TRY(place_of(paths.new_directory, TRY(read_app_path(paths.new_at)), Follow::kName));
  if (from.ends_in_dots) return fail(EBUSY);
  if (to.ends_in_dots) return fail((paths.flags & RENAME_NOREPLACE) != 0 ? EEXIST : EBUSY);
  if (from.kind == PlaceKind::kMissing) return fail(ENOENT);
  if (is_in_volume(from) || is_in_volume(to)) {
    TRY_VOID(rename_in_volume(from, to, paths.flags));
    return int64_t{0};
  }
  const int from_error = why_fixed(from);
  const int to_error = why_fixed(to);
  if (from_error == EBUSY || to_error == EBUSY) return fail(EBUSY);
  if ((from_error == 0) != (to_error == 0)) return fail(EXDEV);
  if (from_error != 0) return fail(from_error);
  const HostPath old_path = TRY(HostPath::name(from));
  const HostPath new_path = TRY(HostPath::name(to));
  return gate::call(SYS_renameat2, static_cast<uint64_t>(AT_FDCWD), gate::address_of(old_path.c_str()),
                    static_cast<uint64_t>(AT_FDCWD), gate::address_of(new_path.c_str()), paths.flags);
}

// What a link is made to: by path, or by descriptor.
struct Linked {
  Place place;
  bool is_descriptor = false;
  int fd = -1;
};
Result<Linked> linked_by(const TwoPaths& paths) {
  const std::string text = TRY(read_app_path(paths.old_at));
  Linked linked;
  if (text.empty() && (paths.flags & AT_EMPTY_PATH) != 0 && paths.old_directory != AT_FDCWD) {
    linked.is_descriptor = true;
    linked.fd = paths.old_directory;
    return linked;
  }
  const Follow follow = (paths.flags & AT_SYMLINK_FOLLOW) != 0 ? Follow::kYes : Follow::kNo;
  const bool is_here = text.empty() && (paths.flags & AT_EMPTY_PATH) != 0;
  linked.place = TRY(place_of(paths.old_directory, is_here ? "." : text, follow));
  if (linked.place.kind == PlaceKind::kMissing) return fail(ENOENT);
  linked.is_descriptor = linked.place.kind == PlaceKind::kDescriptor;
  if (linked.is_descriptor) linked.fd = linked.place.host.fd;
  return linked;
}

// In the order of do_linkat: what is there already, then the new name.
Result<int64_t> link_in_namespace(const TwoPaths& paths) {
  constexpr uint64_t kKnown = AT_SYMLINK_FOLLOW | AT_EMPTY_PATH;
  if ((paths.flags & ~kKnown) != 0) return fail(EINVAL);
  const Linked from = TRY(linked_by(paths));
  const Place to = TRY(place_of(paths.new_directory, TRY(read_app_path(paths.new_at)), Follow::kName));
  if (to.kind != PlaceKind::kMissing || to.ends_in_dots) return fail(EEXIST);
  if (to.wants_directory) return fail(ENOENT);
  if (is_in_volume(to)) {
    std::optional<FileId> file;
    if (!from.is_descriptor) {
      file = volume_file(from.place);
    } else if (const auto open = volumes::identify(from.fd)) {
      file = open->id;
    }
    if (!file) return fail(EXDEV);
    TRY_VOID(link_in_volume(*file, to));
    return int64_t{0};
  }
  if (!is_host(to)) return fail(EROFS);
  const HostPath new_path = TRY(HostPath::name(to));
  if (from.is_descriptor) {
    if (special::node_of(from.fd) != kNoNode || volumes::identify(from.fd)) return fail(EXDEV);
    return gate::call(SYS_linkat, static_cast<uint64_t>(AT_FDCWD),
                      gate::address_of(path_through_descriptor(from.fd).c_str()), static_cast<uint64_t>(AT_FDCWD),
                      gate::address_of(new_path.c_str()), AT_SYMLINK_FOLLOW);
  }
  if (!is_host(from.place)) return fail(EXDEV);
  const HostPath old_path = TRY(HostPath::name(from.place));
  return gate::call(SYS_linkat, static_cast<uint64_t>(AT_FDCWD), gate::address_of(old_path.c_str()),
                    static_cast<uint64_t>(AT_FDCWD), gate::address_of(new_path.c_str()), 0);
}

// What mknod and symlink refuse before they look at the path.
Result<void> may_be_asked_for(const Call& call, const PathRule& rule) {
  if (call.number == SYS_symlink || call.number == SYS_symlinkat) {
    return TRY(read_app_path(call.args[0]))
    .empty() ? fail(ENOENT) : Result<void>();
  }
  if (call.number != SYS_mknod && call.number != SYS_mknodat) return {};
  switch (call.args[rule.path + 1] & S_IFMT) {
    case 0:
    case S_IFREG:
    case S_IFCHR:
    case S_IFBLK:
    case S_IFIFO:
    case S_IFSOCK: return {};
    case S_IFDIR: return fail(EPERM);
    default: return fail(EINVAL);
  }
}

int64_t raw_of(const Result<int64_t>& result) { return result ? *result : -number_of(result.error()); }

}  // namespace

int64_t attested_rename(Call& call, const PathRule& rule) { return raw_of(rename_in_namespace(two_paths(call, rule))); }
int64_t attested_link(Call& call, const PathRule& rule) { return raw_of(link_in_namespace(two_paths(call, rule))); }

int64_t attested_create(Call& call, const PathRule& rule) {
  if (const auto asked = may_be_asked_for(call, rule); !asked) return to_raw(asked);
  const auto path = read_app_path(call.args[rule.path]);
  if (!path) return -number_of(path.error());
  const auto place = place_of(directory_of(call, rule), *path, Follow::kName);
  if (!place) return -number_of(place.error());
  if (place->kind != PlaceKind::kMissing || place->ends_in_dots) return -EEXIST;
  const bool makes_directory = call.number == SYS_mkdir || call.number == SYS_mkdirat;
  if (place->wants_directory && !makes_directory) return -ENOENT;
  if (is_in_volume(*place)) return to_raw(create_in_volume(call, rule, *place));
  if (is_kernel(*place)) return -EPERM;
  if (!is_host(*place)) return -EROFS;
  const auto host = HostPath::name(*place);
  if (!host) return -number_of(host.error());
  uint64_t a[6];
  for (int i = 0; i < 6; ++i) a[i] = call.args[i];
  a[rule.path] = gate::address_of(host->c_str());
  return pass_with(call, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int64_t attested_remove(Call& call, const PathRule& rule) {
  if (call.number == SYS_unlinkat && (call.int_arg(2) & ~AT_REMOVEDIR) != 0) return -EINVAL;
  const auto path = read_app_path(call.args[rule.path]);
  if (!path) return -number_of(path.error());
  const bool of_directory =
      call.number == SYS_rmdir || (call.number == SYS_unlinkat && (call.args[2] & AT_REMOVEDIR) != 0);
  const auto place = place_of(directory_of(call, rule), *path, Follow::kName);
  if (!place) return -number_of(place.error());
  if (place->ends_in_dots) return !of_directory ? -EISDIR : path->ends_with("..") ? -ENOTEMPTY : -EINVAL;
  if (place->kind == PlaceKind::kMissing) return -ENOENT;
  if (is_in_volume(*place)) return to_raw(remove_in_volume(*place, of_directory));
  if (const int error = why_fixed(*place); error != 0) return -error;
  const auto host = HostPath::name(*place);
  if (!host) return -number_of(host.error());
  const uint64_t host_at = gate::address_of(host->c_str());
  return rule.directory == kNoArg ? pass_with(call, host_at) : pass_with(call, call.args[0], host_at, call.args[2]);
}

int64_t attested_truncate(Call& call, const PathRule& rule) {
  if (static_cast<int64_t>(call.args[1]) < 0) return -EINVAL;
  const auto place = place_of(call, rule);
  if (!place) return -number_of(place.error());
  if (const auto file = volume_file(*place)) {
    return to_raw(truncate_in_volume(*file, static_cast<int64_t>(call.args[1])));
  }
  NodeId node = place->kind == PlaceKind::kInjected ? place->node : kNoNode;
  if (place->kind == PlaceKind::kDescriptor) node = special::node_of(place->host.fd);
  if (node != kNoNode && state().tree.node(node).kind == NodeKind::kInjected) {
    InjectedFile& file = state().injected.at(node);
    if (const auto allowed = may_use(file, W_OK); !allowed) return to_raw(allowed);
    return to_raw(file.truncate(call.args[1]));
  }
  if (place->kind == PlaceKind::kMissing) return -ENOENT;
  if (place->kind == PlaceKind::kDirectory) return -EISDIR;
  PathRule read_only = rule;
  read_only.error = EROFS;
  return pass_host(call, read_only, *place, Follow::kYes, true);
}

Result<void> change_directory(const Place& named) {
  Place place = named;
  if (named.kind == PlaceKind::kDescriptor) {  // /proc/self/fd/N
    KernelView view(state().tree);
    place = TRY(place_of_directory(TRY(view.directory_of(named.host.fd))));
  }
  if (place.kind == PlaceKind::kMissing) return fail(ENOENT);
  if (!is_directory(place)) return fail(ENOTDIR);
  if (place.kind == PlaceKind::kVolume) {
    TRY_VOID(may_enter(place));
    working_directory().set(BaseDirectory({}, place.volume, place.attributes.inode));
    return {};
  }
  if (place.path.size() >= PATH_MAX) return fail(ENAMETOOLONG);
  if (place.kind == PlaceKind::kHost) {
    const HostPath path = TRY(HostPath::to(place));
    TRY(from_raw(
        gate::call(SYS_faccessat2, static_cast<uint64_t>(AT_FDCWD), gate::address_of(path.c_str()), X_OK, AT_EACCESS)));
  }
  if (place.kind == PlaceKind::kDirectory) TRY_VOID(may_use_sealed(state().tree.node(place.node), X_OK));
  working_directory().set(place.path);
  return {};
}

int64_t attested_chdir(Call& call, const PathRule& rule) {
  const auto place = place_of(call, rule);
  return place ? to_raw(change_directory(*place)) : -number_of(place.error());
}

int64_t attested_getcwd(Call& call, const PathRule&) {
  const auto path = volume_paths::of_base(working_directory().get());
  if (!path) return -number_of(path.error());
  if (path->size() >= PATH_MAX) return -ENAMETOOLONG;
  if (call.args[1] < path->size() + 1) return -ERANGE;
  return copy_to_app(call.args[0], path->c_str(), path->size() + 1) ? static_cast<int64_t>(path->size() + 1) : -EFAULT;
}

}  // namespace redoubt::shim::file_namespace
