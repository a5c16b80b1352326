// SPDX-License-Identifier: Apache-2.0
//
// prctl(2) by option. Some options would switch the shim off (another dispatcher of system calls, a filter that judges
// the shim's calls too), some would show the program the runtime instead of itself; those are refused with the errno of
// a kernel that lacks them, never with a false success. An unlisted option is EINVAL, as from an older kernel.
#include <sys/prctl.h>

#include <cerrno>

#include "shim/syscalls/command.h"
#include "shim/syscalls/handlers.h"

namespace redoubt::shim {
namespace {

using namespace arg;
using commands::handled;
using commands::passed;
using commands::refused;

constexpr char kPrivilege[] = "the host's own privileges; the shim opened before what it needs";
constexpr char kParenthood[] = "numbers only: who hears of whose end";
constexpr char kScheduling[] = "numbers only: when threads run";
constexpr char kAccess[] = "says who may look into the process; an attested run does not let it be loosened";
constexpr char kHardware[] = "how the processor speculates and reports faults";
constexpr char kPages[] = "how the kernel backs the program's pages";
constexpr char kThreadName[] = "in the clear: the name is visible in /proc";
constexpr char kNoSeccomp[] =
    "a filter would judge the shim's own calls too; answers as a kernel built without seccomp";

constexpr Arg int_out(const char* name) { return out(name, 4, Shape::kInt32); }

// clang-format off
constexpr Command kCommands[] = {
    passed(PR_SET_PDEATHSIG, "PR_SET_PDEATHSIG", kParenthood, signal("sig")),
    passed(PR_GET_PDEATHSIG, "PR_GET_PDEATHSIG", kParenthood, int_out("sig")),
    passed(PR_SET_CHILD_SUBREAPER, "PR_SET_CHILD_SUBREAPER", kParenthood, integer("on")),
    passed(PR_GET_CHILD_SUBREAPER, "PR_GET_CHILD_SUBREAPER", kParenthood, int_out("on")),
    passed(PR_SET_NAME, "PR_SET_NAME", kThreadName, string("name")),
    passed(PR_GET_NAME, "PR_GET_NAME", kThreadName, out("name", 16)),

    passed(PR_GET_KEEPCAPS, "PR_GET_KEEPCAPS", kPrivilege),
    passed(PR_SET_KEEPCAPS, "PR_SET_KEEPCAPS", kPrivilege, integer("on")),
    passed(PR_CAPBSET_READ, "PR_CAPBSET_READ", kPrivilege, integer("capability")),
    passed(PR_CAPBSET_DROP, "PR_CAPBSET_DROP", kPrivilege, integer("capability")),
    passed(PR_CAP_AMBIENT, "PR_CAP_AMBIENT", kPrivilege, integer("operation")),
    passed(PR_GET_SECUREBITS, "PR_GET_SECUREBITS", kPrivilege),
    passed(PR_SET_SECUREBITS, "PR_SET_SECUREBITS", kPrivilege, uint("bits")),
    passed(PR_GET_NO_NEW_PRIVS, "PR_GET_NO_NEW_PRIVS", kPrivilege, integer("zero")),
    passed(PR_SET_NO_NEW_PRIVS, "PR_SET_NO_NEW_PRIVS", kPrivilege, integer("on")),

    handled(PR_GET_DUMPABLE, "PR_GET_DUMPABLE", sys_get_dumpable, kAccess),
    handled(PR_SET_DUMPABLE, "PR_SET_DUMPABLE", sys_set_dumpable, kAccess, integer("dumpable")),
    passed(PR_SET_PTRACER, "PR_SET_PTRACER", kAccess, pid("tracer")),

    passed(PR_GET_TIMERSLACK, "PR_GET_TIMERSLACK", kScheduling),
    passed(PR_SET_TIMERSLACK, "PR_SET_TIMERSLACK", kScheduling, size("nanoseconds")),
    passed(PR_GET_TIMING, "PR_GET_TIMING", kScheduling),
    passed(PR_SET_TIMING, "PR_SET_TIMING", kScheduling, integer("timing")),
    passed(PR_GET_IO_FLUSHER, "PR_GET_IO_FLUSHER", kScheduling, integer("zero")),
    passed(PR_SET_IO_FLUSHER, "PR_SET_IO_FLUSHER", kScheduling, integer("on")),
    passed(PR_TASK_PERF_EVENTS_DISABLE, "PR_TASK_PERF_EVENTS_DISABLE", "counters that the program cannot open"),
    passed(PR_TASK_PERF_EVENTS_ENABLE, "PR_TASK_PERF_EVENTS_ENABLE", "counters that the program cannot open"),

    passed(PR_GET_SPECULATION_CTRL, "PR_GET_SPECULATION_CTRL", kHardware, integer("feature")),
    passed(PR_SET_SPECULATION_CTRL, "PR_SET_SPECULATION_CTRL", kHardware, integer("feature")),
    passed(PR_MCE_KILL, "PR_MCE_KILL", kHardware, integer("operation")),
    passed(PR_MCE_KILL_GET, "PR_MCE_KILL_GET", kHardware),
    passed(PR_GET_TSC, "PR_GET_TSC", kHardware, int_out("mode")),
    refused(PR_SET_TSC, "PR_SET_TSC", EINVAL, "the shim itself reads the time stamp counter"),

    passed(PR_GET_THP_DISABLE, "PR_GET_THP_DISABLE", kPages, integer("zero")),
    passed(PR_SET_THP_DISABLE, "PR_SET_THP_DISABLE", kPages, integer("on")),
    passed(PR_SET_VMA, "PR_SET_VMA", "in the clear: the name of a mapping is visible in /proc", integer("attribute")),
    refused(PR_SET_MM, "PR_SET_MM", EPERM, "rewrites what /proc shows of the process, the runtime's side of it"),
    refused(0x41555856, "PR_GET_AUXV", EINVAL, "the kernel's copy is the runtime's; programs read /proc/self/auxv"),
    refused(PR_GET_TID_ADDRESS, "PR_GET_TID_ADDRESS", EINVAL,
            "the kernel's word is the runtime's; answers as a kernel without checkpoint and restore"),
    refused(65, "PR_SET_MDWE", EINVAL, "would forbid the shim to patch system-call sites"),
    refused(67, "PR_SET_MEMORY_MERGE", EINVAL, "merged pages show by their timing what another process holds"),

    refused(PR_SET_SYSCALL_USER_DISPATCH, "PR_SET_SYSCALL_USER_DISPATCH", EINVAL,
            "is how the shim gets the program's calls; there is one dispatcher a thread"),
    refused(PR_SET_SECCOMP, "PR_SET_SECCOMP", EINVAL, kNoSeccomp),
    refused(PR_GET_SECCOMP, "PR_GET_SECCOMP", EINVAL, kNoSeccomp),
};
// clang-format on
static_assert(is_whole(kCommands));

}  // namespace

constinit const CommandTable kPrctlCommands = command_table(kCommands, EINVAL);

}  // namespace redoubt::shim
