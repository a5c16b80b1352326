// SPDX-License-Identifier: Apache-2.0
//
// What the kernel alone knows of attached segments of System V memory.
#pragma once

#include <cstdint>
#include <vector>

#include "shim/memory/pages.h"

namespace redoubt::shim {

// What shmdt(address) would unmap: of the segment there the parts that are still as they were attached, or were moved together.
// Empty when nothing is attached there, or the host shows no maps.
std::vector<Range> attached_at(uint64_t address);

}  // namespace redoubt::shim
