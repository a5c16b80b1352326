// SPDX-License-Identifier: Apache-2.0
#include "cas/api/metrics.h"

#include <algorithm>
#include <cstdio>

#include "cas/api/routes.h"

namespace redoubt::cas {
namespace {

std::string route_label(size_t index) {
  const auto all = routes();
  if (index >= all.size()) return "none";
  std::string label(name_of(all[index].method));
  label.append(" ").append(all[index].path);
  if (label.ends_with('/')) label.append("{name}");
  return label;
}

std::string seconds(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%g", value);
  return text;
}

class Page {
 public:
  void head(std::string_view name, std::string_view kind, std::string_view help) {
    text_.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ").append(name);
    text_.append(" ").append(kind).append("\n");
  }
  void sample(std::string_view name, const std::string& labels, const std::string& value) {
    text_.append(name);
    if (!labels.empty()) text_.append("{").append(labels).append("}");
    text_.append(" ").append(value).append("\n");
  }
  void single(std::string_view name, std::string_view kind, std::string_view help, uint64_t value) {
    head(name, kind, help);
    sample(name, "", std::to_string(value));
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

}  // namespace

Metrics::Metrics(size_t route_count) : route_count_(route_count), routes_(new PerRoute[route_count + 1]) {}

void Metrics::request(size_t route, unsigned status, std::chrono::steady_clock::duration took) {
  PerRoute& counters = routes_[std::min(route, route_count_)];
  const auto* known = std::ranges::find(kStatuses, status);
  if (known == kStatuses.end()) known = std::ranges::find(kStatuses, 500u);
  ++counters.by_status[static_cast<size_t>(known - kStatuses.begin())];
  const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(took).count();
  const double in_seconds = static_cast<double>(microseconds) / 1e6;
  const auto* bucket = std::ranges::lower_bound(kBuckets, in_seconds);
  ++counters.by_time[static_cast<size_t>(bucket - kBuckets.begin())];
  counters.microseconds += static_cast<uint64_t>(microseconds);
}

std::string Metrics::text(const Gauges& gauges) const {
  Page page;
  page.head("redoubt_cas_requests_total", "counter", "Requests answered, by route and status.");
  for (size_t route = 0; route <= route_count_; ++route) {
    for (size_t index = 0; index < kStatuses.size(); ++index) {
      const uint64_t count = routes_[route].by_status[index];
      if (count == 0) continue;
      page.sample("redoubt_cas_requests_total",
                  "route=\"" + route_label(route) + "\",status=\"" + std::to_string(kStatuses[index]) + "\"",
                  std::to_string(count));
    }
  }
  page.head("redoubt_cas_request_seconds", "histogram", "From the complete request to the reply, by route.");
  for (size_t route = 0; route <= route_count_; ++route) {
    const std::string label = "route=\"" + route_label(route) + "\"";
    uint64_t sum = 0;
    for (size_t bucket = 0; bucket <= kBuckets.size(); ++bucket) sum += routes_[route].by_time[bucket];
    if (sum == 0) continue;
    uint64_t below = 0;
    for (size_t bucket = 0; bucket <= kBuckets.size(); ++bucket) {
      below += routes_[route].by_time[bucket];
      const std::string bound = bucket == kBuckets.size() ? "+Inf" : seconds(kBuckets[bucket]);
      page.sample("redoubt_cas_request_seconds_bucket", label + ",le=\"" + bound + "\"", std::to_string(below));
    }
    page.sample("redoubt_cas_request_seconds_sum", label,
                seconds(static_cast<double>(routes_[route].microseconds) / 1e6));
    page.sample("redoubt_cas_request_seconds_count", label, std::to_string(below));
  }
  page.head("redoubt_cas_attestations_total", "counter", "Evidence that was judged, by outcome.");
  page.sample("redoubt_cas_attestations_total", "outcome=\"accepted\"", std::to_string(attestations_accepted_));
  page.sample("redoubt_cas_attestations_total", "outcome=\"refused\"", std::to_string(attestations_refused_));
  page.single("redoubt_cas_configurations_total", "counter", "Configurations given to attested programs.",
              provisioned_);
  page.head("redoubt_cas_volume_tags_total", "counter", "Tags of volumes that programs sent, by outcome.");
  page.sample("redoubt_cas_volume_tags_total", "outcome=\"accepted\"", std::to_string(tags_accepted_));
  page.sample("redoubt_cas_volume_tags_total", "outcome=\"refused\"", std::to_string(tags_refused_));
  page.single("redoubt_cas_volume_leases_total", "counter", "Leases of volumes given to starting programs.",
              gauges.volume_leases);
  page.single("redoubt_cas_connections_total", "counter", "Connections accepted.", connections_);
  page.single("redoubt_cas_connections_refused_total", "counter", "Connections closed at once: too many.",
              connections_refused_);
  page.single("redoubt_cas_handshakes_failed_total", "counter", "Connections without a TLS handshake.",
              handshakes_failed_);
  page.single("redoubt_cas_open_connections", "gauge", "Connections that are open.",
              static_cast<uint64_t>(std::max<int64_t>(0, open_connections_)));
  page.single("redoubt_cas_audit_sequence", "counter", "Sequence number of the last audit event; never decreases.",
              gauges.audit_sequence);
  page.single("redoubt_cas_store_commits", "counter", "Commits of the store; never decreases.", gauges.store_commits);
  page.single("redoubt_cas_store_usable", "gauge", "Whether the last commit worked.", gauges.store_usable ? 1 : 0);
  page.single("redoubt_cas_audit_usable", "gauge", "Whether the last audit event was recorded.",
              gauges.audit_usable ? 1 : 0);
  return page.take();
}

}  // namespace redoubt::cas
