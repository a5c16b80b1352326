// SPDX-License-Identifier: Apache-2.0
//
// The auxiliary vector that the kernel gave the runtime.
#pragma once

#include <sys/auxv.h>

#include <cstdint>

namespace redoubt::abi {

// 0 when the kernel did not supply the entry.
inline uint64_t host_auxiliary(uint64_t type) { return getauxval(type); }

}  // namespace redoubt::abi
