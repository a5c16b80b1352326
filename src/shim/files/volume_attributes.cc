// SPDX-License-Identifier: Apache-2.0
//
// Changes of attributes in a volume: a table from the call to what it does, and where its arguments after the file begin. The same
// rows serve paths and descriptors; which of the two a call is says path_rules.cc.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>
#include <utime.h>

#include <algorithm>

#include "shim/abi/numbers.h"
#include "shim/files/permission.h"
#include "shim/files/volume_calls.h"
#include "shim/files/volume_extended.h"
#include "shim/gate/gate.h"
#include "shim/memory/app_memory.h"

namespace redoubt::shim::file_namespace {
namespace {

namespace nr = abi::nr;

using volume::AttributeChange;
using volume::Attributes;
using volume::Time;

Result<void> change_mode(const FileId& file, uint32_t mode) {
  const Attributes attributes = TRY(volume_of(file)->attributes(file.inode));
  if (S_ISLNK(attributes.mode)) return fail(EOPNOTSUPP);
  AttributeChange change;
  change.permissions = TRY(permission::changed_permissions(attributes, credentials(), mode));
  return volume_of(file)->change(file.inode, change);
}

Result<void> change_owner(const FileId& file, uint32_t uid, uint32_t gid) {
  const Attributes attributes = TRY(volume_of(file)->attributes(file.inode));
  const AttributeChange change = TRY(permission::changed_owner(attributes, credentials(), uid, gid));
  return volume_of(file)->change(file.inode, change);
}

// Access and modification, as utimensat has them: UTIME_NOW and UTIME_OMIT in the nanoseconds.
struct Times {
  timespec of[2];
  bool is(long special) const { return of[0].tv_nsec == special && of[1].tv_nsec == special; }
};
constexpr Times kNow = {{{0, UTIME_NOW}, {0, UTIME_NOW}}};

Result<void> change_times(const FileId& file, const Times& times) {
  constexpr long kNanoseconds = 1000000000;
  for (const timespec& time : times.of) {
    if (time.tv_nsec == UTIME_NOW || time.tv_nsec == UTIME_OMIT) continue;
    if (time.tv_nsec < 0 || time.tv_nsec >= kNanoseconds) return fail(EINVAL);
  }
  if (times.is(UTIME_OMIT)) return {};
  const Attributes attributes = TRY(volume_of(file)->attributes(file.inode));
  const Credentials who = credentials();
  if (!permission::is_owner(attributes, who)) {
    if (!times.is(UTIME_NOW)) return fail(EPERM);
    TRY_VOID(permission::may(attributes, who, W_OK));
  }
  timespec now{};
  gate::call(SYS_clock_gettime, CLOCK_REALTIME, gate::address_of(&now));
  const auto set = [&](std::optional<Time>& to, const timespec& time) {
    if (time.tv_nsec == UTIME_OMIT) return;
    const timespec& actual = time.tv_nsec == UTIME_NOW ? now : time;
    to = {.seconds = actual.tv_sec, .nanoseconds = static_cast<uint32_t>(actual.tv_nsec)};
  };
  AttributeChange change;
  set(change.accessed, times.of[0]);
  set(change.modified, times.of[1]);
  return volume_of(file)->change(file.inode, change);
}

Result<Times> times_of_timespec(uint64_t at) {
  Times times = kNow;
  if (at != 0 && !read_app(times.of, at)) return fail(EFAULT);
  return times;
}
Result<Times> times_of_timeval(uint64_t at) {
  if (at == 0) return kNow;
  constexpr long kMicroseconds = 1000000;
  timeval values[2];
  if (!read_app(values, at)) return fail(EFAULT);
  Times times;
  for (int i = 0; i < 2; ++i) {
    if (values[i].tv_usec < 0 || values[i].tv_usec >= kMicroseconds) return fail(EINVAL);
    times.of[i] = {.tv_sec = values[i].tv_sec, .tv_nsec = values[i].tv_usec * 1000};
  }
  return times;
}
Result<Times> times_of_utimbuf(uint64_t at) {
  if (at == 0) return kNow;
  utimbuf buffer;
  if (!read_app(buffer, at)) return fail(EFAULT);
  return Times{{{buffer.actime, 0}, {buffer.modtime, 0}}};
}
int64_t set_times(const FileId& file, const Result<Times>& times) {
  return times ? to_raw(change_times(file, *times)) : -number_of(times.error());
}

int64_t sys_mode(Call&, const FileId& file, const uint64_t* args) {
  return to_raw(change_mode(file, static_cast<uint32_t>(args[0])));
}
int64_t sys_owner(Call&, const FileId& file, const uint64_t* args) {
  return to_raw(change_owner(file, static_cast<uint32_t>(args[0]), static_cast<uint32_t>(args[1])));
}
int64_t sys_timespec(Call&, const FileId& file, const uint64_t* args) {
  return set_times(file, times_of_timespec(args[0]));
}
int64_t sys_timeval(Call&, const FileId& file, const uint64_t* args) {
  return set_times(file, times_of_timeval(args[0]));
}
int64_t sys_utimbuf(Call&, const FileId& file, const uint64_t* args) {
  return set_times(file, times_of_utimbuf(args[0]));
}

struct AttributeRule {
  uint16_t number;
  int64_t (*perform)(Call& call, const FileId& file, const uint64_t* args);
  uint8_t first;  // argument after the file
};

// clang-format off
constexpr AttributeRule kRules[] = {
    {nr::chmod,        sys_mode,        1},
    {nr::fchmod,       sys_mode,        1},
    {nr::fchmodat,     sys_mode,        2},
    {nr::fchmodat2,    sys_mode,        2},
    {nr::chown,        sys_owner,       1},
    {nr::lchown,       sys_owner,       1},
    {nr::fchown,       sys_owner,       1},
    {nr::fchownat,     sys_owner,       2},
    {nr::utime,        sys_utimbuf,     1},
    {nr::utimes,       sys_timeval,     1},
    {nr::futimesat,    sys_timeval,     2},
    {nr::utimensat,    sys_timespec,    2},
    {nr::setxattr,     set_extended,    1},
    {nr::lsetxattr,    set_extended,    1},
    {nr::fsetxattr,    set_extended,    1},
    {nr::getxattr,     get_extended,    1},
    {nr::lgetxattr,    get_extended,    1},
    {nr::fgetxattr,    get_extended,    1},
    {nr::listxattr,    list_extended,   1},
    {nr::llistxattr,   list_extended,   1},
    {nr::flistxattr,   list_extended,   1},
    {nr::removexattr,  remove_extended, 1},
    {nr::lremovexattr, remove_extended, 1},
    {nr::fremovexattr, remove_extended, 1},
};
// clang-format on

}  // namespace

std::optional<int64_t> attribute_call(Call& call, const FileId& file) {
  const auto* const rule = std::find_if(std::begin(kRules), std::end(kRules),
                                        [&](const AttributeRule& row) { return row.number == call.number; });
  if (rule == std::end(kRules)) return std::nullopt;
  return rule->perform(call, file, &call.args[rule->first]);
}

Result<void> truncate_in_volume(const FileId& file, int64_t size) {
  if (size < 0) return fail(EINVAL);
  const Attributes attributes = TRY(volume_of(file)->attributes(file.inode));
  if (S_ISDIR(attributes.mode)) return fail(EISDIR);
  if (!S_ISREG(attributes.mode)) return fail(EINVAL);
  const Credentials who = credentials();
  TRY_VOID(permission::may(attributes, who, W_OK));
  TRY_VOID(drop_set_ids(file, attributes, who));
  const HeapScope heap;
  return volumes::truncate(file, static_cast<uint64_t>(size));
}

Result<void> drop_set_ids(const FileId& file, const Attributes& attributes, const Credentials& who) {
  const uint32_t permissions = permission::after_change_of_content(attributes, who);
  if (permissions == (attributes.mode & 07777)) return {};
  AttributeChange change;
  change.permissions = permissions;
  return volume_of(file)->change(file.inode, change);
}

Result<void> drop_set_ids(const FileId& file) {
  const Attributes attributes = TRY(volume_of(file)->attributes(file.inode));
  if ((attributes.mode & (S_ISUID | S_ISGID)) == 0 || !S_ISREG(attributes.mode)) return {};
  return drop_set_ids(file, attributes, credentials());
}

Result<void> may_enter(const Place& directory) { return permission::may(directory.attributes, credentials(), X_OK); }

}  // namespace redoubt::shim::file_namespace
