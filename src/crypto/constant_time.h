// SPDX-License-Identifier: Apache-2.0
//
// Comparison whose time depends on the sizes only: for MACs, nonces, keys and whatever an attacker could guess bytewise.
#pragma once

#include "base/bytes.h"

namespace redoubt::crypto {

bool equal_in_constant_time(ByteView left, ByteView right);

}  // namespace redoubt::crypto
