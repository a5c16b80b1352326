// SPDX-License-Identifier: Apache-2.0
#include "cas/sessions/attestation_service.h"

#include <openssl/rand.h>

#include <algorithm>
#include <atomic>

#include "attest/report_data.h"
#include "cas/sessions/configuration.h"
#include "cas/sessions/evidence_decision.h"
#include "cas/sessions/fragments.h"
#include "cas/sessions/imports.h"
#include "cas/sessions/instance_hello.h"
#include "cas/sessions/one_time_password.h"
#include "cas/sessions/refuse.h"
#include "cas/sessions/secret_encode.h"
#include "cas/sessions/secret_source.h"
#include "cas/sessions/session_loader.h"
#include "cas/sessions/volume_leases.h"
#include "cas/sessions/volume_tags.h"
#include "crypto/constant_time.h"
#include "crypto/ecdsa.h"
#include "crypto/hash.h"
#include "crypto/hex.h"
#include "policy/syntax.h"
#include "wire/attest_protocol.h"

namespace redoubt::cas {

struct AttestationService::Parts {
  Store& store;
  AuditLog& audit;
  Verifiers verifiers;
  ByteArray<32> cas_key;
  std::function<UtcTime()> clock;
  SessionLoader loader{store};
  VolumeTags tags{store, audit, clock};
  std::atomic<uint64_t> volume_leases = 0;
};

AttestationService::AttestationService(Store& store, AuditLog& audit, Verifiers verifiers, const ByteArray<32>& cas_key,
                                       std::function<UtcTime()> clock)
    : parts_(std::make_unique<Parts>(store, audit, std::move(verifiers), cas_key, std::move(clock))) {}
AttestationService::~AttestationService() = default;

uint64_t AttestationService::volume_leases() const { return parts_->volume_leases; }

namespace {

// What comes next on this connection.
enum class Step : uint8_t { kChallenge, kAttest, kConfiguration, kTemplates, kInstance, kTags, kOver };

constexpr const char* kStepNames[] = {
    "a challenge",     "evidence", "the report on the code", "templates or tags", "the signature of the instance",
    "tags of volumes", "nothing"};

constexpr size_t kMostHostArguments = 4096;
constexpr size_t kMostHostVariables = 4096;

std::unexpected<Problem> malformed(std::string actual) {
  return refuse(Refusal::kMalformed, "request.form", "a request of wire/attest_protocol.h, version 1",
                std::move(actual), "use a runtime of the same version as CAS");
}

bool has_nul(std::string_view text) { return text.find('\0') != std::string_view::npos; }

// The form of a request, before anything is looked up.
Answer<wire::AttestRequest> read_request(ByteView body) {
  wire::AttestRequest request;
  if (body.size() > wire::kLargestAttestRequest) return malformed("more than a MiB");
  if (!wire::decode(body, request)) return malformed("a body of another form");
  if (request.version != wire::kAttestVersion) return malformed("version " + std::to_string(request.version));
  if (!crypto::P256PublicKey::from_coordinates(request.instance_key))
    return malformed("an instance key that is no point on P-256");
  if (request.host_arguments.size() > kMostHostArguments || request.host_environment.size() > kMostHostVariables) {
    return refuse(Refusal::kTooLarge, "request.host-values", "at most 4096 arguments and 4096 variables of the host",
                  "more", "start with fewer arguments and a smaller environment");
  }
  const bool nul = std::ranges::any_of(request.host_arguments, has_nul) ||
                   std::ranges::any_of(request.host_environment, [](const wire::HostVariable& one) {
                     return has_nul(one.name) || has_nul(one.value);
                   });
  if (nul) return malformed("an argument or variable with a NUL byte");
  return request;
}

Answer<void> check_access_token(const policy::Session& session, const Materials& materials, UtcTime now,
                                std::string_view given) {
  const std::string& text = session.security.service_access_token;
  if (text.empty()) return {};
  const auto token = fill_setting(session, materials, now, text);
  // Hashed, so that the time of the comparison does not depend on the sizes.
  if (token && !token->empty() &&
      crypto::equal_in_constant_time(crypto::sha256(token->view()), crypto::sha256(as_bytes(given)))) {
    return {};
  }
  return refuse(Refusal::kForbidden, "service-access-token", "the service access token of the session",
                given.empty() ? "none" : "another", "set REDOUBT_SERVICE_ACCESS_TOKEN to the session's token");
}

}  // namespace

struct Attestation::State {
  State(AttestationService::Parts& service_parts, const Exporters& channel)
      : parts(service_parts), exporters(channel) {}

