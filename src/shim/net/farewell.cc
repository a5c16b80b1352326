// SPDX-License-Identifier: Apache-2.0
#include "shim/net/farewell.h"

#include <linux/close_range.h>
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <sys/syscall.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>

#include "shim/gate/gate.h"
#include "shim/net/log.h"
#include "shim/process/clone_request.h"
#include "shim/process/signals.h"
#include "shim/process/thread.h"

namespace redoubt::shim::net::farewell {
namespace {

constexpr uint32_t kMostFarewells = 64;
constexpr int64_t kSecond = 1'000'000'000;  // nanoseconds
constexpr int64_t kInAll = 60 * kSecond, kWithoutProgress = 20 * kSecond;
constexpr size_t kStack = size_t{192} << 10;  // a handshake may go on there

constinit std::atomic<uint32_t> under_way = 0;

enum class Stage : uint32_t { kStarting, kTaken, kFailed };

struct Start {
  Reference description;
  int fd;
  std::atomic<Stage> stage = Stage::kStarting;
};

// A table in which nothing else is open: a pipe's end here would keep its reader waiting. The descriptor becomes `fd`.
bool take_descriptor(int& fd) {
  if (is_error(gate::call(SYS_unshare, CLONE_FILES))) return false;
  if (fd != 0 && is_error(gate::call(SYS_dup2, static_cast<uint64_t>(fd), 0))) return false;
  fd = 0;
  return !is_error(gate::call(SYS_close_range, 1, ~0U, 0));
}

void serve(Description& description, int fd) {
  const Timeout in_all(kInAll);
  Timeout without_progress(kWithoutProgress);
  size_t before = SIZE_MAX;
  while (true) {
    pollfd polled = {.fd = fd, .events = 0, .revents = 0};
    {
      const std::lock_guard lock(description.mutex);
      if (description.connection->go_on_closing(fd, polled.events)) return;
      const size_t left = description.connection->output_size();
      if (left != before) without_progress = Timeout(kWithoutProgress);
      before = left;
    }
    const int patience = std::min(in_all.milliseconds(), without_progress.milliseconds());
    if (patience == 0 || gate::call(SYS_poll, gate::address_of(&polled), 1, static_cast<uint64_t>(patience)) <= 0)
      break;
  }
  ++counters.cut_off;
}

void* run(void* argument) {
  Start& start = *static_cast<Start*>(argument);
  Reference description = start.description;
  int fd = start.fd;
  const bool is_taken = take_descriptor(fd);
  start.stage = is_taken ? Stage::kTaken : Stage::kFailed;  // `start` goes with this
  start.stage.notify_all();
  if (is_taken) {
    serve(*description, fd);
    gate::call(SYS_close, static_cast<uint64_t>(fd));
  }
  description.reset();
  --under_way;
  gate::call(SYS_futex, gate::address_of(&under_way), FUTEX_WAKE_PRIVATE, INT32_MAX);
  return nullptr;
}

}  // namespace

bool begin(const Reference& description, int fd) {
  if (++under_way > kMostFarewells) {
    --under_way;
    return false;
  }
  // Its own memory: the thread may still be in notify_all() when this function has returned.
  const auto start = std::make_shared<Start>();
  start->description = description;
  start->fd = fd;
  auto held = std::make_unique<std::shared_ptr<Start>>(start);
  const uint64_t host_signals = block_host_signals();
  pthread_t thread;
  const auto main = [](void* argument) -> void* {
    const std::unique_ptr<std::shared_ptr<Start>> mine(static_cast<std::shared_ptr<Start>*>(argument));
    return run(mine->get());
  };
  const int error = start_pthread(thread, kStack, main, held.get());
  current_thread().actions->reinstall(kSigSetxid);  // libc takes it with the first thread
  if (error == 0) {
    static_cast<void>(held.release());  // the thread's
    start->stage.wait(Stage::kStarting);
  } else {
    --under_way;
  }
  set_host_signals(host_signals);
  return error == 0 && start->stage == Stage::kTaken;
}

void wait_for_all(const Timeout& patience) {
  while (const uint32_t left = under_way) {
    timespec storage;
    if (patience.is_over()) return;
    gate::call(SYS_futex, gate::address_of(&under_way), FUTEX_WAIT_PRIVATE, left,
               gate::address_of(patience.rest(storage)));
  }
}

void forget_all() { under_way = 0; }

}  // namespace redoubt::shim::net::farewell
