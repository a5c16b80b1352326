// SPDX-License-Identifier: Apache-2.0
//
// What one image of the runtime hands to the next across execve: a real execve, since that is what ends threads, closes
// descriptors and keeps everything else as Linux does. The state travels in a memory file, never in arguments, environment or
// a file on disk. Format: fixed header, then the strings, each NUL-terminated, then the attested state (attested/state.h).
//
// In an unattested run it is an ordinary memory file, fully sealed against changes. In an attested one it holds secrets and is secret memory
// (memory/sealed.h), which root cannot read in the process's memory. Its descriptor has to survive the exec: whoever may
// take this process's descriptors (pidfd_getfd) can read it in that window, from write_handover() to the first
// milliseconds of the new image, which closes it before anything else.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "shim/process/options.h"
#include "shim/process/program_file.h"

namespace redoubt::shim {

struct Handover {
  Options options;
  int window_base = 0;
  uint64_t open_slots = 0;
  uint64_t signal_mask = 0;
  uint64_t ignored_faults = 0;
  ProgramFiles files;
  std::vector<std::string> environment;
  ByteView attested;  // what attested::save() wrote; empty in an unattested run

  // Where `attested` lies after read_handover().
  std::span<uint8_t> sealed;
  std::vector<uint8_t> unsealed;  // without secret memory
};

// Writes the state into a new sealed memory file. The descriptors of `handover.files` and the file itself survive exec
// from here on; the caller execs at once or discards everything.
Result<OwnedFd> write_handover(const Handover& handover);

// Reads it in the new image and closes the file. EINVAL for anything that this function's sibling did not write.
Result<Handover> read_handover(int fd);

// Wipes and gives back the memory of `attested`.
void release_attested(Handover& handover);

// The pure part of it: `attested` is a view of `bytes`. Descriptors are only numbers here; a refused state closes none of them.
Result<Handover> parse_handover(std::string_view bytes);

}  // namespace redoubt::shim
