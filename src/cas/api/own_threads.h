// SPDX-License-Identifier: Apache-2.0
//
// Threads that connections have to themselves for a while. A request on the server's event loop passes through several threads,
// timers and locks of the library, some 200 microseconds on two processors: nothing to most requests, and most of the time for one that an
// fsync waits for. So a connection on which such requests follow one another gets a thread, which sleeps in the kernel for its
// next bytes only.
//
// Threads are made when they are asked for, and stay. Thread-safe.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace redoubt::cas {

class OwnThreads {
 public:
  explicit OwnThreads(size_t most) : most_(most) {}
  ~OwnThreads() { join(); }
  OwnThreads(const OwnThreads&) = delete;
  OwnThreads& operator=(const OwnThreads&) = delete;

  // Runs it on a thread. False: all are in use, or the system gives no more. `work` does not throw.
  bool run(std::function<void()> work);
  // Waits until what runs has ended; nothing is run from then on.
  void join();

 private:
  void serve();

  const size_t most_;
  std::mutex lock_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> work_;  // guarded by lock_, as all that follows; each item has an idle thread
  size_t idle_ = 0;                         // threads without work, minus items that wait for one of them
  bool joining_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace redoubt::cas
