// SPDX-License-Identifier: Apache-2.0
#include "cas/api/handlers.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "cas/api/problem_reply.h"
#include "cas/api/services.h"
#include "cas/sessions/volume_owner.h"
#include "policy/check.h"
#include "policy/session_hash.h"
#include "wire/attest_protocol.h"

namespace redoubt::cas {
namespace {

using Json = nlohmann::ordered_json;

Reply json_reply(const Json& json, unsigned status = 200) {
  return text_reply(kJsonType, json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n", status);
}

Json parsed(const std::string& json) {
  Json value = Json::parse(json.empty() ? "[]" : json, nullptr, false);
  return value.is_discarded() ? Json::array() : value;
}

Reply refused(const Problem& problem) { return problem_reply(problem, ProblemForm::kJson); }

Problem bad_query(std::string expected, std::string actual) {
  return {Refusal::kMalformed, "request.query", std::move(expected), std::move(actual), "correct the address", ""};
}

using Parameter = std::optional<std::string>;

// The parameters by name, each at most once. A misspelt one must not pass for none.
std::optional<Problem> take_query(const Request& request,
                                  std::initializer_list<std::pair<std::string_view, Parameter*>> known) {
  std::string names;
  for (const auto& [name, value] : known) names.append(names.empty() ? "" : ", ").append(name);
  for (const auto& [name, value] : request.query) {
    const auto* found = std::ranges::find(known, name, [](const auto& one) { return one.first; });
    if (found == known.end()) {
      return bad_query(known.size() == 0 ? "no parameters" : "only the parameters " + names, "\"" + name + "\"");
    }
    if (*found->second) return bad_query("each parameter once", "\"" + name + "\" twice");
    *found->second = value;
  }
  return std::nullopt;
}

// A step of the attestation protocol.
template <typename Then>
Reply step_reply(Answer<SecretBytes> answer, Then then) {
  then(answer.has_value());
  if (!answer) return problem_reply(answer.error(), ProblemForm::kWire);
  return {200, wire::kWireType, std::move(*answer), {}, false};
}
constexpr auto kNothing = [](bool) {};

template <typename Challenge>
Reply challenge_reply(const Request& request, Challenge challenge) {
  if (request.body.empty()) return step_reply(challenge(), kNothing);
  return problem_reply(
      {Refusal::kMalformed, "request.body", "an empty body", "a body", "use a runtime of the same version as CAS", ""},
      ProblemForm::kWire);
}

// For people and scripts; of those that nobody has used there is no more than the name.
Json described(const VolumeReport& volume) {
  Json json = {{"name", volume.name},
               {"state", volume.state},
               {"files", volume.files},
               {"in_session", volume.in_session},
               {"key", volume.key_given ? "given" : "generated"}};
  if (!volume.import.empty()) json["import"] = volume.import;
  if (volume.id.empty()) return json;
  json["id"] = volume.id;
  json["lease"] = volume.lease;
  json["changed"] = volume.changed;
  if (!volume.instance.empty()) json["instance"] = volume.instance;
  if (volume.state != "tag" && volume.state != "trust") return json;
  json["tag_sequence"] = volume.tag.sequence;
  json["tag"] = tag_text(volume.tag);
  return json;
}

bool is_text(std::string_view bytes) {
  return std::ranges::all_of(bytes, [](char c) { return (c >= 0x20 && c < 0x7f) || c == '\n'; });
}

}  // namespace

Reply put_session(Services& services, const Request& request, const Client& client) {
  if (auto problem = take_query(request, {})) return refused(*problem);
  std::string yaml(as_text(request.body));
  const auto reply = services.sessions.put(client, request.rest, yaml, request.signatures);
  wipe(yaml);  // explicit values of secrets
  if (!reply) return refused(reply.error());
  return json_reply({{"name", reply->name},
                     {"hash", reply->hash},
                     {"created", reply->created},
                     {"warnings", parsed(reply->warnings)}},
                    reply->created ? 201 : 200);
}

Reply get_session(Services& services, const Request& request, const Client& client) {
  Parameter hash;
  if (auto problem = take_query(request, {{"hash", &hash}})) return refused(*problem);
  if (hash) {
    if (!hash->empty()) return refused(bad_query("the parameter hash without a value", "a value"));
    const auto known = services.sessions.hash(client, request.rest);
    if (!known) return refused(known.error());
    return json_reply({{"name", request.rest}, {"hash", *known}});
  }
  auto session = services.sessions.read(client, request.rest);
  if (!session) return refused(session.error());
  Reply reply = text_reply(kYamlType, session->yaml);
  wipe(session->yaml);
  reply.headers.emplace_back("Redoubt-Session-Hash", session->hash);
  return reply;
}

Reply list_sessions(Services& services, const Request& request, const Client& client) {
  Parameter prefix, after;
  if (auto problem = take_query(request, {{"prefix", &prefix}, {"after", &after}})) return refused(*problem);
  const auto names = services.sessions.list(client, prefix.value_or(""), after.value_or(""));
  if (!names) return refused(names.error());
  return json_reply({{"sessions", *names}});
}

Reply check_session(Services&, const Request& request) {
  if (auto problem = take_query(request, {})) return refused(*problem);
  const policy::CheckedSession checked =
      policy::check_session(as_text(request.body), nullptr, policy::Severity::kError);
  const std::string mistakes = policy::as_json(checked.mistakes);
  if (!checked.session) {
    return refused({Refusal::kInvalid, "session.valid", "a session without mistakes",
                    std::to_string(checked.mistakes.size()) + " mistakes", "correct them; each says how", mistakes});
  }
  return json_reply({{"name", checked.session->name},
                     {"hash", policy::session_hash(*checked.session)},
                     {"warnings", parsed(mistakes)}});
}

// session=S,secret=N[,form=F]; names have no commas.
Reply get_value(Services& services, const Request& request) {
  if (auto problem = take_query(request, {})) return refused(*problem);
  const Problem malformed{Refusal::kMalformed,
                          "request.path",
                          "/v1/values/session=SESSION,secret=NAME or /v1/values/session=SESSION,secret=NAME,form=FORM",
                          "/v1/values/" + request.rest,
                          "correct the address",
                          ""};
  std::string session, secret, form;
  std::string_view rest = request.rest;
  for (const auto& [name, value] : {std::pair("session=", &session), {"secret=", &secret}, {"form=", &form}}) {
    if (value == &form && rest.empty()) break;
    const size_t end = rest.find(',');
    if (!rest.starts_with(name)) return refused(malformed);
    const std::string_view part = rest.substr(0, end);
    *value = part.substr(std::string_view(name).size());
    if (value->empty()) return refused(malformed);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    if (end != std::string_view::npos && rest.empty()) return refused(malformed);
  }
  if (!rest.empty() || secret.empty()) return refused(malformed);
  auto bytes = services.sessions.public_value(session, secret, form);
  if (!bytes) return refused(bytes.error());
  const std::string_view type = is_text(bytes->text()) ? "text/plain; charset=utf-8" : "application/octet-stream";
  return {200, type, std::move(*bytes), {}, false};
}

Reply attest_challenge(Services&, const Request& request, Attestation& attestation) {
  return challenge_reply(request, [&] { return attestation.challenge(); });
}

Reply attest(Services& services, const Request& request, Attestation& attestation) {
  return step_reply(attestation.attest(request.body), [&](bool good) { services.metrics.attestation(good); });
}

Reply attest_configuration(Services& services, const Request& request, Attestation& attestation) {
  return step_reply(attestation.configuration(request.body), [&](bool good) {
    if (good) services.metrics.provisioned();
  });
}

Reply attest_templates(Services&, const Request& request, Attestation& attestation) {
  return step_reply(attestation.templates(request.body), kNothing);
}

Reply instance_challenge(Services&, const Request& request, Attestation& attestation) {
  return challenge_reply(request, [&] { return attestation.instance_challenge(); });
}

Reply instance(Services&, const Request& request, Attestation& attestation) {
  return step_reply(attestation.instance(request.body), kNothing);
}

Reply volume_tag(Services& services, const Request& request, Attestation& attestation) {
  return step_reply(attestation.volume_tag(request.body), [&](bool good) { services.metrics.volume_tag(good); });
}

Reply list_volumes(Services& services, const Request& request, const Client& client) {
  Parameter session;
  if (auto problem = take_query(request, {{"session", &session}})) return refused(*problem);
  if (!session) return refused(bad_query("the parameter session", "none"));
  const auto volumes = services.sessions.volumes(client, *session);
  if (!volumes) return refused(volumes.error());
  Json list = Json::array();
  for (const VolumeReport& one : *volumes) list.push_back(described(one));
  return json_reply({{"session", *session}, {"volumes", list}});
}

Reply forget_volume(Services& services, const Request& request, const Client& client) {
  Parameter session, volume, contents;
  if (auto problem = take_query(request, {{"session", &session}, {"volume", &volume}, {"contents", &contents}})) {
    return refused(*problem);
  }
  if (!session || !volume) return refused(bad_query("the parameters session and volume", "none"));
  if (contents && *contents != "forget" && *contents != "trust") {
    return refused(bad_query("contents=forget or contents=trust", "\"" + *contents + "\""));
  }
  const auto id = services.sessions.forget_volume(
      client, *session, *volume, contents == "trust" ? Contents::kTrust : Contents::kForget, request.signatures);
  if (!id) return refused(id.error());
  return json_reply(
      {{"session", *session}, {"volume", *volume}, {"id", *id}, {"contents", contents.value_or("forget")}});
}

Reply get_identity(Services& services, const Request&) {
  Json roots = Json::array();
  bool simulated = false;
  for (const RootInfo& root : services.roots) {
    roots.push_back({{"subject", root.subject}, {"sha256", root.sha256}, {"simulated", root.simulated}});
    simulated = simulated || root.simulated;
  }
  return json_reply({{"service", "redoubt-cas"},
                     {"version", services.version},
                     {"key_hash", services.key_hash},
                     {"certificate", services.certificate_pem},
                     {"simulated_root", simulated},
                     {"roots", roots}});
}

Reply get_audit_key(Services& services, const Request&) {
  return text_reply("application/x-pem-file", services.audit_key_pem);
}

Reply get_health(Services&, const Request&) { return text_reply("text/plain", "ok\n"); }

Reply get_ready(Services& services, const Request&) {
  if (!services.store_usable() || !services.audit_usable()) services.recover();
  const bool store = services.store_usable(), audit = services.audit_usable();
  return json_reply({{"ready", store && audit}, {"store", store}, {"audit", audit}}, store && audit ? 200 : 503);
}

Reply get_metrics(Services& services, const Request&) {
  return text_reply("text/plain; version=0.0.4",
                    services.metrics.text({services.audit_sequence(), services.commit_count(), services.store_usable(),
                                           services.audit_usable(), services.attestations.volume_leases()}));
}

}  // namespace redoubt::cas
