// SPDX-License-Identifier: Apache-2.0
#include "cas/api/own_threads.h"

#include <system_error>
#include <utility>

namespace redoubt::cas {

bool OwnThreads::run(std::function<void()> work) {
  const std::lock_guard guard(lock_);
  if (joining_) return false;
  if (idle_ == 0) {
    if (threads_.size() >= most_) return false;
    try {
      threads_.emplace_back([this] { serve(); });
    } catch (const std::system_error&) {
      return false;
    }
    ++idle_;
  }
  --idle_;
  work_.push_back(std::move(work));
  changed_.notify_one();
  return true;
}

void OwnThreads::serve() {
  std::unique_lock guard(lock_);
  while (true) {
    changed_.wait(guard, [&] { return !work_.empty() || joining_; });
    if (work_.empty()) return;
    {
      const std::function<void()> work = std::move(work_.front());
      work_.pop_front();
      guard.unlock();
      work();
    }
    guard.lock();
    ++idle_;
  }
}

void OwnThreads::join() {
  {
    const std::lock_guard guard(lock_);
    joining_ = true;
    changed_.notify_all();
  }
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

}  // namespace redoubt::cas
