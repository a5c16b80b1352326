// SPDX-License-Identifier: Apache-2.0
//
// Counters for Prometheus (text format 0.0.4): atomics, added to without a lock. Labels are the table's routes and three classes
// of outcome only, so nobody can make CAS keep a series for a name he invented.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace redoubt::cas {

class Metrics {
 public:
  explicit Metrics(size_t route_count);

  // `route`: its place in the table, or the count of routes for requests that have none.
  void request(size_t route, unsigned status, std::chrono::steady_clock::duration took);
  void attestation(bool accepted) { ++(accepted ? attestations_accepted_ : attestations_refused_); }
  void volume_tag(bool accepted) { ++(accepted ? tags_accepted_ : tags_refused_); }
  void provisioned() { ++provisioned_; }
  void connection_opened() { ++connections_, ++open_connections_; }
  void connection_closed() { --open_connections_; }
  void connection_refused() { ++connections_refused_; }
  void handshake_failed() { ++handshakes_failed_; }

  struct Gauges {
    uint64_t audit_sequence;
    uint64_t store_commits;
    bool store_usable;
    bool audit_usable;
    uint64_t volume_leases;
  };
  std::string text(const Gauges& gauges) const;

  // Seconds; above the last is +Inf.
  static constexpr std::array<double, 12> kBuckets = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                                      0.05,   0.1,   0.25,   0.5,   1,    2.5};
  // Statuses that get a counter of their own; any other counts as 500.
  static constexpr std::array<unsigned, 20> kStatuses = {200, 201, 400, 401, 403, 404, 405, 408, 409, 411,
                                                         413, 415, 417, 422, 431, 500, 501, 503, 505, 429};

 private:
  struct PerRoute {
    std::array<std::atomic<uint64_t>, kStatuses.size()> by_status{};
    std::array<std::atomic<uint64_t>, kBuckets.size() + 1> by_time{};
    std::atomic<uint64_t> microseconds = 0;
  };

  const size_t route_count_;
  std::unique_ptr<PerRoute[]> routes_;  // one more than there are routes
  std::atomic<uint64_t> attestations_accepted_ = 0, attestations_refused_ = 0, provisioned_ = 0;
  std::atomic<uint64_t> tags_accepted_ = 0, tags_refused_ = 0;
  std::atomic<uint64_t> connections_ = 0, connections_refused_ = 0, handshakes_failed_ = 0;
  std::atomic<int64_t> open_connections_ = 0;
};

}  // namespace redoubt::cas
