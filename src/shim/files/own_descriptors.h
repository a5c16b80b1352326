// SPDX-License-Identifier: Apache-2.0
//
// Calls that name one of the shim's own descriptors (window.h), wherever in them the number stands: as an argument, in an
// array of poll or a set of select, in a control message that passes descriptors on, as /proc/self/fd/N in a path. To the
// program these numbers are closed. What kind of thing an argument is says its row.
//
// A look before the call, in memory that another thread of the program may change meanwhile: it keeps programs from what is
// not theirs by accident (loops over all numbers). It is no wall against a program that wants to break its own runtime.
#pragma once

#include <cstdint>
#include <optional>

namespace redoubt::shim {

struct Call;

namespace own_descriptors {

// What the program gets for a call that names one; nothing when it names none. `perform` makes the call with what is left
// of it (poll with other descriptors beside).
std::optional<int64_t> answer(Call& call, int64_t (*perform)(Call&));

}  // namespace own_descriptors
}  // namespace redoubt::shim
