// SPDX-License-Identifier: Apache-2.0
//
// For unit tests of the shim in place of shim/volumes: at most one volume, which the test owns, and no descriptors.
#pragma once

#include "volume/volume.h"

namespace redoubt::shim::volumes {

// Null: none. Opening a file of it gives the next number from here, which stands for nothing.
extern volume::Volume* fake_volume;
inline constexpr int kFakeDescriptor = 1 << 20;

}  // namespace redoubt::shim::volumes
