// SPDX-License-Identifier: Apache-2.0
//
// Files and trees between a volume and the host: content, modes, times, links; owners where the caller may set them. A tree is
// copied into a place that does not exist yet, or a file over a file. What is copied gets its name when it is complete: a copy that
// fails, on a full disk say, leaves what was there.
#pragma once

#include <cstdint>
#include <string>

#include "cli/error.h"
#include "cli/volume_open.h"

namespace redoubt::cli {

struct Copied {
  uint64_t files = 0, directories = 0, links = 0, bytes = 0;
  uint64_t skipped = 0;     // sockets, fifos, devices
  uint64_t hard_links = 0;  // names of host files that have several names: each became a file
};

Result<Copied> copy_into_volume(OpenVolume& volume, const std::string& from, const std::string& to);
// `to` "-" writes one file to standard output. It must not lie in a volume's directory (outside_volumes.h).
Result<Copied> copy_out_of_volume(OpenVolume& volume, const std::string& from, const std::string& to);

}  // namespace redoubt::cli
