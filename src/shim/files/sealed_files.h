// SPDX-License-Identifier: Apache-2.0
//
// Volumes with files: authenticated-only (volume/sealed_tree.h) in the program's namespace: nodes of the tree, made of the seal
// alone before the program runs. What the seal does not name does not exist, whatever lies in the host's directory. Names, types,
// modes, owners, sizes and links' targets are the seal's; a file's bytes are read from the host when it is opened, into a sealed
// memory file, and hashed there, as those of code are. Modes are enforced as in other volumes. Nothing can be changed (EROFS).
#pragma once

#include <sys/stat.h>

#include <string>
#include <string_view>

#include "base/result.h"
#include "shim/files/tree.h"
#include "volume/sealed_tree.h"
#include "volume/volume.h"

namespace redoubt::shim {

// Adds what `seal` names below `path`, and the directory itself. Files that are injected there already lie over it. `files`: kSealed or
// kCode. EINVAL: the path is not normal, or one that the seal names becomes too long. EEXIST: something else is there. ENOTDIR: the
// seal has something below a file or link. `culprit` is the path.
Result<void> add_sealed_tree(Tree& tree, std::string_view path, const volume::SealedTree& seal, NodeKind files,
                             std::string* culprit);

// Of a node that has them.
volume::Attributes sealed_attributes(const Node& node);
struct stat stat_of_sealed(const Node& node);

// EACCES unless the calling thread may use the node so; other nodes may be used by all. `wanted`: bits of R_OK, W_OK, X_OK.
Result<void> may_use_sealed(const Node& node, int wanted);

}  // namespace redoubt::shim
