// SPDX-License-Identifier: Apache-2.0
//
// Why a volume cannot be opened, for people: one function a reason.
#pragma once

#include <expected>
#include <string>

#include "volume/volume.h"

namespace redoubt::volume {

using Refused = std::unexpected<OpenFailure>;

Refused host_failure(HostFile file, int error);
Refused in_use_failure(HostFile file);
Refused used_failure();
Refused absent_failure();
Refused unfinished_failure();
Refused missing_failure(HostFile file);
Refused empty_failure(HostFile file);
Refused truncated_failure(HostFile file, uint64_t expected, uint64_t found);
Refused foreign_failure(HostFile file);
Refused version_failure(HostFile file, uint32_t found);
Refused key_failure(HostFile file);
// `check` is "volume.superblock", "volume.checkpoint", "volume.log".
Refused damaged_failure(std::string check, HostFile file, uint64_t offset, std::string found);
Refused rollback_failure(const Tag& expected, std::string found);
Refused memory_failure();
Refused processor_failure();

}  // namespace redoubt::volume
