// SPDX-License-Identifier: Apache-2.0
//
// Names of functions as people read them, for crash reports. The C++ library's demangler allocates, which a report must not, so this
// is one of our own for what a backtrace needs: the qualified name, without parameters, return type and template arguments.
// It reads the mangling of the Itanium C++ ABI (section 5.1, names) and gives up at whatever it does not know.
#pragma once

#include <string_view>

#include "base/text.h"

namespace redoubt::shim {

// Appends `redoubt::shim::pass_with` for `_ZN7redoubt4shim9pass_withERNS0_4CallEmmmmmm`, `<...>` for template arguments, and suffixes
// of the compiler (".cold") as they are. What is not mangled, or not in a way that is known, is appended as it is: c++filt reads it.
void append_symbol_name(TextBuilder& out, std::string_view symbol);

}  // namespace redoubt::shim
