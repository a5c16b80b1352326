// SPDX-License-Identifier: Apache-2.0
#include "shim/net/handshakes.h"

#include <time.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <utility>
#include <vector>

#include "shim/net/epoll.h"

namespace redoubt::shim::net::handshakes {
namespace {

constinit std::mutex mutex;
std::vector<std::weak_ptr<Description>> watched;  // guarded by mutex
constinit std::atomic<int64_t> last_look = 0;     // seconds

enum class Finding : uint8_t { kOver, kOnItsWay, kTooSlow };

Finding look_at(Description& description) {
  const std::unique_lock lock(description.mutex, std::try_to_lock);
  if (!lock.owns_lock()) return Finding::kOnItsWay;
  Connection& connection = *description.connection;
  if (connection.claim().is_lost() || connection.has_failed()) return Finding::kOver;
  if (!connection.claim().is_mine() || !connection.has_begun_output()) return Finding::kOnItsWay;
  if (!connection.is_handshaking()) return Finding::kOver;
  return connection.is_too_slow() ? Finding::kTooSlow : Finding::kOnItsWay;
}

void end(const Reference& description) {
  for (const auto& [fd, reference] : table::all()) {
    if (reference != description) continue;
    const std::lock_guard lock(description->mutex);
    if (table::is(fd, description.get()) && description->connection->is_too_slow())
      description->connection->give_up(fd);
    refresh_interests(*description);
    return;
  }
}

}  // namespace

void watch(const Reference& accepted) {
  const std::lock_guard lock(mutex);
  watched.push_back(accepted);
}

void end_slow_ones() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  if (last_look.exchange(now.tv_sec) == now.tv_sec) return;
  std::vector<std::weak_ptr<Description>> candidates;
  {
    const std::lock_guard lock(mutex);
    candidates.swap(watched);
  }
  std::erase_if(candidates, [](const std::weak_ptr<Description>& one) {
    const Reference description = one.lock();
    const Finding finding = description ? look_at(*description) : Finding::kOver;
    if (finding == Finding::kTooSlow) end(description);
    return finding != Finding::kOnItsWay;
  });
  const std::lock_guard lock(mutex);
  watched.insert(watched.end(), candidates.begin(), candidates.end());
}

void lock_for_fork() { mutex.lock(); }
void unlock_after_fork() { mutex.unlock(); }

}  // namespace redoubt::shim::net::handshakes
