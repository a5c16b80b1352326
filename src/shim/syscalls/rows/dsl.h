// SPDX-License-Identifier: Apache-2.0
//
// What every file of rows needs to read as a list: the words of row.h, the numbers, the name tables and the shared
// reasons, all inside the namespace `rows`. Who wants the rows includes families.h: table.cc, which keeps them, and trace_filter.cc, which
// reads them while it is compiled and keeps none. (Not `inline`: with UBSan GCC takes no address of such an array for a constant.)
#pragma once

#include <cerrno>

#include "shim/abi/numbers.h"
#include "shim/syscalls/command.h"
#include "shim/syscalls/handlers.h"
#include "shim/syscalls/reasons.h"
#include "shim/syscalls/row.h"

namespace redoubt::shim::names {}

namespace redoubt::shim::rows {

namespace nr = abi::nr;
using namespace arg;
using namespace names;
using enum ReturnKind;
using enum Shape;

constexpr Direction kIn = Direction::kIn;
constexpr Direction kOut = Direction::kOut;
constexpr Direction kInOut = Direction::kInOut;

}  // namespace redoubt::shim::rows