  AttestationService::Parts& parts;
  const Exporters exporters;
  Step step = Step::kChallenge;
  ByteArray<32> nonce{};

  // From the request, for the steps after it and for the audit log.
  std::string session_name;
  std::string service_name;
  ByteArray<32> instance_hash{};  // SHA-256 of the instance key
  std::string instance;           // the same as text; empty: not known yet
  HostValues host;
  AuditDetails facts;  // what the evidence said

  Snapshot snapshot;
  const policy::Service* service = nullptr;
  // Of the session with imports: its own model with the exporters' kinds, and all materials.
  std::optional<policy::Session> resolved_session;
  std::optional<Materials> resolved_materials;
  std::set<std::string> filled_templates;

  // Whatever goes wrong in a step ends the connection; only who gets through all of it may go on to `next`.
  template <typename Do>
  Answer<SecretBytes> run(Step expected, Step next, const char* refused_event, Do todo) {
    if (step != expected) {
      const bool over = step == Step::kOver;
      const char* found = kStepNames[static_cast<size_t>(step)];
      step = Step::kOver;
      Problem problem{Refusal::kMalformed,
                      "request.order",
                      std::string("on this connection, ") + found,
                      std::string("a request for ") + kStepNames[static_cast<size_t>(expected)],
                      "open a new connection and begin with the challenge",
                      ""};
      // Once a connection: what comes after a refusal is no decision, and must not fill the log.
      if (!over) record_refusal(refused_event, problem);
      return std::unexpected(std::move(problem));
    }
    step = Step::kOver;
    Answer<SecretBytes> answer = todo();
    if (answer) {
      step = next;
    } else {
      record_refusal(refused_event, answer.error());
    }
    return answer;
  }

  Answer<SecretBytes> challenge() {
    if (RAND_bytes(nonce.data(), static_cast<int>(nonce.size())) != 1) return unavailable("challenge", "no randomness");
    return encode_secret(wire::ChallengeReply{.nonce = nonce});
  }

  Answer<SecretBytes> attest(ByteView body) {
    const wire::AttestRequest request = TRY(read_request(body));
    session_name = request.session;
    service_name = request.service;
    know(crypto::sha256(request.instance_key));
    const UtcTime now = parts.clock();
    TRY_VOID(find_service());
    TRY_VOID(judge_evidence(request, now));
    TRY_VOID(check_can_start(*service));
    TRY_VOID(check_launcher(request, now));
    for (const std::string_view argument : request.host_arguments) host.arguments.emplace_back(argument);
    for (const auto& [name, value] : request.host_environment) host.environment.emplace_back(name, value);
    TRY_VOID(record("attest.accepted", "allowed", facts));
    return encode_manifest(session(), *service);
  }

  Answer<SecretBytes> configuration(ByteView body) {
    wire::CodeReport report;
    if (body.size() > wire::kLargestAttestRequest || !wire::decode(body, report))
      return malformed("a body of another form");
    if (!report.verified) return code_refused(report);
    const UtcTime now = parts.clock();
    TRY_VOID(take_secrets(now));
    const auto take_volumes = [&] {
      return give_volumes(parts.store, parts.audit, parts.loader,
                          {session(), *service, materials(), snapshot.session->hash, instance_hash, now});
    };
    size_t leases = 0;
    SecretBytes message = TRY(encode_configuration(recipient(now), host, take_volumes, leases));
    TRY_VOID(record("configuration.given", "allowed", {{"session_hash", snapshot.session->hash}}));
    parts.volume_leases += leases;
    return message;
  }

