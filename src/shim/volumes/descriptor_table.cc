// SPDX-License-Identifier: Apache-2.0
//
// The table of calls on open files of volumes. What it does not list is refused: behind such a descriptor the kernel has an empty
// memory file. Attributes, directories and names are files/volume_calls.h's, asked before.
#include <sys/syscall.h>

#include <algorithm>
#include <array>

#include "shim/abi/numbers.h"
#include "shim/files/special_descriptors.h"
#include "shim/syscalls/handlers.h"
#include "shim/volumes/calls.h"
#include "shim/volumes/mappings.h"
#include "shim/volumes/mounts.h"

namespace redoubt::shim::volumes {
namespace {

namespace nr = abi::nr;

// The kernel's answer about the description is right (epoll_ctl: EPERM), or another folder's.
Answer as_kernel(Call&, const Target&) { return std::nullopt; }
// Pipes are the kernel's memory.
Answer refuse(Call&, const Target&) { return -EINVAL; }

using TargetHandler = Answer (*)(Call& call, const Target& target);
struct TargetRule {
  uint16_t number;
  TargetHandler perform;
  uint8_t arguments = 1;  // bits: which arguments may be such a descriptor
};

// clang-format off
constexpr TargetRule kRules[] = {
    {nr::read,            read_call},
    {nr::pread64,         read_call},
    {nr::readv,           read_call},
    {nr::preadv,          read_call},
    {nr::preadv2,         read_call},
    {nr::write,           write_call},
    {nr::pwrite64,        write_call},
    {nr::writev,          write_call},
    {nr::pwritev,         write_call},
    {nr::pwritev2,        write_call},
    {nr::lseek,           seek_call},
    {nr::ftruncate,       truncate_call},
    {nr::fallocate,       allocate_call},
    {nr::fsync,           sync_call},
    {nr::fdatasync,       sync_call},
    {nr::syncfs,          sync_call},
    {nr::sync_file_range, sync_range_call},
    {nr::fadvise64,       advise_call},
    {nr::readahead,       advise_call},
    {nr::ioctl,           ioctl_call},
    {nr::flock,           flock_call},
    {nr::fcntl,           control_call},
    {nr::dup,             duplicate_call},
    {nr::dup2,            duplicate_call,  0b11},
    {nr::dup3,            duplicate_call,  0b11},
    {nr::close,           close_call},
    {nr::sendfile,        sendfile_call,   0b11},
    {nr::copy_file_range, copy_call,       0b101},
    {nr::splice,          refuse,          0b101},
    {nr::epoll_ctl,       as_kernel,       0b100},
    {nr::mmap,            as_kernel,       0b10000},  // memory_calls.cc asks map()

    {nr::fstat,           as_kernel},
    {nr::fstatfs,         as_kernel},
    {nr::fchdir,          as_kernel},
    {nr::fchmod,          as_kernel},
    {nr::fchown,          as_kernel},
    {nr::fgetxattr,       as_kernel},
    {nr::fsetxattr,       as_kernel},
    {nr::flistxattr,      as_kernel},
    {nr::fremovexattr,    as_kernel},
    {nr::getdents,        as_kernel},
    {nr::getdents64,      as_kernel},
};
// clang-format on

constexpr int8_t kNoRule = -1;
constexpr auto kIndex = [] {
  std::array<int8_t, kTableSize> index{};
  for (auto& entry : index) entry = kNoRule;
  for (size_t i = 0; i < std::size(kRules); ++i) index[kRules[i].number] = static_cast<int8_t>(i);
  return index;
}();

// Calls that name no such descriptor, and are about them all the same.
std::optional<int64_t> intercept_others(Call& call) {
  switch (call.number) {
    case SYS_close_range:
      if (const auto refused = settle_unshare(call)) return refused;
      close_files_in_range(call);
      return std::nullopt;
    case SYS_sync: return sync_everything(call);
    case SYS_msync: return sync_mapping(call);
    default: return std::nullopt;
  }
}

}  // namespace

bool lists(uint64_t number) {
  constexpr uint64_t kOthers[] = {SYS_close_range, SYS_sync, SYS_msync};  // of intercept_others()
  return (number < kTableSize && kIndex[number] != kNoRule) || std::ranges::find(kOthers, number) != std::end(kOthers);
}

std::optional<int64_t> intercept_descriptors(Call& call) {
  if (!is_active()) return std::nullopt;
  for (uint8_t i = 0; i < 6; ++i) {
    if (call.row->args[i].kind != ArgKind::kFd || !special::may_be(call.int_arg(i))) continue;
    const auto open = describe(call.int_arg(i));
    if (!open) continue;
    const TargetRule* const rule = kIndex[call.number] != kNoRule ? &kRules[kIndex[call.number]] : nullptr;
    if (rule == nullptr || (rule->arguments >> i & 1) == 0) return -EINVAL;
    return rule->perform(call, {.fd = call.int_arg(i), .argument = i, .open = *open, .id = file_of(open->handle)});
  }
  return intercept_others(call);
}

}  // namespace redoubt::shim::volumes
