// SPDX-License-Identifier: Apache-2.0
//
// Rows of the clock and timer calls. The clock is the host's, on this platform without a second opinion: programs that
// rest a secret on the time must not trust it. Setting it passes too, because the kernel's own privilege check decides.
#pragma once

#include "shim/syscalls/names/files.h"
#include "shim/syscalls/names/time.h"
#include "shim/syscalls/rows/dsl.h"

namespace redoubt::shim::rows {

// clang-format off
constexpr Row kTimeRows[] = {
    passed(nr::time, "time", reason::kClock, kSize, out("tloc", 8, kInt64)),
    passed(nr::gettimeofday, "gettimeofday", reason::kClock, kInt, out("tv", 16, kTimeval), out("tz", 8)),
    passed(nr::settimeofday, "settimeofday", reason::kClock, kInt, in("tv", 16, kTimeval), in("tz", 8)),
    passed(nr::clock_gettime, "clock_gettime", reason::kClock, kInt,
           choice("clockid", kClocks), out("tp", 16, kTimespec)),
    passed(nr::clock_settime, "clock_settime", reason::kClock, kInt,
           choice("clockid", kClocks), in("tp", 16, kTimespec)),
    passed(nr::clock_getres, "clock_getres", reason::kClock, kInt,
           choice("clockid", kClocks), out("res", 16, kTimespec)),
    passed(nr::adjtimex, "adjtimex", reason::kClock, kInt, inout("buf", 208)),
    passed(nr::clock_adjtime, "clock_adjtime", reason::kClock, kInt, choice("clockid", kClocks), inout("buf", 208)),

    passed(nr::nanosleep, "nanosleep", reason::kTimer, kInt, in("req", 16, kTimespec), out("rem", 16, kTimespec)),
    passed(nr::clock_nanosleep, "clock_nanosleep", reason::kTimer, kInt,
           choice("clockid", kClocks), flags("flags", kTimerFlags), in("request", 16, kTimespec),
           out("remain", 16, kTimespec)),
    passed(nr::alarm, "alarm", reason::kTimer, kInt, uint("seconds")),
    passed(nr::getitimer, "getitimer", reason::kTimer, kInt,
           choice("which", kIntervalTimers), out("curr_value", 32, kItimerval)),
    passed(nr::setitimer, "setitimer", reason::kTimer, kInt,
           choice("which", kIntervalTimers), in("new_value", 32, kItimerval), out("old_value", 32, kItimerval)),
    passed(nr::timer_create, "timer_create", reason::kTimer, kInt,
           choice("clockid", kClocks), in("sevp", 64), out("timerid", 4, kInt32)),
    passed(nr::timer_settime, "timer_settime", reason::kTimer, kInt,
           integer("timerid"), flags("flags", kTimerFlags), in("new_value", 32, kItimerspec),
           out("old_value", 32, kItimerspec)),
    passed(nr::timer_gettime, "timer_gettime", reason::kTimer, kInt,
           integer("timerid"), out("curr_value", 32, kItimerspec)),
    passed(nr::timer_getoverrun, "timer_getoverrun", reason::kTimer, kInt, integer("timerid")),
    passed(nr::timer_delete, "timer_delete", reason::kTimer, kInt, integer("timerid")),
    passed(nr::timerfd_create, "timerfd_create", reason::kTimer, kFd,
           choice("clockid", kClocks), flags("flags", kTimerfdFlags)),
    passed(nr::timerfd_settime, "timerfd_settime", reason::kTimer, kInt,
           fd(), flags("flags", kTimerfdSetFlags), in("new_value", 32, kItimerspec), out("old_value", 32, kItimerspec)),
    passed(nr::timerfd_gettime, "timerfd_gettime", reason::kTimer, kInt, fd(), out("curr_value", 32, kItimerspec)),
};
// clang-format on

}  // namespace redoubt::shim::rows