  Answer<SecretBytes> introduce(ByteView body) {
    know(TRY(verify_instance({.exporter = exporters.instance, .cas_key = parts.cas_key, .nonce = nonce}, body)));
    return SecretBytes();
  }

  Answer<SecretBytes> keep_tag(ByteView body) {
    wire::VolumeTagRequest request;
    if (!wire::decode(body, request)) return malformed("a body of another form");
    TRY_VOID(parts.tags.keep(instance_hash, request));
    return SecretBytes();
  }

  Answer<SecretBytes> templates(ByteView body) {
    SecretBytes message = TRY(encode_templates(recipient(parts.clock()), body, filled_templates));
    TRY_VOID(record("templates.given", "allowed", {{"count", std::to_string(filled_templates.size())}}));
    return message;
  }

 private:
  void know(const ByteArray<32>& hash) {
    instance_hash = hash;
    instance = crypto::to_hex(hash);
  }

  // What whoever starts the program must know, beside what the program is.
  Answer<void> check_launcher(const wire::AttestRequest& request, UtcTime now) {
    const policy::Security& security = session().security;
    if (security.service_access_token.empty() && security.one_time_password_shared_secret.empty() &&
        service->one_time_password_shared_secret.empty()) {
      return {};
    }
    TRY_VOID(take_secrets(now));
    TRY_VOID(check_access_token(session(), materials(), now, request.service_access_token));
    return check_one_time_password(parts.store, session(), *service, materials(), request.one_time_password, now);
  }

  const policy::Session& session() const { return resolved_session ? *resolved_session : snapshot.session->session; }

  const Materials& materials() const {
    return resolved_materials ? *resolved_materials : snapshot.materials->materials;
  }
  Recipient recipient(UtcTime now) const {
    return {session(), *service, materials(), snapshot.materials->forms, snapshot.session->hash, now};
  }

  // One refusal for an unknown session and an unknown service.
  Answer<void> find_service() {
    if (policy::is_session_name(session_name)) snapshot = TRY(parts.loader.snapshot(session_name));
    if (snapshot.session) point_to_service();
    if (service != nullptr) {
      snapshot.session = TRY(with_fragments(parts.loader, snapshot.session));
      point_to_service();
      return {};
    }
    return refuse(Refusal::kNotFound, "session.service", "a session and a service that CAS has",
                  printable(session_name + "/" + service_name),
                  "correct --session SESSION/SERVICE (REDOUBT_CONFIG_ID), or put the session: redoubt session create");
  }

  void point_to_service() {
    const auto& services = session().services;
    const auto found = std::ranges::find(services, service_name, &policy::Service::name);
    service = found == services.end() ? nullptr : &*found;
  }

  Answer<void> judge_evidence(const wire::AttestRequest& request, UtcTime now) {
    const policy::Security& security = session().security;
    if (security.mode == policy::AttestationMode::kNone) {
      facts = {{"evidence", "NONE: the session gives its secrets to everybody (mode: none, tolerate: no-attestation)"}};
      return {};
    }
    const ByteArray<64> report_data = attest::report_data_of({.exporter = exporters.attestation,
                                                              .instance_key = request.instance_key,
                                                              .cas_key = parts.cas_key,
                                                              .nonce = nonce});
    EvidenceDecision decision =
        decide_on_evidence(parts.verifiers, request.evidence, now, report_data, security, *service);
    facts = std::move(decision.facts);
    if (decision.reasons.empty()) return {};
    const attest::Finding& first = decision.reasons.front();
    for (const attest::Finding& further : std::span(decision.reasons).subspan(1)) {
      facts.emplace_back("further", further.check + ": " + further.actual);
    }
    return refuse(Refusal::kForbidden, first.check, first.expected, first.actual, first.remedy);
  }

