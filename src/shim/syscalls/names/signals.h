// SPDX-License-Identifier: Apache-2.0
//
// Names of the constants of signal calls. The signals themselves are in abi/signal_names.h.
#pragma once

#include <signal.h>
#include <sys/signalfd.h>

#include "shim/syscalls/names/name_table.h"

namespace redoubt::shim::names {

inline constexpr NamedValue kMaskOperationsValues[] = {
    REDOUBT_NAME(SIG_BLOCK),
    REDOUBT_NAME(SIG_UNBLOCK),
    REDOUBT_NAME(SIG_SETMASK),
};
inline constexpr NameTable kMaskOperations = table_of(kMaskOperationsValues);

inline constexpr NamedValue kActionFlagsValues[] = {
    REDOUBT_NAME(SA_NOCLDSTOP), REDOUBT_NAME(SA_NOCLDWAIT),   REDOUBT_NAME(SA_SIGINFO), {0x04000000, "SA_RESTORER"},
    REDOUBT_NAME(SA_ONSTACK),   REDOUBT_NAME(SA_RESTART),     REDOUBT_NAME(SA_NODEFER), REDOUBT_NAME(SA_RESETHAND),
    {0x400, "SA_UNSUPPORTED"},  {0x800, "SA_EXPOSE_TAGBITS"},
};
inline constexpr NameTable kActionFlags = table_of(kActionFlagsValues);

inline constexpr NamedValue kSignalfdFlagsValues[] = {
    REDOUBT_NAME(SFD_CLOEXEC),
    REDOUBT_NAME(SFD_NONBLOCK),
};
inline constexpr NameTable kSignalfdFlags = table_of(kSignalfdFlagsValues);

inline constexpr NamedValue kStackFlagsValues[] = {
    {0x80000000, "SS_AUTODISARM"},
    REDOUBT_NAME(SS_ONSTACK),
    REDOUBT_NAME(SS_DISABLE),
};
inline constexpr NameTable kStackFlags = table_of(kStackFlagsValues);

// Codes that any signal can carry.
inline constexpr NamedValue kSentCodesValues[] = {
    REDOUBT_NAME(SI_USER),  REDOUBT_NAME(SI_KERNEL),  REDOUBT_NAME(SI_QUEUE), REDOUBT_NAME(SI_TIMER),
    REDOUBT_NAME(SI_MESGQ), REDOUBT_NAME(SI_ASYNCIO), REDOUBT_NAME(SI_SIGIO), REDOUBT_NAME(SI_TKILL),
};
inline constexpr NameTable kSentCodes = table_of(kSentCodesValues);

}  // namespace redoubt::shim::names
