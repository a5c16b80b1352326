// SPDX-License-Identifier: Apache-2.0
//
// Hashes many files, on every processor there is up to a few.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/error.h"
#include "measure/host_file.h"

namespace redoubt::measure {

// Called by one of the threads, never by two at once. May be empty.
using Progress = std::function<void(size_t files_done, uint64_t bytes_done)>;

// The hash of each path. The error is that of the first path, in order, that cannot be read.
Result<std::map<std::string, FileHash>, Error> hash_files(const std::vector<std::string>& paths,
                                                          const Progress& progress);

}  // namespace redoubt::measure
