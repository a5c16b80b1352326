// SPDX-License-Identifier: Apache-2.0
//
// A file of the session, or of an authenticated volume, taken from the host: all its bytes are copied into a memory file that nobody can change any more, hashed
// there, and compared with the promised hash. What the program then reads, maps or executes is what was hashed.
#pragma once

#include <string>

#include "base/result.h"
#include "shim/files/file_hash.h"
#include "shim/process/program_file.h"

namespace redoubt::shim {

struct HashedFile {
  FileHash hash;
  uint64_t size = 0;
};

// Hashes a file of the host as it is, without keeping it. ENOENT, EACCES: not a regular file.
Result<HashedFile> hash_host_file(const std::string& path);

// Copies the host's file at `path` into `into` (a memory file that is not sealed yet). The size is what was copied. EFBIG: it has
// more than `most` bytes.
Result<uint64_t> copy_host_file(const std::string& path, int into, uint64_t most = UINT64_MAX);
// The hash of the first `size` bytes of a memory file. EIO: it has fewer.
Result<FileHash> hash_memory_file(int fd, uint64_t size);

// Who promised the file.
enum class Promise : bool { kSession, kSeal };
// One line on standard error: what was expected, what was found, what to do.
void report_wrong_file(const std::string& path, Promise promise, const FileHash& expected, const std::string& found);

}  // namespace redoubt::shim
