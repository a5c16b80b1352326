// SPDX-License-Identifier: Apache-2.0
//
// redoubt-cas: the configuration and attestation service. What it keeps is in store/, what it decides in sessions/, what it
// remembers of its decisions in audit/, and how it is asked in api/. docs/cas.md is its manual.
#include <cstdio>
#include <exception>
#include <string>

#include "cas/api/routes.h"
#include "cas/api/server.h"
#include "cas/audit/file_audit_log.h"
#include "cas/evidence/trust.h"
#include "cas/harden.h"
#include "cas/memory/sealed_heap.h"
#include "cas/options.h"
#include "cas/sessions/attestation_service.h"
#include "cas/sessions/session_service.h"
#include "cas/store/private_files.h"
#include "cas/store/sqlite_store.h"
#include "crypto/hash.h"
#include "crypto/hex.h"

namespace redoubt::cas {
namespace {

UtcTime now() { return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()); }

std::vector<RootInfo> describe(const Trust& trust) {
  std::vector<RootInfo> roots;
  for (const attest::TrustAnchor& anchor : trust.anchors()) {
    roots.push_back({crypto::to_hex(crypto::sha256(anchor.certificate.der())), anchor.certificate.subject().common_name,
                     anchor.simulated});
    if (anchor.simulated) {
      log(LogLevel::kWarning, "SIMULATED platforms are accepted (root \"" + roots.back().subject +
                                  "\"): such evidence proves nothing about hardware");
    }
  }
  if (roots.empty()) log(LogLevel::kWarning, "no --root was given: no evidence will be accepted");
  if (trust.verifiers().empty() && !roots.empty()) {
    log(LogLevel::kWarning, "no --collateral was given: no evidence will be accepted");
  }
  return roots;
}

// For people and scripts: the certificate, and the hash of its key.
Result<void, Error> publish(const std::string& directory, const ServerIdentity& identity) {
  const std::string key_hash = crypto::to_hex(identity.key_hash) + "\n";
  TRY_VOID(write_private_file(directory + "/cas.pem", as_bytes(identity.certificate_pem)));
  return write_private_file(directory + "/cas.key-hash", as_bytes(key_hash));
}

Result<void, Error> record(AuditLog& audit, const char* event, const std::string& key_hash,
                           const std::vector<RootInfo>& roots) {
  AuditEvent entry{event, "allowed", "", key_hash, {{"version", REDOUBT_VERSION}}};
  for (const RootInfo& root : roots) {
    entry.details.emplace_back((root.simulated ? "simulated_root_" : "root_") + root.sha256, root.subject);
  }
  return audit.record(entry);
}

void announce(const std::string& address, const std::string& key_hash) {
  std::printf("ready address=%s key=%s\n", address.c_str(), key_hash.c_str());
  std::fflush(stdout);
}

Result<void, Error> serve(const Options& options) {
  const std::unique_ptr<Trust> trust = TRY(Trust::load(options.trust));
  const UniqueFd directory = TRY(lock_data_directory(options.data));
  const std::unique_ptr<RootKeySource> root_key = root_key_in_file(options.data + "/root.key");
  const std::unique_ptr<SqliteStore> store = TRY(SqliteStore::open(options.data + "/cas.db", *root_key));
  log(LogLevel::kInfo, "the root key is " + root_key->describe());
  const std::unique_ptr<FileAuditLog> audit = TRY(FileAuditLog::open(options.data, *store, now));
  const ServerIdentity identity = TRY(load_server_identity(*store));
  TRY_VOID(publish(options.data, identity));

  SessionService sessions(*store, *audit, now);
  AttestationService attestations(*store, *audit, trust->verifiers(), identity.key_hash, now);
  Metrics metrics(routes().size());
  const std::string key_hash = crypto::to_hex(identity.key_hash);
  Services services{
      .sessions = sessions,
      .attestations = attestations,
      .metrics = metrics,
      .version = REDOUBT_VERSION,
      .key_hash = key_hash,
      .certificate_pem = identity.certificate_pem,
      .audit_key_pem = audit->public_key().pem(),
      .roots = describe(*trust),
      .store_usable = [&] { return store->usable(); },
      .audit_usable = [&] { return audit->usable(); },
      .recover = [&] { audit->probe(); },
      .audit_sequence = [&] { return audit->sequence(); },
      .commit_count = [&] { return store->commit_count(); },
  };
  ServerOptions server_options = options.server;
  server_options.reload = [&] { trust->reload(); };
  const std::unique_ptr<Server> server = TRY(Server::create(server_options, identity, services));

  TRY_VOID(record(*audit, "cas.started", key_hash, services.roots));
  TRY_VOID(audit->checkpoint());
  announce(server->address(), key_hash);
  server->run();
  return record(*audit, "cas.stopped", key_hash, {});
}

ExitStatus run(int argc, char** argv) {
  sealed_heap::take_over_libraries();
  harden_process();
  const auto options = parse_options(argc, argv);
  if (const auto* status = std::get_if<ExitStatus>(&options)) return *status;
  set_log_level(std::get<Options>(options).log_level);
  const auto served = serve(std::get<Options>(options));
  if (served) return ExitStatus::kStopped;
  log(LogLevel::kError, served.error().message);
  return served.error().code == ErrorCode::kUnauthentic ? ExitStatus::kUnauthentic : ExitStatus::kFailed;
}

}  // namespace
}  // namespace redoubt::cas

int main(int argc, char** argv) {
  try {
    return static_cast<int>(redoubt::cas::run(argc, argv));
  } catch (const std::exception& exception) {
    redoubt::cas::log(redoubt::cas::LogLevel::kError, exception.what());
    return static_cast<int>(redoubt::cas::ExitStatus::kFailed);
  }
}