  // The values of this moment: certificates that are not due, and what other sessions export now. A session without imports keeps
  // using the shared model.
  Answer<void> take_secrets(UtcTime now) {
    const policy::Session& own = snapshot.session->session;
    Materials all;
    if (has_imports(own)) all = TRY(resolve_imports(parts.loader, own, snapshot.session->hash, now));
    snapshot = TRY(parts.loader.renewed(std::move(snapshot), all, now));
    if (!has_imports(snapshot.session->session)) return {};
    policy::Session model = snapshot.session->session;
    set_imported_kinds(model, all);
    TRY_VOID(check_forms(model));
    for (const auto& [name, material] : snapshot.materials->materials) {
      if (!all.contains(name)) all.emplace(name, material.copy());
    }
    resolved_session = std::move(model);
    resolved_materials = std::move(all);
    point_to_service();
    return {};
  }

  std::unexpected<Problem> code_refused(const wire::CodeReport& report) {
    facts = {{"path", printable(report.path, 4096)},
             {"code_check", printable(report.problem.check)},
             {"code_expected", printable(report.problem.expected)},
             {"code_actual", printable(report.problem.actual)}};
    return refuse(Refusal::kForbidden, "code.refused", "code that is what the session says",
                  "the runtime reports otherwise: " + printable(report.path, 4096),
                  "put the right file back, or measure again with redoubt measure and update the session");
  }

  Answer<void> record(const char* event, const char* outcome, AuditDetails details) {
    details.emplace(details.begin(), "service", printable(service_name));
    if (snapshot.session && !snapshot.session->fragments_hash.empty()) {
      details.emplace_back("fragments", snapshot.session->fragments_hash);
    }
    const auto recorded = parts.audit.record({event, outcome, printable(session_name), instance, std::move(details)});
    if (!recorded) return unavailable("audit log", recorded.error());
    return {};
  }

  // A refusal stands whether or not it can be recorded; record() says so in CAS's own log.
  void record_refusal(const char* event, const Problem& problem) {
    AuditDetails details = {{"check", problem.check}, {"expected", problem.expected}, {"actual", problem.actual}};
    details.insert(details.end(), facts.begin(), facts.end());
    static_cast<void>(record(problem.check == "code.refused" ? "code.refused" : event, "refused", std::move(details)));
  }
};

Attestation::Attestation(AttestationService& service, const Exporters& exporters)
    : state_(std::make_unique<State>(*service.parts_, exporters)) {}
Attestation::~Attestation() = default;

Answer<SecretBytes> Attestation::challenge() {
  return state_->run(Step::kChallenge, Step::kAttest, "attest.refused", [&] { return state_->challenge(); });
}

Answer<SecretBytes> Attestation::attest(ByteView request) {
  return state_->run(Step::kAttest, Step::kConfiguration, "attest.refused", [&] { return state_->attest(request); });
}

Answer<SecretBytes> Attestation::configuration(ByteView request) {
  return state_->run(Step::kConfiguration, Step::kTemplates, "configuration.refused",
                     [&] { return state_->configuration(request); });
}

Answer<SecretBytes> Attestation::templates(ByteView request) {
  return state_->run(Step::kTemplates, Step::kTemplates, "templates.refused",
                     [&] { return state_->templates(request); });
}

Answer<SecretBytes> Attestation::instance_challenge() {
  return state_->run(Step::kChallenge, Step::kInstance, "instance.refused", [&] { return state_->challenge(); });
}

Answer<SecretBytes> Attestation::instance(ByteView request) {
  return state_->run(Step::kInstance, Step::kTags, "instance.refused", [&] { return state_->introduce(request); });
}

// After the configuration or the introduction, any number of times. What is refused is in the audit log already.
Answer<SecretBytes> Attestation::volume_tag(ByteView request) {
  const Step step = state_->step;
  if (step != Step::kTemplates && step != Step::kTags) {
    return state_->run(Step::kTags, Step::kTags, "volume.tag", [] { return Answer<SecretBytes>(SecretBytes()); });
  }
  state_->step = Step::kOver;
  Answer<SecretBytes> answer = state_->keep_tag(request);
  if (answer) state_->step = step;
  return answer;
}

}  // namespace redoubt::cas
