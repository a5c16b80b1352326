// SPDX-License-Identifier: Apache-2.0
//
// The function that an address lies in, by the unwind tables that compilers leave in a loaded ELF image for exceptions:
// PT_GNU_EH_FRAME leads to .eh_frame_hdr, a sorted table that leads to the frame description entry (FDE) of the function.
// Linux Standard Base 5.0, core, chapter 10.6. Pure: memory is read through a function.
//
// Everything here is the program's word about itself. A lie leads to a wrong patch of the liar's own code, never to a
// read outside of what `read` allows.
#pragma once

#include <cstdint>
#include <optional>

#include "shim/patch/loaded_image.h"

namespace redoubt::shim::patch {

// The function that `address` lies in, in the image whose ELF header is at `header`. Nothing when `address` is not in
// executable bytes of this image's file, or no entry covers it.
std::optional<Function> find_function(const ReadMemory& read, uint64_t header, uint64_t address);

}  // namespace redoubt::shim::patch
