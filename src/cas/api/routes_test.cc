// SPDX-License-Identifier: Apache-2.0
#include "cas/api/routes.h"

#include <gtest/gtest.h>

#include <set>

namespace redoubt::cas {
namespace {

TEST(Routes, ExactAndPrefix) {
  EXPECT_EQ(find_route("GET", "/healthz").route->path, "/healthz");
  EXPECT_EQ(find_route("PUT", "/v1/sessions/a/b").rest, "a/b");
  EXPECT_EQ(find_route("GET", "/v1/sessions").route->path, "/v1/sessions");
  EXPECT_EQ(find_route("POST", "/v1/sessions/check").route->path, "/v1/sessions/check");
  EXPECT_EQ(find_route("GET", "/v1/sessions/check").rest, "check") << "a session may have this name";
  EXPECT_EQ(find_route("HEAD", "/v1/sessions/a").route, find_route("GET", "/v1/sessions/a").route);
  EXPECT_EQ(find_route("POST", "/v1/attest").route->access, Access::kEvidence);
}

TEST(Routes, UnknownPathsAndMethods) {
  for (const char* path : {"/", "", "/v1", "/v1/sessions/", "/v1/sessionsx", "/v1/attest/", "/v1/attest/x", "/healthz/",
                           "/HEALTHZ", "//healthz", "/v1/values/"}) {
    const RouteMatch match = find_route("GET", path);
    EXPECT_EQ(match.route, nullptr) << path;
    EXPECT_EQ(match.allow, "") << path;
  }
  EXPECT_EQ(find_route("DELETE", "/v1/sessions/a").allow, "PUT, GET, HEAD");
  EXPECT_EQ(find_route("get", "/healthz").route, nullptr);
  EXPECT_EQ(find_route("GET", "/v1/attest").allow, "POST");
}

// What somebody who adds a row should think about.
TEST(Routes, NothingIsOpenByMistake) {
  const std::set<std::string_view> open = {"/v1/sessions/check", "/v1/values/", "/v1/identity", "/v1/audit/key",
                                           "/healthz",           "/readyz",     "/metrics"};
  for (const Route& route : routes()) {
    const bool anyone = route.access == Access::kAnyone || route.access == Access::kExportPublic;
    EXPECT_EQ(anyone, open.contains(route.path)) << route.path;
    EXPECT_LE(route.largest_body, size_t{4} << 20) << route.path;
    if (route.method == Method::kGet) {
      EXPECT_EQ(route.takes, TakesBody::kNone) << route.path;
    }
  }
}

}  // namespace
}  // namespace redoubt::cas
