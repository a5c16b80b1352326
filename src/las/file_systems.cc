// SPDX-License-Identifier: Apache-2.0
#include "las/file_systems.h"

#include <linux/magic.h>

#include <algorithm>
#include <string>

namespace redoubt::las {
namespace {

constexpr unsigned long kXfsMagic = 0x58465342, kErofsMagic = 0xE0F5E1E2, kZfsMagic = 0x2FC12FC1;

constexpr FileSystem kFileSystems[] = {
    {"ext4", EXT4_SUPER_MAGIC, false}, {"ext3", EXT4_SUPER_MAGIC, false},   {"ext2", EXT4_SUPER_MAGIC, false},
    {"xfs", kXfsMagic, false},         {"btrfs", BTRFS_SUPER_MAGIC, false}, {"f2fs", F2FS_SUPER_MAGIC, false},
    {"zfs", kZfsMagic, false},         {"squashfs", SQUASHFS_MAGIC, false}, {"erofs", kErofsMagic, false},
    {"tmpfs", TMPFS_MAGIC, false},     {"ramfs", RAMFS_MAGIC, false},       {"overlay", OVERLAYFS_SUPER_MAGIC, true},
};

std::string_view next_field(std::string_view& line) {
  const size_t stop = line.find(' ');
  const std::string_view field = line.substr(0, stop);
  line.remove_prefix(stop == std::string_view::npos ? line.size() : stop + 1);
  return field;
}

std::unexpected<Finding> not_there(std::string_view actual) {
  std::string expected;
  for (const FileSystem& one : kFileSystems) expected += (expected.empty() ? "" : ", ") + std::string(one.name);
  return refuse("executable.file-system", "an executable on one of " + expected, std::string(actual),
                "install the runtime on a local disk: what LAS reads from there is what the process runs");
}

}  // namespace

// "36 35 98:0 /in/fs /mount/point rw,noatime master:1 - ext4 /dev/root rw,errors=continue"
Checked<const FileSystem*> find_file_system(std::string_view mountinfo, std::string_view mount_id) {
  while (!mountinfo.empty()) {
    std::string_view line = mountinfo.substr(0, mountinfo.find('\n'));
    mountinfo.remove_prefix(std::min(line.size() + 1, mountinfo.size()));
    if (next_field(line) != mount_id) continue;
    const size_t separator = line.find(" - ");  // blanks in paths are escaped
    if (separator == std::string_view::npos) break;
    line.remove_prefix(separator + 3);
    const std::string_view name = next_field(line);
    const FileSystem* row = std::ranges::find_if(kFileSystems, [&](const FileSystem& one) { return name == one.name; });
    if (row != std::end(kFileSystems)) return row;
    return not_there(name);
  }
  return not_there("a mount that the process cannot see");
}

}  // namespace redoubt::las
