// SPDX-License-Identifier: Apache-2.0
//
// stat, statx, statfs and access in a volume. A volume's device number says its place in the session, so it is the same in every
// process and every run; inode numbers are the volume's own.
#include <fcntl.h>
#include <linux/stat.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>

#include "shim/files/permission.h"
#include "shim/files/volume_calls.h"
#include "shim/gate/gate.h"

namespace redoubt::shim::file_namespace {
namespace {

using volume::Attributes;

// No file system of the kernel has these numbers; the tree's own is before them (attested_stat.cc).
constexpr unsigned kDeviceMajor = 0, kFirstDeviceMinor = 0x5245;
constexpr uint64_t kSectorsOfBlock = volume::kBlockSize / 512;
constexpr int64_t kMagic = 0x52444654;
constexpr int64_t kNameMax = 255;

unsigned device_minor(const FileId& file) { return kFirstDeviceMinor + static_cast<unsigned>(file.volume); }

timespec time_of(const volume::Time& time) {
  return {.tv_sec = time.seconds, .tv_nsec = static_cast<long>(time.nanoseconds)};
}
statx_timestamp timestamp_of(const volume::Time& time) {
  return {.tv_sec = time.seconds, .tv_nsec = time.nanoseconds, .__reserved = 0};
}

}  // namespace

Result<struct stat> stat_in_volume(const FileId& file) {
  const Attributes attributes = TRY(volume_of(file)->attributes(file.inode));
  struct stat status {};
  status.st_dev = makedev(kDeviceMajor, device_minor(file));
  status.st_ino = file.inode;
  status.st_mode = attributes.mode;
  status.st_nlink = attributes.links;
  status.st_uid = attributes.uid;
  status.st_gid = attributes.gid;
  status.st_rdev = attributes.device;
  status.st_size = static_cast<off_t>(attributes.size);
  status.st_blksize = volume::kBlockSize;
  status.st_blocks = static_cast<blkcnt_t>(attributes.blocks * kSectorsOfBlock);
  status.st_atim = time_of(attributes.accessed);
  status.st_mtim = time_of(attributes.modified);
  status.st_ctim = time_of(attributes.changed);
  return status;
}

Result<struct statx> statx_in_volume(const FileId& file) {
  const Attributes attributes = TRY(volume_of(file)->attributes(file.inode));
  struct statx full {};
  full.stx_mask = STATX_BASIC_STATS | STATX_BTIME;
  full.stx_attributes_mask = STATX_ATTR_MOUNT_ROOT;
  full.stx_attributes = file.inode == volume::kRootInode ? STATX_ATTR_MOUNT_ROOT : 0;
  full.stx_blksize = volume::kBlockSize;
  full.stx_nlink = attributes.links;
  full.stx_uid = attributes.uid;
  full.stx_gid = attributes.gid;
  full.stx_mode = static_cast<uint16_t>(attributes.mode);
  full.stx_ino = file.inode;
  full.stx_size = attributes.size;
  full.stx_blocks = attributes.blocks * kSectorsOfBlock;
  full.stx_atime = timestamp_of(attributes.accessed);
  full.stx_btime = timestamp_of(attributes.created);
  full.stx_ctime = timestamp_of(attributes.changed);
  full.stx_mtime = timestamp_of(attributes.modified);
  full.stx_rdev_major = major(attributes.device);
  full.stx_rdev_minor = minor(attributes.device);
  full.stx_dev_major = kDeviceMajor;
  full.stx_dev_minor = device_minor(file);
  return full;
}

// Room is what the host's file system has, as untrusted as the host; the numbers of files are the volume's.
Result<struct statfs> statfs_of_volume(size_t index) {
  struct statfs host {};
  const Tree& tree = state().tree;
  const std::string& directory = tree.node(tree.root_of_volume(static_cast<uint32_t>(index))).target;
  gate::call(SYS_statfs, gate::address_of(directory.c_str()), gate::address_of(&host));
  const auto space = volume_of({.volume = index})->space();
  const uint64_t unit = host.f_bsize > 0 ? static_cast<uint64_t>(host.f_bsize) : volume::kBlockSize;
  const auto blocks = [&](uint64_t of_host) {
    return of_host > UINT64_MAX / unit ? of_host : of_host * unit / volume::kBlockSize;
  };
  constexpr int64_t kNoExec = 8, kValid = 0x20;  // ST_NOEXEC, ST_VALID
  constexpr uint64_t kMostFiles = uint64_t{1} << 32;
  struct statfs status {};
  status.f_type = kMagic;
  status.f_bsize = status.f_frsize = volume::kBlockSize;
  status.f_bavail = blocks(host.f_bavail);
  status.f_bfree = blocks(host.f_bfree);
  status.f_blocks = status.f_bfree + space.data_blocks;
  status.f_files = kMostFiles;
  status.f_ffree = kMostFiles - std::min(space.files, kMostFiles);
  status.f_fsid = {{kFirstDeviceMinor, static_cast<int>(index)}};
  status.f_namelen = kNameMax;
  status.f_flags = kNoExec | kValid;
  return status;
}

Result<void> access_in_volume(const FileId& file, const Credentials& who, int wanted) {
  const Attributes attributes = TRY(volume_of(file)->attributes(file.inode));
  if ((wanted & X_OK) != 0 && S_ISREG(attributes.mode)) return fail(EACCES);  // as below a noexec mount
  if (wanted == F_OK) return {};
  return permission::may(attributes, who, wanted);
}

}  // namespace redoubt::shim::file_namespace
