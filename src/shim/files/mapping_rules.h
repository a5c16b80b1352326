// SPDX-License-Identifier: Apache-2.0
//
// What an attested program may map. Executable: anonymous memory and code files, nothing else. An injected file is mapped as a
// private copy, since its own memory is the shim's.
#pragma once

#include "shim/files/injected_files.h"
#include "shim/syscalls/call.h"

namespace redoubt::shim::file_namespace {

struct MappingRule {
  int refusal = 0;                        // errno, or 0
  bool never_executable = false;          // bytes of the host: mprotect must not make them executable later
  const InjectedFile* content = nullptr;  // to be copied into anonymous memory
};

// For a call of mmap. Only while is_active().
MappingRule mapping_rule(const Call& call);

}  // namespace redoubt::shim::file_namespace
