// SPDX-License-Identifier: Apache-2.0
//
// Paths inside a volume, for the command: "/a/b" and "a/b" are the same. Links on the way are followed inside the volume, 40 at
// most; the last component is not.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "volume/volume.h"

namespace redoubt::cli {

// ENOENT, ENOTDIR, ELOOP, EIO.
redoubt::Result<volume::InodeNumber> find_in_volume(volume::Volume& volume, std::string_view path);

// The directory that `path` would be made in, and its last name. EINVAL: the path has none ("/").
struct NewPlace {
  volume::InodeNumber directory;
  std::string name;
};
redoubt::Result<NewPlace> place_in_volume(volume::Volume& volume, std::string_view path);

}  // namespace redoubt::cli
