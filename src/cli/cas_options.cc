// SPDX-License-Identifier: Apache-2.0
#include "cli/cas_options.h"

#include <cstdlib>

#include "cli/known_cas.h"

namespace redoubt::cli {

void add_cas_address_options(CLI::App& app, CasOptions& options) {
  app.add_option("--cas", options.cas, "Where CAS is (REDOUBT_CAS_ADDR; default 127.0.0.1:18765)")
      ->type_name("HOST:PORT");
  app.add_option("--cas-key", options.cas_key, "The key it must have, instead of the pinned one (REDOUBT_CAS_KEY)")
      ->type_name("HASH");
}

void add_cas_options(CLI::App& app, CasOptions& options) {
  add_cas_address_options(app, options);
  app.add_option("--identity", options.identity,
                 "Your key and certificate (REDOUBT_IDENTITY; default ~/.config/redoubt/identity.pem)")
      ->type_name("FILE");
  app.add_flag("--json", options.json, "Print JSON, for scripts");
}

std::string first_of_environment(std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return {};
}

Result<CasAddress> cas_address(const CasOptions& options) {
  const std::string text =
      options.cas.empty() ? first_of_environment({"REDOUBT_CAS_ADDR", "SCONE_CAS_ADDR"}) : options.cas;
  if (text.empty()) return CasAddress();
  return parse_cas_address(text);
}

Result<std::optional<std::string>> trusted_key(const CasOptions& options, const CasAddress& address) {
  if (!options.cas_key.empty()) return parse_key_hash(options.cas_key, "--cas-key");
  if (const std::string key = first_of_environment({"REDOUBT_CAS_KEY"}); !key.empty()) {
    return parse_key_hash(key, "REDOUBT_CAS_KEY");
  }
  const Result<std::string> path = known_cas_file();
  if (!path) return std::nullopt;  // no home directory: nothing was ever pinned
  const KnownCas known = TRY(KnownCas::load(*path));
  return known.key_of(address);
}

Result<CasClient> connect_to_cas(const CasOptions& options) {
  const CasAddress address = TRY(cas_address(options));
  const std::optional<std::string> key = TRY(trusted_key(options, address));
  if (!key) {
    return fail(ExitStatus::kCasNotTrusted,
                "expected a CAS whose key is known, found none pinned for " + address.text() +
                    "; ask its operator for the key, then: redoubt cas attest " + address.text() + " --key KEY");
  }
  const ClientIdentity identity = TRY(client_identity(options.identity));
  return CasClient::connect(address, key, &identity);
}

}  // namespace redoubt::cli
