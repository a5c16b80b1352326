// SPDX-License-Identifier: Apache-2.0
//
// The table of calls with paths, and those handlers that need nothing but it: what changes or asks attributes.
#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>

#include "shim/abi/numbers.h"
#include "shim/files/attested_calls.h"
#include "shim/files/host_path.h"
#include "shim/files/kernel_view.h"
#include "shim/files/passed_descriptors.h"
#include "shim/files/special_descriptors.h"
#include "shim/files/volume_calls.h"
#include "shim/files/working_directory.h"
#include "shim/gate/gate.h"
#include "shim/memory/app_memory.h"
#include "shim/memory/scratch.h"
#include "shim/process/thread.h"
#include "shim/volumes/mounts.h"

namespace redoubt::shim::file_namespace {
namespace {

namespace nr = abi::nr;

// A change of attributes: the host's things may be changed, for the others the rule has the errno.
int64_t change(Call& call, const PathRule& rule);
// A question that virtual things answer with the rule's errno (0: with nothing).
int64_t ask(Call& call, const PathRule& rule);
int64_t watch(Call& call, const PathRule& rule);
int64_t never(Call&, const PathRule& rule) { return -rule.error; }

constexpr Follow kYes = Follow::kYes;
constexpr Follow kNo = Follow::kNo;

// clang-format off
constexpr PathRule kRules[] = {
    // number                 handler             directory path flags follow errno
    {nr::open,              attested_open,      kNoArg, 0, kNoArg, kYes, 0},
    {nr::openat,            attested_open,      0,      1, kNoArg, kYes, 0},
    {nr::openat2,           attested_open,      0,      1, kNoArg, kYes, 0},
    {nr::creat,             attested_open,      kNoArg, 0, kNoArg, kYes, 0},
    {nr::stat,              attested_stat,      kNoArg, 0, kNoArg, kYes, 0},
    {nr::lstat,             attested_stat,      kNoArg, 0, kNoArg, kNo,  0},
    {nr::newfstatat,        attested_stat,      0,      1, 3,      kYes, 0},
    {nr::statx,             attested_statx,     0,      1, 2,      kYes, 0},
    {nr::access,            attested_access,    kNoArg, 0, kNoArg, kYes, 0},
    {nr::faccessat,         attested_access,    0,      1, kNoArg, kYes, 0},
    {nr::faccessat2,        attested_access,    0,      1, 3,      kYes, 0},
    {nr::readlink,          attested_readlink,  kNoArg, 0, kNoArg, kNo,  0},
    {nr::readlinkat,        attested_readlink,  0,      1, kNoArg, kNo,  0},
    {nr::statfs,            attested_statfs,    kNoArg, 0, kNoArg, kYes, 0},

    {nr::rename,            attested_rename,    kNoArg, 0, kNoArg, kNo,  0},
    {nr::renameat,          attested_rename,    0,      1, kNoArg, kNo,  0},
    {nr::renameat2,         attested_rename,    0,      1, kNoArg, kNo,  0},
    {nr::link,              attested_link,      kNoArg, 0, kNoArg, kNo,  0},
    {nr::linkat,            attested_link,      0,      1, kNoArg, kNo,  0},
    {nr::symlink,           attested_create,    kNoArg, 1, kNoArg, kNo,  0},
    {nr::symlinkat,         attested_create,    1,      2, kNoArg, kNo,  0},
    {nr::mkdir,             attested_create,    kNoArg, 0, kNoArg, kNo,  0},
    {nr::mkdirat,           attested_create,    0,      1, kNoArg, kNo,  0},
    {nr::mknod,             attested_create,    kNoArg, 0, kNoArg, kNo,  0},
    {nr::mknodat,           attested_create,    0,      1, kNoArg, kNo,  0},
    {nr::unlink,            attested_remove,    kNoArg, 0, kNoArg, kNo,  0},
    {nr::unlinkat,          attested_remove,    0,      1, kNoArg, kNo,  0},
    {nr::rmdir,             attested_remove,    kNoArg, 0, kNoArg, kNo,  0},

    {nr::getcwd,            attested_getcwd,    kNoArg, 0, kNoArg, kYes, 0},
    {nr::chdir,             attested_chdir,     kNoArg, 0, kNoArg, kYes, 0},
    {nr::chroot,            never,              kNoArg, 0, kNoArg, kYes, EPERM},
    {nr::truncate,          attested_truncate,  kNoArg, 0, kNoArg, kYes, 0},

    {nr::chmod,             change,             kNoArg, 0, kNoArg, kYes, EROFS},
    {nr::fchmodat,          change,             0,      1, kNoArg, kYes, EROFS},
    {nr::fchmodat2,         change,             0,      1, 3,      kYes, EROFS},
    {nr::chown,             change,             kNoArg, 0, kNoArg, kYes, EROFS},
    {nr::lchown,            change,             kNoArg, 0, kNoArg, kNo,  EROFS},
    {nr::fchownat,          change,             0,      1, 4,      kYes, EROFS},
    {nr::utime,             change,             kNoArg, 0, kNoArg, kYes, EROFS},
    {nr::utimes,            change,             kNoArg, 0, kNoArg, kYes, EROFS},
    {nr::futimesat,         change,             0,      1, kNoArg, kYes, EROFS},
    {nr::utimensat,         change,             0,      1, 3,      kYes, EROFS},
    {nr::setxattr,          change,             kNoArg, 0, kNoArg, kYes, EROFS},
    {nr::lsetxattr,         change,             kNoArg, 0, kNoArg, kNo,  EROFS},
    {nr::removexattr,       change,             kNoArg, 0, kNoArg, kYes, EROFS},
    {nr::lremovexattr,      change,             kNoArg, 0, kNoArg, kNo,  EROFS},
    {nr::getxattr,          ask,                kNoArg, 0, kNoArg, kYes, ENODATA},
    {nr::lgetxattr,         ask,                kNoArg, 0, kNoArg, kNo,  ENODATA},
    {nr::listxattr,         ask,                kNoArg, 0, kNoArg, kYes, 0},
    {nr::llistxattr,        ask,                kNoArg, 0, kNoArg, kNo,  0},
    {nr::inotify_add_watch, watch,              kNoArg, 1, kNoArg, kYes, EACCES},

    {nr::bind,              attested_bind,      kNoArg, 1, kNoArg, kYes, 0},
    {nr::connect,           attested_bind,      kNoArg, 1, kNoArg, kYes, 0},
    {nr::sendto,            attested_bind,      kNoArg, 4, kNoArg, kYes, 0},
    {nr::sendmsg,           attested_sendmsg,   kNoArg, 1, kNoArg, kYes, 0},
    {nr::sendmmsg,          attested_sendmmsg,  kNoArg, 1, kNoArg, kYes, 0},
};
// clang-format on

constexpr auto kIndex = [] {
  std::array<int8_t, kTableSize> index{};
  for (auto& entry : index) entry = kNoArg;
  for (size_t i = 0; i < std::size(kRules); ++i) index[kRules[i].number] = static_cast<int8_t>(i);
  return index;
}();

int64_t change(Call& call, const PathRule& rule) {
  const bool of_descriptor = rule.directory != kNoArg && call.args[rule.path] == 0;  // utimensat: futimens
  if (of_descriptor && rule.flags != kNoArg && call.int_arg(rule.flags) != 0) return -EINVAL;
  const auto place = of_descriptor ? Result<Place>(std::in_place) : place_of(call, rule);
  if (!place) return to_raw(Result<void>(std::unexpected(place.error())));
  if (of_descriptor || place->kind == PlaceKind::kDescriptor) {
    const int fd = of_descriptor ? call.int_arg(rule.directory) : place->host.fd;
    if (const auto file = volumes::identify(fd)) {
      if (of_descriptor && file->access == O_PATH) return -EBADF;
      return attribute_call(call, file->id).value_or(-rule.error);
    }
    if (special::node_of(fd) != kNoNode) return -rule.error;
    if (of_descriptor || place->path.empty()) return pass(call);  // by descriptor alone
  }
  if (place->kind == PlaceKind::kMissing) return -ENOENT;
  if (const auto file = volume_file(*place)) return attribute_call(call, *file).value_or(-rule.error);
  return pass_host(call, rule, *place, rule.follow, true);
}

int64_t ask(Call& call, const PathRule& rule) {
  const auto place = place_of(call, rule);
  if (!place) return -number_of(place.error());
  if (place->kind == PlaceKind::kMissing) return -ENOENT;
  if (const auto file = volume_file(*place)) return attribute_call(call, *file).value_or(-rule.error);
  return pass_host(call, rule, *place, rule.follow, false);
}

int64_t watch(Call& call, const PathRule& rule) {
  PathRule actual = rule;
  if ((call.args[2] & IN_DONT_FOLLOW) != 0) actual.follow = Follow::kNo;
  return ask(call, actual);
}

bool has_path(const Row& row) {
  return std::any_of(std::begin(row.args), std::end(row.args),
                     [](const Arg& arg) { return arg.kind == ArgKind::kPath; });
}
// exec: process/program_file.cc asks open_code().
bool is_resolved_elsewhere(uint64_t number) { return number == nr::execve || number == nr::execveat; }

}  // namespace

const PathRule* find_path_rule(uint64_t number) {
  return number < kTableSize && kIndex[number] != kNoArg ? &kRules[kIndex[number]] : nullptr;
}

bool resolves_paths_of(uint64_t number) { return find_path_rule(number) != nullptr || is_resolved_elsewhere(number); }

int directory_of(const Call& call, const PathRule& rule) {
  return rule.directory == kNoArg ? AT_FDCWD : call.int_arg(rule.directory);
}

namespace {

int known_flags(uint64_t number) {
  switch (number) {
    case nr::statx: return AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT | AT_STATX_SYNC_TYPE;
    case nr::newfstatat: return AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT;
    case nr::faccessat2: return AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_EACCESS;
    default: return AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH;
  }
}

}  // namespace

Result<Place> place_of(Call& call, const PathRule& rule, const Credentials* who) {
  const int flags = rule.flags == kNoArg ? 0 : call.int_arg(rule.flags);
  if ((flags & ~known_flags(call.number)) != 0) return fail(EINVAL);
  const bool by_descriptor = (flags & AT_EMPTY_PATH) != 0;
  // statx and fstatat take a null path for an empty one since Linux 6.11.
  const std::string path =
      by_descriptor && call.args[rule.path] == 0 ? std::string() : TRY(read_app_path(call.args[rule.path]));
  if (path.empty() && by_descriptor) {
    const int fd = directory_of(call, rule);
    if (fd == AT_FDCWD) return place_of(AT_FDCWD, ".", Follow::kYes, who);
    Place place;
    place.kind = PlaceKind::kDescriptor;
    place.host.kind = HostEntry::Kind::kDescriptor;
    place.host.fd = fd;
    return place;
  }
  const Follow follow = (flags & AT_SYMLINK_NOFOLLOW) != 0 ? Follow::kNo : rule.follow;
  return place_of(directory_of(call, rule), path, follow, who);
}

int64_t pass_host(Call& call, const PathRule& rule, const Place& place, Follow follow, bool is_change) {
  auto call_with = [&](const char* path) {
    uint64_t a[6];
    for (int i = 0; i < 6; ++i) a[i] = call.args[i];
    a[rule.path] = gate::address_of(path);
    return pass_with(call, a[0], a[1], a[2], a[3], a[4], a[5]);
  };
  if (place.kind == PlaceKind::kDescriptor) {
    if (special::node_of(place.host.fd) != kNoNode || volumes::identify(place.host.fd)) return -rule.error;
    return place.path.empty() ? pass(call) : call_with(path_through_descriptor(place.host.fd).c_str());
  }
  if (place.kind == PlaceKind::kDevice && !is_change) return call_with(place.host_path.c_str());
  if (place.kind != PlaceKind::kHost) return -rule.error;
  const bool is_kernel = state().tree.node(place.mount).kind == NodeKind::kKernel;
  if (is_change && is_kernel && !is_own_proc_file(place.host_path)) return -EROFS;
  if (rule.flags != kNoArg && (call.args[rule.flags] & AT_SYMLINK_NOFOLLOW) != 0) follow = Follow::kNo;
  const auto path = follow == Follow::kYes ? HostPath::to(place) : HostPath::name(place);
  if (!path) return -number_of(path.error());
  return call_with(path->c_str());
}

namespace {

int64_t change_mask(Call& call) {
  const int64_t result = pass(call);
  if (!is_error(result)) working_directory().set_umask(static_cast<uint32_t>(call.args[0]));
  return result;
}

}  // namespace

std::optional<int64_t> intercept(Call& call) {
  if (const PathRule* const rule = find_path_rule(call.number)) {
    const ScratchScope scratch(call.thread.shares_memory);
    return rule->perform(call, *rule);
  }
  if (has_path(*call.row) && !is_resolved_elsewhere(call.number)) return -EPERM;
  if (call.number == SYS_umask) return change_mask(call);
  if (call.number == SYS_recvmsg || call.number == SYS_recvmmsg) return passed_descriptors::receive(call, nullptr);
  credentials_may_change(call.number);
  if (volumes::is_active() && !is_resolved_elsewhere(call.number) && call.number != SYS_fchdir) {
    if (const auto answer = intercept_volume_descriptors(call)) return answer;
    if (const auto answer = volumes::intercept_descriptors(call)) return answer;
  }
  return intercept_descriptors(call);
}

}  // namespace redoubt::shim::file_namespace
