// SPDX-License-Identifier: Apache-2.0
//
// What process is at the other end of a connection, measured twice: before LAS sends its challenge and after it was answered.
// That a process is called genuine means that all of this held from the first measurement to the second:
//
//   it is one process         a pidfd of it is open and it is alive, so its number is nobody else's
//   it did not exec           otherwise it could be measured as the runtime, answer as something else, and be the runtime again.
//                             The address space of the first measurement has still an owner (its /proc/PID/maps, opened then,
//                             still reads), and code is where it was: should a helper that shares that address space keep it
//                             alive, the kernel has put the code of the next one elsewhere. So randomisation must be on
//   it runs the measured file its executable, twice the same file with the same hash, is all it can execute (mappings.h)
//   nobody steers it          no thread has a tracer
//   who it is                 the user it had when it connected
//
// What remains is in docs/attestation.md: whoever may write into the process (its own user before it is undumpable, root) can
// also make it ask; no claim is made against those on the platform `process`.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "las/descriptor.h"
#include "las/executable.h"
#include "las/known_hashes.h"
#include "las/refusal.h"

namespace redoubt::las {

struct Peer {
  Descriptor pidfd;
  pid_t pid;
  uid_t uid;
};

// Of a connected unix socket that was just accepted.
Checked<Peer> peer_of(int socket);

// Where the executable mappings begin.
using CodePlaces = std::vector<uint64_t>;

class MeasuredProcess {
 public:
  // Both must outlive this.
  static Checked<MeasuredProcess> measure(const Peer& peer, KnownHashes& hashes);

  // Everything again; a refusal when anything is not as it was.
  Checked<void> measure_again() const;

  const Executable& executable() const { return executable_; }

 private:
  MeasuredProcess(const Peer& peer, KnownHashes& hashes, Descriptor directory, Descriptor maps, std::string start_time,
                  Executable executable, CodePlaces code)
      : peer_(&peer),
        hashes_(&hashes),
        directory_(std::move(directory)),
        maps_(std::move(maps)),
        start_time_(std::move(start_time)),
        executable_(std::move(executable)),
        code_(std::move(code)) {}

  const Peer* peer_;
  KnownHashes* hashes_;
  Descriptor directory_;    // /proc/PID
  Descriptor maps_;         // of the address space at the first measurement
  std::string start_time_;  // clock ticks since boot
  Executable executable_;
  CodePlaces code_;
};

}  // namespace redoubt::las
