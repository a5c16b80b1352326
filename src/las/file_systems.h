// SPDX-License-Identifier: Apache-2.0
//
// On which file systems an executable can be measured: those whose content the kernel itself keeps, so that what LAS reads is
// what the process runs. A FUSE, 9p or NFS server may answer every read differently. Found without asking the file system
// anything, since a FUSE server could keep LAS waiting: the mount of a descriptor opened with O_PATH, looked up by its number.
#pragma once

#include <string_view>

#include "las/refusal.h"

namespace redoubt::las {

struct FileSystem {
  const char* name;  // as in /proc/PID/mountinfo
  unsigned long magic;
  // Made of others: anybody may mount one over anything in a user namespace of his own, and the layers can be written behind
  // its back. Accepted from LAS's own user namespace, and read every time.
  bool layered;
};

// The row of the mount `mount_id`, or a refusal with check "executable.file-system".
Checked<const FileSystem*> find_file_system(std::string_view mountinfo, std::string_view mount_id);

}  // namespace redoubt::las
