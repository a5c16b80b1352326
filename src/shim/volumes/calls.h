// SPDX-License-Identifier: Apache-2.0
//
// What the files of this folder that answer system calls share. descriptor_table.cc lists which function answers which call.
#pragma once

#include <optional>

#include "shim/syscalls/call.h"
#include "shim/volumes/handles.h"

namespace redoubt::shim::volumes {

// An open file of a volume as an argument of a call.
struct Target {
  int fd;
  int argument;  // number
  Description open;
  FileId id;

  bool is_path() const { return open.access == 010000000; }  // O_PATH: names a file, gives no access to it
  bool may_read() const { return open.access == 0 || open.access == 2; }
  bool may_write() const { return open.access == 1 || open.access == 2; }
  volume::Volume& volume() const;
};
// Nothing: the row of the call, and what it asks the kernel about the description, is right.
using Answer = std::optional<int64_t>;

// transfer_calls.cc
Answer read_call(Call& call, const Target& target);
Answer write_call(Call& call, const Target& target);
// copy_calls.cc
Answer sendfile_call(Call& call, const Target& target);
Answer copy_call(Call& call, const Target& target);
// size_calls.cc
Answer seek_call(Call& call, const Target& target);
Answer truncate_call(Call& call, const Target& target);
Answer allocate_call(Call& call, const Target& target);
Answer sync_call(Call& call, const Target& target);
Answer sync_range_call(Call& call, const Target& target);
Answer advise_call(Call& call, const Target& target);
Answer ioctl_call(Call& call, const Target& target);
int64_t sync_everything(Call& call);
// lock_calls.cc
Answer flock_call(Call& call, const Target& target);
int64_t lock_command(Call& call, const Target& target);
// life_calls.cc
Answer duplicate_call(Call& call, const Target& target);
Answer control_call(Call& call, const Target& target);
Answer close_call(Call& call, const Target& target);
void close_files_in_range(const Call& call);

// RLIMIT_FSIZE at a position: how much of `size` may be written there. SIGXFSZ and EFBIG when nothing may.
Result<uint64_t> within_size_limit(uint64_t position, uint64_t size);
// What the position of a description says by now; nothing when the descriptor has become another's.
std::optional<Description> look_again(const Target& target);
// The flags of a description that the kernel keeps: O_APPEND, O_SYNC, O_DSYNC, O_NONBLOCK.
int status_flags(int fd);
// Of the file, from a description that may not be the last: POSIX locks of this process go, and with the last opener a file
// without names. 0 or -errno of what close reports.
int64_t after_close(const Target& target);

// lock_calls.cc: this process's POSIX locks.
void drop_posix_locks(Handle handle);
void forget_posix_locks_after_fork();

}  // namespace redoubt::shim::volumes
