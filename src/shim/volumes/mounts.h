// SPDX-License-Identifier: Apache-2.0
//
// The volumes of an attested program: where they are mounted in its namespace (files/tree.h, NodeKind::kVolume), which host files
// they lie in, and what the processes of the run share about them.
//
// Three memory files, made at the start and inherited through fork and exec in the window of the shim's descriptors:
//
//   handles   sealed and empty. Every open file of a volume is a reopened description of it, so number, dup, close-on-exec, fork
//             and lifetime are the kernel's. The description's *position* says what it is: open mode (2 bits), handle
//             (17 bits), offset in the file (44 bits). A handle is an inode of a volume that is open; the description holds a shared
//             OFD lock on byte 0 of the handle's part of the file, so the kernel knows when the last one is gone, kill -9 included.
//             OFD locks and flock of the program are OFD locks here, in the handle's part.
//   locks     never closed by a process, so that POSIX locks (per process and file) of the program can be POSIX locks on it.
//   arena     shared memory: control block (heads, locks, handles) and the pages of files that are mapped MAP_SHARED.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "shim/attested/failure.h"
#include "shim/syscalls/call.h"
#include "volume/volume.h"
#include "wire/attest_protocol.h"

namespace redoubt::shim::volumes {

// Sealed trees (files: authenticated-only) are checked and added to the namespace, which has them from then on (sealed_mounts.h).
// Opens the host directories of the others, initialises or opens every volume, adds them to the namespace. Before the program runs, after
// file_namespace::start(). `keeper` of volume i pushes tags to CAS (attested/tag_keeper.h).
attested::Outcome<void> start(const std::vector<wire::MountedVolume>& volumes);

// The last step before the program runs. A new volume must be known to CAS before it holds anything, or the next start would make it
// anew; and a tag of ours ends the leases of all instances that run on what this one was given, so that the program knows from
// its first instruction that it goes on with the history and nobody else does.
attested::Outcome<void> claim();

bool is_active();
size_t count();
volume::Volume& volume(size_t index);

// Around fork, inside ForkLock.
void before_fork();
void after_fork(bool is_child);

// Before exec and before the process ends: flushes shared mappings; one barrier a volume that has changes.
void settle();

// After a call of the program, however it was answered: descriptors that it received, limits that it set.
void after_call(const Call& call, int64_t result);

// Across exec. The descriptors survive in the window.
void save(std::vector<uint8_t>& out);
attested::Outcome<void> restore(ByteView saved);

}  // namespace redoubt::shim::volumes
