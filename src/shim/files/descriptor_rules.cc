// SPDX-License-Identifier: Apache-2.0
//
// The table of calls on descriptors that stand for something of the namespace (special_descriptors.h). What it does not list is
// the kernel's affair for files with a hash, whose bytes it has, and EINVAL for placeholders, behind which there is nothing.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <array>

#include "shim/abi/numbers.h"
#include "shim/files/attested_calls.h"
#include "shim/files/kernel_view.h"
#include "shim/files/special_descriptors.h"
#include "shim/gate/gate.h"
#include "shim/memory/scratch.h"
#include "shim/process/thread.h"

namespace redoubt::shim::file_namespace {
namespace {

namespace nr = abi::nr;

using Answer = std::optional<int64_t>;

// The kernel's answer about the placeholder is right.
Answer as_placeholder(Call&, int, NodeId) { return std::nullopt; }
// ... and its result is another descriptor of the same thing.
Answer duplicate(Call& call, int, NodeId) {
  const int64_t result = by_row(call);
  const bool is_command = call.number == SYS_fcntl;
  if (is_command && call.int_arg(1) != F_DUPFD && call.int_arg(1) != F_DUPFD_CLOEXEC) return result;
  if (!is_error(result)) special::hint(static_cast<int>(result));
  return result;
}
Answer read_only(Call&, int, NodeId) { return -EROFS; }
Answer without_attributes(Call& call, int, NodeId) { return call.number == SYS_flistxattr ? 0 : -ENODATA; }
Answer unsupported(Call&, int, NodeId) { return -EOPNOTSUPP; }
Answer nothing_to_do(Call&, int, NodeId) { return 0; }
Answer status(Call& call, int fd, NodeId node) { return stat_of_descriptor(fd, node, call.args[1]); }

enum Kinds : uint8_t { kPlaceholders, kAll };

struct DescriptorRule {
  uint16_t number;
  DescriptorHandler perform;
  Kinds kinds;  // kAll: of code files too
  uint8_t argument = 0;
};

// clang-format off
constexpr DescriptorRule kRules[] = {
    {nr::read,            injected_read,      kPlaceholders},
    {nr::pread64,         injected_read,      kPlaceholders},
    {nr::readv,           injected_read,      kPlaceholders},
    {nr::preadv,          injected_read,      kPlaceholders},
    {nr::preadv2,         injected_read,      kPlaceholders},
    {nr::write,           injected_write,     kPlaceholders},
    {nr::pwrite64,        injected_write,     kPlaceholders},
    {nr::writev,          injected_write,     kPlaceholders},
    {nr::pwritev,         injected_write,     kPlaceholders},
    {nr::pwritev2,        injected_write,     kPlaceholders},
    {nr::lseek,           injected_seek,      kPlaceholders},
    {nr::ftruncate,       injected_truncate,  kPlaceholders},
    {nr::fallocate,       unsupported,        kPlaceholders},
    {nr::sendfile,        injected_sendfile,  kPlaceholders, 1},
    {nr::ioctl,           injected_ioctl,     kPlaceholders},
    {nr::getdents,        list_directory,     kPlaceholders},
    {nr::getdents64,      list_directory,     kPlaceholders},

    {nr::fstat,           status,             kAll},
    {nr::fstatfs,         as_placeholder,     kAll},
    {nr::fchmod,          read_only,          kAll},
    {nr::fchown,          read_only,          kAll},
    {nr::fsetxattr,       read_only,          kAll},
    {nr::fremovexattr,    read_only,          kAll},
    {nr::fgetxattr,       without_attributes, kAll},
    {nr::flistxattr,      without_attributes, kAll},

    {nr::dup,             duplicate,          kAll},
    {nr::dup2,            duplicate,          kAll},
    {nr::dup3,            duplicate,          kAll},
    {nr::fcntl,           duplicate,          kAll},
    {nr::close,           as_placeholder,     kAll},
    {nr::flock,           as_placeholder,     kAll},
    {nr::fsync,           as_placeholder,     kAll},
    {nr::fdatasync,       as_placeholder,     kAll},
    {nr::syncfs,          as_placeholder,     kAll},
    {nr::sync_file_range, nothing_to_do,      kAll},
    {nr::fadvise64,       nothing_to_do,      kPlaceholders},
    {nr::readahead,       nothing_to_do,      kPlaceholders},
    {nr::epoll_ctl,       as_placeholder,     kAll, 2},
    {nr::mmap,            as_placeholder,     kAll, 4},  // memory_calls.cc asks mapping_rules.h
};
// clang-format on

constexpr auto kIndex = [] {
  std::array<int8_t, kTableSize> index{};
  for (auto& entry : index) entry = kNoArg;
  for (size_t i = 0; i < std::size(kRules); ++i) index[kRules[i].number] = static_cast<int8_t>(i);
  return index;
}();

int64_t change_directory_to(Call& call) {
  KernelView view(state().tree);
  const auto directory = view.directory_of(call.int_arg(0));
  if (!directory) return -number_of(directory.error());
  const auto place = place_of_directory(*directory);
  return place ? to_raw(change_directory(*place)) : -number_of(place.error());
}

// READ_IMPLIES_EXEC would make every file of the host executable.
constexpr uint64_t kReadImpliesExec = 0x0400000;
constexpr uint64_t kAskPersonality = 0xffffffff;

}  // namespace

bool lists_descriptor_call(uint64_t number) { return number < kTableSize && kIndex[number] != kNoArg; }

std::optional<int64_t> intercept_descriptors(Call& call) {
  if (call.number == SYS_fchdir) {
    const ScratchScope scratch(call.thread.shares_memory);
    return change_directory_to(call);
  }
  if (call.number == SYS_personality && call.args[0] != kAskPersonality && (call.args[0] & kReadImpliesExec) != 0) {
    return -EINVAL;
  }
  const DescriptorRule* const rule = kIndex[call.number] != kNoArg ? &kRules[kIndex[call.number]] : nullptr;
  for (uint8_t i = 0; i < 6; ++i) {
    if (call.row->args[i].kind != ArgKind::kFd || !special::may_be(call.int_arg(i))) continue;
    const bool is_target = (call.number == SYS_dup2 || call.number == SYS_dup3) && i == 1;
    if (is_target) continue;
    const NodeId node = special::node_of(call.int_arg(i));
    if (node == kNoNode) continue;
    const bool is_code = state().tree.node(node).has_hash();
    if (rule == nullptr || rule->argument != i) {
      if (is_code) continue;
      return -EINVAL;
    }
    if (is_code && rule->kinds == kPlaceholders) continue;
    const ScratchScope scratch(call.thread.shares_memory);
    return rule->perform(call, call.int_arg(i), node);
  }
  return std::nullopt;
}

}  // namespace redoubt::shim::file_namespace
