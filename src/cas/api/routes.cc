// SPDX-License-Identifier: Apache-2.0
#include "cas/api/routes.h"

#include <array>

#include "cas/api/handlers.h"
#include "policy/yaml_document.h"
#include "wire/attest_protocol.h"

namespace redoubt::cas {
namespace {

constexpr size_t kNoBody = 0;
constexpr size_t kSessionSize = policy::kMaxTextSize;
constexpr size_t kAttestSize = wire::kLargestAttestRequest;
constexpr size_t kInstanceSize = 1024;  // more than any message of wire/instance_protocol.h

// clang-format off
constexpr auto kRoutes = std::to_array<Route>({
    // method       path                          who may                  body                 largest       cost          handler
    {Method::kPut,  "/v1/sessions/",              Access::kSessionPolicy,  TakesBody::kSession, kSessionSize, Cost::kHeavy, put_session},
    {Method::kGet,  "/v1/sessions/",              Access::kSessionPolicy,  TakesBody::kNone,    kNoBody,      Cost::kLight, get_session},
    {Method::kGet,  "/v1/sessions",               Access::kSessionPolicy,  TakesBody::kNone,    kNoBody,      Cost::kLight, list_sessions},
    {Method::kPost, "/v1/sessions/check",         Access::kAnyone,         TakesBody::kSession, kSessionSize, Cost::kHeavy, check_session},
    {Method::kGet,  "/v1/values/",                Access::kExportPublic,   TakesBody::kNone,    kNoBody,      Cost::kLight, get_value},
    {Method::kPost, "/v1/attest/challenge",       Access::kEvidence,       TakesBody::kWire,    kAttestSize,  Cost::kLight, attest_challenge},
    {Method::kPost, "/v1/attest",                 Access::kEvidence,       TakesBody::kWire,    kAttestSize,  Cost::kLight, attest},
    {Method::kPost, "/v1/attest/configuration",   Access::kEvidence,       TakesBody::kWire,    kAttestSize,  Cost::kLight, attest_configuration},
    {Method::kPost, "/v1/attest/templates",       Access::kEvidence,       TakesBody::kWire,    kAttestSize,  Cost::kLight, attest_templates},
    {Method::kPost, "/v1/instance/challenge",     Access::kInstance,       TakesBody::kWire,    kInstanceSize, Cost::kLight, instance_challenge},
    {Method::kPost, "/v1/instance",               Access::kInstance,       TakesBody::kWire,    kInstanceSize, Cost::kLight, instance},
    {Method::kPost, "/v1/volumes/tag",            Access::kInstance,       TakesBody::kWire,    kInstanceSize, Cost::kAwaited, volume_tag},
    {Method::kGet,  "/v1/volumes",                Access::kSessionPolicy,  TakesBody::kNone,    kNoBody,      Cost::kLight, list_volumes},
    {Method::kPost, "/v1/volumes/forget",         Access::kSessionPolicy,  TakesBody::kNone,    kNoBody,      Cost::kLight, forget_volume},
    {Method::kGet,  "/v1/identity",               Access::kAnyone,         TakesBody::kNone,    kNoBody,      Cost::kLight, get_identity},
    {Method::kGet,  "/v1/audit/key",              Access::kAnyone,         TakesBody::kNone,    kNoBody,      Cost::kLight, get_audit_key},
    {Method::kGet,  "/healthz",                   Access::kAnyone,         TakesBody::kNone,    kNoBody,      Cost::kLight, get_health},
    {Method::kGet,  "/readyz",                    Access::kAnyone,         TakesBody::kNone,    kNoBody,      Cost::kLight, get_ready},
    {Method::kGet,  "/metrics",                   Access::kAnyone,         TakesBody::kNone,    kNoBody,      Cost::kLight, get_metrics},
});
// clang-format on

bool matches(const Route& route, std::string_view path) {
  if (!route.path.ends_with('/')) return path == route.path;
  return path.size() > route.path.size() && path.starts_with(route.path);
}

void add_allowed(std::string& allow, Method method) {
  for (const std::string_view word : {name_of(method), std::string_view(method == Method::kGet ? "HEAD" : "")}) {
    if (word.empty() || allow.find(word) != std::string::npos) continue;
    allow.append(allow.empty() ? "" : ", ").append(word);
  }
}

}  // namespace

std::span<const Route> routes() { return kRoutes; }

std::string_view name_of(Method method) {
  switch (method) {
    case Method::kGet: return "GET";
    case Method::kPut: return "PUT";
    case Method::kPost: return "POST";
  }
  return "";
}

RouteMatch find_route(std::string_view method, std::string_view path) {
  const std::string_view wanted = method == "HEAD" ? "GET" : method;
  RouteMatch match;
  for (const Route& route : kRoutes) {
    if (!matches(route, path)) continue;
    add_allowed(match.allow, route.method);
    if (match.route == nullptr && name_of(route.method) == wanted) {
      match.route = &route;
      match.rest = route.path.ends_with('/') ? path.substr(route.path.size()) : std::string_view();
    }
  }
  return match;
}

}  // namespace redoubt::cas
