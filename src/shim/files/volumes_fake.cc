// SPDX-License-Identifier: Apache-2.0
//
// Volumes for unit tests of the shim, which run without any: no descriptor stands for a file of one.
#include <cstdlib>

#include "shim/volumes/mounts.h"
#include "shim/volumes/open_file.h"

namespace redoubt::shim::volumes {

bool is_active() { return false; }
size_t count() { return 0; }
volume::Volume& volume(size_t) { std::abort(); }

Result<int> open_descriptor(FileId, int) { return fail(ENOSYS); }
std::optional<OpenFile> identify(int) { return std::nullopt; }
Result<void> truncate(FileId, uint64_t) { return fail(ENOSYS); }
Result<void> set_position(int, uint64_t) { return fail(ENOSYS); }
std::optional<int64_t> intercept_descriptors(Call&) { return std::nullopt; }

}  // namespace redoubt::shim::volumes
