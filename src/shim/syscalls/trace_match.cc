// SPDX-License-Identifier: Apache-2.0
#include "shim/syscalls/trace_match.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>

#include <algorithm>

#include "base/result.h"
#include "shim/abi/restart.h"
#include "shim/memory/app_memory.h"

namespace redoubt::shim {
namespace {

using Descriptors = std::vector<int>;

bool contains(const Descriptors& wanted, int fd) { return std::ranges::find(wanted, fd) != wanted.end(); }

constexpr uint64_t kMostPolled = 4096;  // entries that are looked at

bool polls(const Descriptors& wanted, uint64_t address, uint64_t count) {
  pollfd entry;
  for (uint64_t index = 0; index < std::min(count, kMostPolled); ++index) {
    if (!read_app(entry, address + index * sizeof(entry))) return false;
    if (contains(wanted, entry.fd)) return true;
  }
  return false;
}

bool selects(const Descriptors& wanted, uint64_t address, uint64_t count) {
  constexpr unsigned kBits = 64;
  return std::ranges::any_of(wanted, [&](int fd) {
    const auto bit = static_cast<unsigned>(fd);
    uint64_t word = 0;
    return bit < count && read_app(word, address + bit / kBits * sizeof(word)) && (word >> bit % kBits & 1) != 0;
  });
}

bool made_pair(const Descriptors& wanted, uint64_t address) {
  int pair[2];
  return read_app(pair, address) && (contains(wanted, pair[0]) || contains(wanted, pair[1]));
}

bool in_memory(const Descriptors& wanted, const Arg& arg, const uint64_t (&args)[6], uint64_t address, bool succeeded) {
  if (address == 0) return false;
  const uint64_t count = static_cast<uint32_t>(args[arg.size_arg]);
  switch (arg.shape) {
    case Shape::kPollfds: return polls(wanted, address, count);
    case Shape::kFdset: return selects(wanted, address, count);
    case Shape::kIntPair: return succeeded && made_pair(wanted, address);
    default: return false;
  }
}

bool is_new_descriptor(const Row& row, const uint64_t (&args)[6]) {
  if (row.returns == ReturnKind::kFd) return true;
  return row.number == SYS_fcntl && (args[1] == F_DUPFD || args[1] == F_DUPFD_CLOEXEC);
}

bool names(const Descriptors& wanted, const Row& row, const uint64_t (&args)[6], std::optional<int64_t> result) {
  const bool succeeded = result && !is_error(*result);
  for (size_t index = 0; index < 6; ++index) {
    const Arg& arg = row.args[index];
    const bool is_number = arg.kind == ArgKind::kFd || arg.kind == ArgKind::kDirFd;
    if (is_number && contains(wanted, static_cast<int>(args[index]))) return true;
    if (arg.kind == ArgKind::kStruct && in_memory(wanted, arg, args, args[index], succeeded)) return true;
  }
  return result && !is_error(*result) && is_new_descriptor(row, args) && contains(wanted, static_cast<int>(*result));
}

bool has_ending(TraceFilter::Ending ending, std::optional<int64_t> result) {
  const bool failed = result && is_error(*result) && !abi::is_restart(*result);
  switch (ending) {
    case TraceFilter::Ending::kAny: return true;
    case TraceFilter::Ending::kFailed: return failed;
    case TraceFilter::Ending::kSucceeded: return !failed;
  }
  return true;
}

}  // namespace

bool matches(const TraceFilter& filter, const Row* row, uint64_t number, const uint64_t (&args)[6],
             std::optional<int64_t> result) {
  if (!filter.calls[row != nullptr ? number : TraceFilter::kUnknown] || !has_ending(filter.ending, result))
    return false;
  if (row == nullptr) return filter.descriptors.empty();
  if (!filter.descriptors.empty() && !names(filter.descriptors, *row, args, result)) return false;
  return filter.unwanted_descriptors.empty() || !names(filter.unwanted_descriptors, *row, args, result);
}

}  // namespace redoubt::shim
