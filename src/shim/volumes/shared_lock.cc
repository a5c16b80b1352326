// SPDX-License-Identifier: Apache-2.0
//
// Threads are named as /proc sees them, and looked for there: a number that was given to another thread since has another start
// time. Where /proc hides other users' processes (hidepid), a thread counts as alive while tkill knows its number.
#include "shim/volumes/shared_lock.h"

#include <immintrin.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>

#include <charconv>
#include <string_view>

#include "base/text.h"
#include "shim/files/window.h"
#include "shim/gate/gate.h"
#include "shim/gate/host_answer.h"
#include "shim/process/program_file.h"
#include "shim/process/thread.h"

namespace redoubt::shim::volumes {
namespace {

constexpr int kSpins = 200;
constexpr timespec kPatience = {.tv_sec = 0, .tv_nsec = 20'000'000};  // between looks at the owner

struct Status {
  uint32_t thread = 0;
  uint32_t started = 0;  // the low half, in ticks since boot
  bool runs = false;     // neither zombie nor gone
};

// proc(5), /proc/PID/stat: the name, in parentheses, may hold anything.
bool parse_status(std::string_view text, Status& status) {
  const char* const end = text.end();
  if (std::from_chars(text.begin(), end, status.thread).ec != std::errc{}) return false;
  const size_t name_end = text.rfind(')');
  if (name_end == std::string_view::npos || name_end + 2 >= text.size()) return false;
  const char state = text[name_end + 2];
  status.runs = state != 'Z' && state != 'X' && state != 'x';
  constexpr int kFieldsToStart = 20;  // from the state, field 3, to field 22; each after a space
  size_t at = name_end + 1;
  for (int i = 1; i < kFieldsToStart; ++i) {
    at = text.find(' ', at + 1);
    if (at == std::string_view::npos) return false;
  }
  uint64_t started = 0;
  if (std::from_chars(text.data() + at + 1, end, started).ec != std::errc{}) return false;
  status.started = static_cast<uint32_t>(started);
  return true;
}

bool read_status(const char* path, Status& status) {
  const auto opened =
      gate::descriptor_of(gate::call(SYS_openat, static_cast<uint64_t>(window::get(window::Slot::kProc)),
                                     gate::address_of(path), 02000000));  // O_CLOEXEC
  if (!opened) return false;
  char text[1024];
  const auto size = gate::count_of(
      gate::call(SYS_read, static_cast<uint64_t>(*opened), gate::address_of(text), sizeof(text)), sizeof(text));
  gate::call(SYS_close, static_cast<uint64_t>(*opened));
  return size && parse_status({text, *size}, status);
}

uint64_t name_of_this_thread() {
  Status status;
  if (!read_status("thread-self/stat", status) || status.thread == 0) {
    // No descriptor left, say: by number alone, which only makes a reused number look alive.
    return static_cast<uint32_t>(gate::call(SYS_gettid));
  }
  return static_cast<uint64_t>(status.started) << 32 | status.thread;
}

uint64_t this_thread() {
  auto* const thread = static_cast<Thread*>(current_control_or_null());
  if (thread == nullptr) return name_of_this_thread();
  if (thread->shared_name == 0) thread->shared_name = name_of_this_thread();
  return thread->shared_name;
}

}  // namespace

bool is_owner_alive(uint64_t owner) {
  const auto number = static_cast<uint32_t>(owner);
  const auto started = static_cast<uint32_t>(owner >> 32);
  if (gate::call(SYS_tkill, number, 0) == -ESRCH) return false;
  Text<32> path;
  path.decimal(number).append("/stat");
  Status status;
  if (!read_status(path.c_str(), status)) return true;
  return status.runs && (started == 0 || status.started == started);
}

bool SharedLock::take(uint64_t me) {
  uint64_t free = 0;
  return owner_.compare_exchange_strong(free, me);
}

bool SharedLock::lock() {
  const uint64_t me = this_thread();
  for (int i = 0; i < kSpins; ++i) {
    if (take(me)) return false;
    _mm_pause();
  }
  ++waiting_;
  const bool after_death = wait(me);
  --waiting_;
  return after_death;
}

bool SharedLock::wait(uint64_t me) {
  while (true) {
    const uint32_t seen = wakes_;
    if (take(me)) return false;
    const int64_t raw =
        gate::call(SYS_futex, gate::address_of(&wakes_), FUTEX_WAIT, seen, gate::address_of(&kPatience));
    if (raw != -ETIMEDOUT) continue;
    uint64_t owner = owner_;
    if (owner == 0 || is_owner_alive(owner)) continue;
    if (owner_.compare_exchange_strong(owner, me)) return true;
  }
}

void SharedLock::unlock() {
  owner_ = 0;
  if (waiting_ == 0) return;
  ++wakes_;
  gate::call(SYS_futex, gate::address_of(&wakes_), FUTEX_WAKE, 1);
}

}  // namespace redoubt::shim::volumes
