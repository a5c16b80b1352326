// SPDX-License-Identifier: Apache-2.0
#include "cas/api/metrics.h"

#include <gtest/gtest.h>

#include "cas/api/routes.h"

namespace redoubt::cas {
namespace {

using std::chrono::milliseconds;

TEST(Metrics, CountsByRouteAndStatus) {
  Metrics metrics(routes().size());
  metrics.request(0, 201, milliseconds(3));
  metrics.request(0, 201, milliseconds(300));
  metrics.request(routes().size(), 404, milliseconds(0));
  metrics.request(12345, 799, std::chrono::hours(1));
  metrics.attestation(true);
  const std::string text = metrics.text({7, 8, true, false, 9});
  for (const char* line : {
           "redoubt_cas_requests_total{route=\"PUT /v1/sessions/{name}\",status=\"201\"} 2\n",
           "redoubt_cas_requests_total{route=\"none\",status=\"404\"} 1\n",
           "redoubt_cas_requests_total{route=\"none\",status=\"500\"} 1\n",
           "redoubt_cas_request_seconds_bucket{route=\"PUT /v1/sessions/{name}\",le=\"0.0025\"} 0\n",
           "redoubt_cas_request_seconds_bucket{route=\"PUT /v1/sessions/{name}\",le=\"0.005\"} 1\n",
           "redoubt_cas_request_seconds_bucket{route=\"PUT /v1/sessions/{name}\",le=\"+Inf\"} 2\n",
           "redoubt_cas_attestations_total{outcome=\"accepted\"} 1\n",
           "redoubt_cas_audit_sequence 7\n",
           "redoubt_cas_store_commits 8\n",
           "redoubt_cas_audit_usable 0\n",
       }) {
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  }
}

}  // namespace
}  // namespace redoubt::cas
