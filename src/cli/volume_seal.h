// SPDX-License-Identifier: Apache-2.0
//
// Authenticated-only volumes for the command: making the seal of a tree, and comparing a tree with its seal.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "cli/error.h"
#include "volume/sealed_tree.h"

namespace redoubt::cli {

// Whether `directory` holds a seal: it is such a volume.
bool is_sealed_tree(const std::string& directory);

// Reads every file below `directory` and writes the seal, with a sequence after that of the seal it replaces (which must have been
// made with the same key). What is neither file, directory nor link is an error: it could not be kept.
Result<volume::SealedTree> seal_tree(const std::string& directory, ByteView key);

Result<volume::SealedTree> read_sealed_tree(const std::string& directory, ByteView key);

// What is not as the seal says, one line each.
Result<std::vector<std::string>> compare_with_seal(const std::string& directory, const volume::SealedTree& tree);

}  // namespace redoubt::cli
