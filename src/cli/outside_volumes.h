// SPDX-License-Identifier: Apache-2.0
//
// The directory of an encrypted volume holds the volume's files and nothing else: a file in their place destroys the volume, and one beside
// them makes it unusable. What the command writes to a path that a person named goes elsewhere.
#pragma once

#include <optional>
#include <string>

#include "cli/error.h"

namespace redoubt::cli {

// The path of a superblock in `directory`: it holds an encrypted volume.
std::optional<std::string> superblock_in(const std::string& directory);

// Errors: kUsage, when `path`, which need not exist, is a directory that holds an encrypted volume or would lie anywhere below one. Links and
// ".." are followed, also a link that leads to nothing.
Result<void> check_outside_volumes(const std::string& path);

}  // namespace redoubt::cli
