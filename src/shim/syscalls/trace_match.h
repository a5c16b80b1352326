// SPDX-License-Identifier: Apache-2.0
//
// Whether a call is one that --trace-filter asks for. Descriptors are found by the types in the call's row.
#pragma once

#include <cstdint>
#include <optional>

#include "shim/syscalls/row.h"
#include "shim/syscalls/trace_filter.h"

namespace redoubt::shim {

// `row` is nullptr for an unknown number. No result: the call has not come back; it has neither failed nor succeeded, and counts as
// one that will not fail.
bool matches(const TraceFilter& filter, const Row* row, uint64_t number, const uint64_t (&args)[6],
             std::optional<int64_t> result);

}  // namespace redoubt::shim
