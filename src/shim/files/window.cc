// SPDX-License-Identifier: Apache-2.0
//
// The window of the shim's descriptors.
#include "shim/files/window.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <bit>
#include <climits>

#include "base/text.h"
#include "shim/gate/gate.h"
#include "shim/gate/host_answer.h"

namespace redoubt::shim::window {
namespace {

int window_base = kPreferredBase;
int extension = 0;  // numbers below the base
uint64_t slots_open = 0;

uint64_t number(int fd) { return static_cast<uint64_t>(fd); }

// Raises the limit on descriptors as far as the window needs, for as long as it lives.
class RaisedLimit {
 public:
  RaisedLimit() {
    if (is_error(gate::call(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, gate::address_of(&before_)))) return;
    const auto needed = static_cast<rlim_t>(window_base) + kSize;
    if (before_.rlim_cur >= needed) return;
    const rlimit raised{.rlim_cur = needed, .rlim_max = std::max(before_.rlim_max, needed)};
    changed_ = !is_error(gate::call(SYS_prlimit64, 0, RLIMIT_NOFILE, gate::address_of(&raised), 0));
  }
  ~RaisedLimit() {
    if (changed_) gate::call(SYS_prlimit64, 0, RLIMIT_NOFILE, gate::address_of(&before_), 0);
  }
  RaisedLimit(const RaisedLimit&) = delete;
  RaisedLimit& operator=(const RaisedLimit&) = delete;

 private:
  rlimit before_{};
  bool changed_ = false;
};

static_assert(static_cast<int>(Slot::kExtension) == kSize);
int fd_of(Slot slot) {
  const auto index = static_cast<int>(slot);
  return index < kSize ? window_base + index : window_base - 1 - (index - kSize);
}

int extension_of(uint64_t bits) { return std::max(0, static_cast<int>(std::bit_width(bits)) - kSize); }

// Whether none of `count` numbers from `first` on is in use.
bool is_free(int first, int count) {
  for (int fd = first; fd < first + count; ++fd) {
    if (gate::call(SYS_fcntl, number(fd), F_GETFD) != -EBADF) return false;
  }
  return true;
}

bool is_same_file(int one, int other) {
  struct stat first {
  }, second{};
  second.st_ino = 1;  // two answers that were none are not the same
  return !is_error(gate::call(SYS_fstat, number(one), gate::address_of(&first))) &&
         !is_error(gate::call(SYS_fstat, number(other), gate::address_of(&second))) && first.st_dev == second.st_dev &&
         first.st_ino == second.st_ino;
}

}  // namespace

Result<int> choose_base() {
  rlimit limit{};
  int highest = kPreferredBase;
  if (!is_error(gate::call(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, gate::address_of(&limit))) &&
      limit.rlim_max < kPreferredBase + kSize) {
    highest = static_cast<int>(limit.rlim_max) - kSize;  // the topmost numbers below a low hard limit
  }
  for (int base = highest; base >= kLowestBase; --base) {
    if (is_free(base, kSize)) return base;
  }
  return fail(EMFILE);
}

void start(int base) { window_base = base; }
int base() { return window_base; }
int first() { return window_base - extension; }
int last() { return window_base + kSize - 1; }
bool contains(int fd) { return fd >= first() && fd <= last(); }

Result<void> extend(int count) {
  const int lowest = window_base - count;
  if (count > kLargestExtension || lowest < kLowestBase || !is_free(lowest, count)) return fail(EBUSY);
  extension = count;
  return {};
}

namespace {

Result<void> move_to_slot(Slot slot, int fd, int flags) {
  const RaisedLimit raised;
  const int64_t moved = gate::call(SYS_dup3, number(fd), number(fd_of(slot)), number(flags));
  gate::call(SYS_close, number(fd));
  TRY(from_raw(moved));
  slots_open |= bit_of(slot);
  return {};
}

}  // namespace

Result<void> put(Slot slot, int fd) { return move_to_slot(slot, fd, 0); }
Result<void> put_for_this_image(Slot slot, int fd) { return move_to_slot(slot, fd, O_CLOEXEC); }

void clear(Slot slot) {
  const RaisedLimit raised;
  slots_open &= ~bit_of(slot);
  gate::call(SYS_dup3, number(get(Slot::kProc)), number(fd_of(slot)), 0);
}

int get(Slot slot) { return (slots_open & bit_of(slot)) != 0 ? fd_of(slot) : -1; }

void adopt(uint64_t bits) {
  slots_open = bits;
  extension = extension_of(bits);
}
uint64_t open_slots() { return slots_open; }

bool is_possible(int base, uint64_t bits) {
  return base >= 0 && base <= INT_MAX - kSize && (extension_of(bits) == 0 || base - extension_of(bits) >= kLowestBase);
}

void fill() {
  const RaisedLimit raised;
  for (int i = 0; i < kSize; ++i) {
    if ((slots_open & bit_of(static_cast<Slot>(i))) == 0)
      gate::call(SYS_dup3, number(get(Slot::kProc)), number(window_base + i), 0);
  }
}

int64_t reopen(int fd, int flags) {
  Text<64> path;
  path.append("thread-self/fd/").decimal(number(fd));
  const auto opened = gate::descriptor_of(
      gate::call(SYS_openat, number(get(Slot::kProc)), gate::address_of(path.c_str()), number(flags)));
  if (!opened) return -number_of(opened.error());
  if (is_same_file(fd, *opened)) return *opened;
  gate::call(SYS_close, number(*opened));
  return -EIO;
}

}  // namespace redoubt::shim::window
