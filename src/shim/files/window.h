// SPDX-License-Identifier: Apache-2.0
//
// The shim's own descriptors. They live in a window of 9 numbers above what programs use in practice, so that the
// kernel's descriptor table stays small (fork copies it up to the highest open number). A run with volumes extends the
// window downwards, by one number for each host file of a volume: nothing gets a higher number for it. The program cannot
// see, close, duplicate or replace them: every descriptor argument is checked by its row, listings are filtered. Slots of
// the first 9 that are not in use hold a placeholder, so that the kernel never gives their numbers to the program; the
// extension has no unused slots.
#pragma once

#include <cstdint>

#include "base/result.h"

namespace redoubt::shim::window {

inline constexpr int kSize = 9;               // numbers from the base on
inline constexpr int kLargestExtension = 55;  // numbers below the base: the bits of open_slots() are 64
inline constexpr int kPreferredBase = 1000;

enum class Slot : int {
  kRuntime,     // the runtime's own executable, for exec
  kProgram,     // the program's executable (O_PATH), for /proc/self/exe
  kTrace,       // --trace
  kStatistics,  // --stats
  kProc,        // /proc, so that it is reachable after chroot
  kTags,        // the connection to CAS on which tags of volumes go (attested/tag_keeper.h); never survives exec
  kHandles,     // memory files of volumes (volumes/mounts.h)
  kPosixLocks,
  kArena,
  kExtension,  // the first slot below the base
};

// Takes the base that choose_base() found, or that was handed over by exec.
void start(int base);
// Where the window goes at launch: below the hard limit on descriptors, and over none that the program inherits. EMFILE
// when there is no such place from kLowestBase on.
Result<int> choose_base();
inline constexpr int kLowestBase = 8;
int base();

bool contains(int fd);
int first();  // the lowest number of the window, extension included
int last();

// Takes `count` more numbers below the window, all of which the caller fills with put(). Once, before the program runs.
// EBUSY: one of them is in use, or there are not as many.
Result<void> extend(int count);
constexpr Slot extension_slot(int index) { return static_cast<Slot>(static_cast<int>(Slot::kExtension) + index); }

// Moves `fd` into its slot; it is closed under its old number, also on failure. The limit on descriptors is raised meanwhile.
Result<void> put(Slot slot, int fd);
// The same, close-on-exec.
Result<void> put_for_this_image(Slot slot, int fd);
// Closes what is in the slot, if anything is, and occupies it.
void clear(Slot slot);
// The descriptor in a slot, or -1.
int get(Slot slot);
// After exec: which slots are open.
void adopt(uint64_t bits);
uint64_t open_slots();
constexpr uint64_t bit_of(Slot slot) { return uint64_t{1} << static_cast<unsigned>(slot); }
// Whether such a window can be: what was handed over is checked with it.
bool is_possible(int base, uint64_t bits);

// Opens the file behind `fd` anew with `flags`, whatever its name is by now. Returns a descriptor or -errno; EIO when /proc led to
// another file, since what was verified through `fd` must be what is opened.
int64_t reopen(int fd, int flags);

// At launch, after the first `put`: occupies every slot that is not in use.
void fill();

}  // namespace redoubt::shim::window
