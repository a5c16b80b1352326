// SPDX-License-Identifier: Apache-2.0
//
// Reads files of this machine: whole small ones, the ELF facts and the hash of any. A file is opened once for each question and
// must be a regular one then; what changes between two questions is found by the run that checks the hash.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/error.h"
#include "measure/elf_facts.h"

namespace redoubt::measure {

struct FileHash {
  ByteArray<32> sha256{};
  uint64_t size = 0;
};

Result<FileHash, Error> hash_file(const std::string& path);
// The first `limit` bytes at most.
Result<Bytes, Error> read_start(const std::string& path, size_t limit);
Result<std::optional<ElfFacts>, Error> read_elf_file(const std::string& path);

}  // namespace redoubt::measure
