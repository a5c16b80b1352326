// SPDX-License-Identifier: Apache-2.0
//
// What one image of the runtime hands to the next across execve: a real execve, since that is what ends threads, closes
// descriptors and keeps everything else as Linux does. The state travels in a sealed memory file, never in arguments,
// environment or a file on disk. Format: fixed header, then the strings, each NUL-terminated. Host-readable in
// unattested runs; root who can open this process's descriptors can read it during the few milliseconds of an exec.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "shim/process/options.h"
#include "shim/process/program_file.h"

namespace redoubt::shim {

struct Handover {
  Options options;
  int window_base = 0;
  unsigned open_slots = 0;
  uint64_t signal_mask = 0;
  uint64_t ignored_faults = 0;
  ProgramFiles files;
  std::vector<std::string> environment;
  std::vector<uint8_t> file_namespace;  // of an attested run (files/namespace.h)
};

// Writes the state into a new sealed memory file. The descriptors of `handover.files` and the file itself survive exec
// from here on; the caller execs at once or discards everything.
Result<OwnedFd> write_handover(const Handover& handover);

// Reads it in the new image and closes the file. EINVAL for anything that this function's sibling did not write.
Result<Handover> read_handover(int fd);

// The pure part of it. Descriptors are only numbers here; a refused state closes none of them.
Result<Handover> parse_handover(std::string_view bytes);

}  // namespace redoubt::shim
