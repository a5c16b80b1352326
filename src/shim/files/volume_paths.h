// SPDX-License-Identifier: Apache-2.0
//
// From an inode of a volume to a path of the namespace, as getcwd and readlink of /proc/self/fd/N show it. A directory is found
// going up, by its number in each directory above. A file has no way up: where it was opened is remembered, and asked first;
// when it has moved since, the volume is searched.
//
// What is remembered is a cache in static memory behind a flag that nobody waits for: a vfork child may use it and be killed.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "shim/files/resolve.h"
#include "shim/volumes/open_file.h"

namespace redoubt::shim::volume_paths {

// Under which name `file` was opened.
void remember(const volumes::FileId& file, volume::InodeNumber directory, std::string_view name);

// ENOENT: the directory was removed.
Result<std::string> of_directory(const volumes::FileId& directory);
// Of any file; with " (deleted)" when it has no name left.
std::string of_file(const volumes::FileId& file);
// The canonical path; ENOENT when it was removed.
Result<std::string> of_base(const BaseDirectory& base);

}  // namespace redoubt::shim::volume_paths
