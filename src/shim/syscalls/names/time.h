// SPDX-License-Identifier: Apache-2.0
//
// Names of the constants of clock and timer calls.
#pragma once

#include <sys/time.h>
#include <time.h>

#include "shim/syscalls/names/name_table.h"

namespace redoubt::shim::names {

inline constexpr NamedValue kClocksValues[] = {
    REDOUBT_NAME(CLOCK_REALTIME),          REDOUBT_NAME(CLOCK_MONOTONIC),     REDOUBT_NAME(CLOCK_PROCESS_CPUTIME_ID),
    REDOUBT_NAME(CLOCK_THREAD_CPUTIME_ID), REDOUBT_NAME(CLOCK_MONOTONIC_RAW), REDOUBT_NAME(CLOCK_REALTIME_COARSE),
    REDOUBT_NAME(CLOCK_MONOTONIC_COARSE),  REDOUBT_NAME(CLOCK_BOOTTIME),      REDOUBT_NAME(CLOCK_REALTIME_ALARM),
    REDOUBT_NAME(CLOCK_BOOTTIME_ALARM),    REDOUBT_NAME(CLOCK_TAI),
};
inline constexpr NameTable kClocks = table_of(kClocksValues);

inline constexpr NamedValue kTimerFlagsValues[] = {
    REDOUBT_NAME(TIMER_ABSTIME),
};
inline constexpr NameTable kTimerFlags = table_of(kTimerFlagsValues);

inline constexpr NamedValue kIntervalTimersValues[] = {
    REDOUBT_NAME(ITIMER_REAL),
    REDOUBT_NAME(ITIMER_VIRTUAL),
    REDOUBT_NAME(ITIMER_PROF),
};
inline constexpr NameTable kIntervalTimers = table_of(kIntervalTimersValues);

}  // namespace redoubt::shim::names
