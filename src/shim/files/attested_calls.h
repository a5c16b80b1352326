// SPDX-License-Identifier: Apache-2.0
//
// System calls of an attested program that name files. dispatch.cc asks here first; what is not answered here goes its usual way.
// Two tables by system-call number decide: path_rules.cc for calls with a path, descriptor_rules.cc for calls on descriptors that
// stand for something of the namespace. A path of the program never reaches the kernel: it is resolved here, and the kernel gets
// a path through a descriptor of what was found (host_path.h).
#pragma once

#include <cstdint>
#include <optional>

#include "shim/files/namespace_state.h"
#include "shim/syscalls/call.h"

namespace redoubt::shim::file_namespace {

// The result of the call, or nothing when the row decides. Only while is_active().
std::optional<int64_t> intercept(Call& call);

// ---- Calls with paths. ----

inline constexpr int8_t kNoArg = -1;

struct PathRule;
using PathHandler = int64_t (*)(Call& call, const PathRule& rule);

struct PathRule {
  uint16_t number;
  PathHandler perform;
  int8_t directory = kNoArg;  // argument numbers
  int8_t path = 0;
  int8_t flags = kNoArg;  // AT_ flags: AT_SYMLINK_NOFOLLOW and AT_EMPTY_PATH are honoured
  Follow follow = Follow::kYes;
  int error = 0;  // for what is not the host's, where the handler needs only that
};
const PathRule* find_path_rule(uint64_t number);
// Whether paths of a call are the namespace's, by a rule or in another folder (exec).
bool resolves_paths_of(uint64_t number);

// The argument of a rule, resolved. An empty path with AT_EMPTY_PATH gives a place of kind kDescriptor.
// `who` walks: nobody named, the calling thread.
Result<Place> place_of(Call& call, const PathRule& rule, const Credentials* who = nullptr);
int directory_of(const Call& call, const PathRule& rule);

int64_t attested_open(Call& call, const PathRule& rule);
int64_t attested_stat(Call& call, const PathRule& rule);
int64_t attested_statx(Call& call, const PathRule& rule);
int64_t attested_access(Call& call, const PathRule& rule);
int64_t attested_readlink(Call& call, const PathRule& rule);
int64_t attested_statfs(Call& call, const PathRule& rule);
int64_t attested_rename(Call& call, const PathRule& rule);
int64_t attested_link(Call& call, const PathRule& rule);
int64_t attested_create(Call& call, const PathRule& rule);
int64_t attested_remove(Call& call, const PathRule& rule);
int64_t attested_truncate(Call& call, const PathRule& rule);
int64_t attested_chdir(Call& call, const PathRule& rule);
int64_t attested_getcwd(Call& call, const PathRule& rule);
int64_t attested_bind(Call& call, const PathRule& rule);
int64_t attested_sendmsg(Call& call, const PathRule& rule);
int64_t attested_sendmmsg(Call& call, const PathRule& rule);

// What a rule's place is changed to for the kernel, and the call made. Refuses changes in /proc and /sys.
int64_t pass_host(Call& call, const PathRule& rule, const Place& place, Follow follow, bool is_change);

// ---- Calls on special descriptors. ----

// `node` is what `fd` stands for.
using DescriptorHandler = std::optional<int64_t> (*)(Call& call, int fd, NodeId node);
std::optional<int64_t> intercept_descriptors(Call& call);
bool lists_descriptor_call(uint64_t number);

int64_t stat_of_descriptor(int fd, NodeId node, uint64_t buffer_at);
std::optional<int64_t> injected_read(Call& call, int fd, NodeId node);
std::optional<int64_t> injected_write(Call& call, int fd, NodeId node);
std::optional<int64_t> injected_seek(Call& call, int fd, NodeId node);
std::optional<int64_t> injected_truncate(Call& call, int fd, NodeId node);
std::optional<int64_t> injected_sendfile(Call& call, int fd, NodeId node);
std::optional<int64_t> injected_ioctl(Call& call, int fd, NodeId node);
std::optional<int64_t> list_directory(Call& call, int fd, NodeId node);

// Makes `place` the working directory.
Result<void> change_directory(const Place& place);
// Opens something of the host; -errno or a restart code like the call itself.
int64_t open_host(const Place& place, int flags, uint64_t mode);

// EACCES unless the effective user may use an injected file so. `wanted`: bits of R_OK, W_OK, X_OK.
Result<void> may_use(const InjectedFile& file, int wanted);

}  // namespace redoubt::shim::file_namespace
