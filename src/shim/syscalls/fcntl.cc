// SPDX-License-Identifier: Apache-2.0
//
// fcntl(2) by command. What duplicates a descriptor, changes its flags or takes a lock says nothing of the bytes behind
// it. An unlisted command is EINVAL, as from a kernel that does not know it.
#include <fcntl.h>

#include <cerrno>

#include "shim/syscalls/command.h"
#include "shim/syscalls/names/files.h"

namespace redoubt::shim {
namespace {

using namespace arg;
using commands::passed;

constexpr char kOwner[] = "numbers only: who is told when the descriptor is ready";
constexpr char kLock[] = "a range and a lock state, no bytes";
constexpr char kHint[] = "a hint about how long the bytes will live";
constexpr uint32_t kFlockSize = 32;

// clang-format off
constexpr Command kCommands[] = {
    passed(F_DUPFD, "F_DUPFD", "makes a descriptor", integer("min")),
    passed(F_DUPFD_CLOEXEC, "F_DUPFD_CLOEXEC", "makes a descriptor", integer("min")),
    passed(F_GETFD, "F_GETFD", "flags only"),
    passed(F_SETFD, "F_SETFD", "flags only", flags("flags", names::kDescriptorFlags)),
    passed(F_GETFL, "F_GETFL", "flags only"),
    passed(F_SETFL, "F_SETFL", "flags only", flags("flags", names::kOpenFlags)),
    passed(F_GETLK, "F_GETLK", kLock, inout("lock", kFlockSize)),
    passed(F_SETLK, "F_SETLK", kLock, in("lock", kFlockSize)),
    passed(F_SETLKW, "F_SETLKW", kLock, in("lock", kFlockSize)),
    passed(F_OFD_GETLK, "F_OFD_GETLK", kLock, inout("lock", kFlockSize)),
    passed(F_OFD_SETLK, "F_OFD_SETLK", kLock, in("lock", kFlockSize)),
    passed(F_OFD_SETLKW, "F_OFD_SETLKW", kLock, in("lock", kFlockSize)),
    passed(F_GETOWN, "F_GETOWN", kOwner),
    passed(F_SETOWN, "F_SETOWN", kOwner, pid("owner")),
    passed(F_GETOWN_EX, "F_GETOWN_EX", kOwner, out("owner", 8)),
    passed(F_SETOWN_EX, "F_SETOWN_EX", kOwner, in("owner", 8)),
    passed(17, "F_GETOWNER_UIDS", kOwner, out("uids", 8)),
    passed(F_GETSIG, "F_GETSIG", kOwner),
    passed(F_SETSIG, "F_SETSIG", kOwner, signal("sig")),
    passed(F_GETLEASE, "F_GETLEASE", kLock),
    passed(F_SETLEASE, "F_SETLEASE", kLock, integer("type")),
    passed(F_NOTIFY, "F_NOTIFY", "signals that a directory changed, not what", uint("events")),
    passed(F_GETPIPE_SZ, "F_GETPIPE_SZ", "a capacity"),
    passed(F_SETPIPE_SZ, "F_SETPIPE_SZ", "a capacity", integer("size")),
    passed(F_ADD_SEALS, "F_ADD_SEALS", "flags only", uint("seals")),
    passed(F_GET_SEALS, "F_GET_SEALS", "flags only"),
    passed(F_GET_RW_HINT, "F_GET_RW_HINT", kHint, out("hint", 8, Shape::kInt64)),
    passed(F_SET_RW_HINT, "F_SET_RW_HINT", kHint, in("hint", 8, Shape::kInt64)),
    passed(F_GET_FILE_RW_HINT, "F_GET_FILE_RW_HINT", kHint, out("hint", 8, Shape::kInt64)),
    passed(F_SET_FILE_RW_HINT, "F_SET_FILE_RW_HINT", kHint, in("hint", 8, Shape::kInt64)),
};
// clang-format on
static_assert(is_whole(kCommands));

}  // namespace

constinit const CommandTable kFcntlCommands = command_table(kCommands, EINVAL);

}  // namespace redoubt::shim
