// SPDX-License-Identifier: Apache-2.0
//
// `redoubt cas`: starting a CAS, and getting to know one. A CAS is trusted for its key; `attest` pins it after what can be
// verified of it was verified. On the platform `process` a CAS has no evidence of its own, so the key must come from the
// operator by another way (--key), or be believed the first time (--insecure-trust-on-first-use).
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/become.h"
#include "cli/cas_api.h"
#include "cli/cas_options.h"
#include "cli/command.h"
#include "cli/files.h"
#include "cli/known_cas.h"
#include "cli/runtime_location.h"
#include "cli/terminal.h"

namespace redoubt::cli {
namespace {

using Json = nlohmann::ordered_json;

struct AttestOptions {
  std::string address;
  std::string key;
  bool first_use = false;
  bool replace = false;
  bool json = false;
};

std::string padded(const char* name, const std::string& value) {
  std::string line = name;
  line.resize(12, ' ');
  return line + value + "\n";
}

// --- attest ---

// What `attest` may pin, given what was pinned before.
Result<void> may_pin(const AttestOptions& options, const CasAddress& address, const std::optional<std::string>& pinned,
                     const std::string& key) {
  if (pinned && *pinned != key && !options.replace) {
    return fail(ExitStatus::kCasNotTrusted,
                "expected the key that was pinned for " + address.text() + ",\n  " + *pinned + "\nfound\n  " + key +
                    "\nIf CAS was set up anew and you know this key to be its own, give --replace");
  }
  if (!options.key.empty() || options.first_use || (pinned && *pinned == key)) return {};
  return fail(ExitStatus::kCasNotTrusted,
              "the CAS at " + address.text() + " has the key\n  " + key +
                  "\nNothing proves that this is the CAS you mean: it has no evidence of its own on this platform. "
                  "Compare the\n"
                  "key with the one its operator sees (redoubt-cas prints it), then: redoubt cas attest " +
                  address.text() + " --key KEY\n--insecure-trust-on-first-use believes it without that");
}

Result<ExitStatus> attest(const AttestOptions& options) {
  const CasAddress address = TRY(parse_cas_address(options.address));
  std::optional<std::string> wanted;
  if (!options.key.empty()) wanted = TRY(parse_key_hash(options.key, "--key"));
  if (wanted && options.first_use) {
    return fail(ExitStatus::kUsage,
                "expected --key or --insecure-trust-on-first-use, found both; leave the second out");
  }
  const std::string path = TRY(known_cas_file());
  KnownCas known = TRY(KnownCas::load(path));
  CasClient cas = TRY(CasClient::connect(address, wanted, nullptr));
  TRY_VOID(may_pin(options, address, known.key_of(address), cas.key()));
  const CasDescription description = TRY(get_identity(cas, {options.json, ""}));
  if (description.key != cas.key()) {
    return fail(ExitStatus::kCasNotTrusted, "expected the CAS at " + address.text() + " to state the key of its TLS, " +
                                                cas.key() + ", found " + printable(description.key) +
                                                "; something between you and CAS ends its TLS: connect to CAS itself");
  }
  known.pin(address, cas.key());
  TRY_VOID(known.save(path));
  if (options.json) {
    return print(Json{{"address", address.text()},
                      {"key", cas.key()},
                      {"version", printable(description.version)},
                      {"simulated", description.simulated},
                      {"verified_by", wanted ? "key" : "first use"}}
                     .dump(2) +
                 "\n");
  }
  if (!wanted) std::cerr << paint(std::cerr, Colour::kYellow, "trusted on first use:") << " nothing was verified\n";
  return print(padded("address", address.text()) + padded("key", cas.key()) +
               padded("platform", description.simulated ? "SIMULATED evidence is accepted where a session tolerates it"
                                                        : "evidence of real platforms only") +
               padded("pinned in", path));
}

// --- show ---

Result<ExitStatus> show(const CasOptions& options) {
  const CasAddress address = TRY(cas_address(options));
  const ClientIdentity identity = TRY(client_identity(options.identity));
  CasClient cas = TRY(connect_to_cas(options));
  const CasDescription description = TRY(get_identity(cas, {options.json, ""}));
  const bool healthy = TRY(answers_well(cas, "/healthz"));
  const bool ready = TRY(answers_well(cas, "/readyz"));
  if (options.json) {
    return print(Json{{"address", address.text()},
                      {"key", cas.key()},
                      {"version", printable(description.version)},
                      {"simulated", description.simulated},
                      {"roots", description.roots},
                      {"healthy", healthy},
                      {"ready", ready},
                      {"client_key", identity.key_hash()}}
                     .dump(2) +
                 "\n");
  }
  const auto verdict = [](bool good) {
    return good ? paint(std::cout, Colour::kGreen, "yes") : paint(std::cout, Colour::kRed, "NO");
  };
  std::string roots;
  for (const std::string& root : description.roots) roots += padded("root", root);
  return print(padded("address", address.text()) + padded("key", cas.key()) +
               padded("version", printable(description.version)) + roots +
               padded("platform", description.simulated
                                      ? paint(std::cout, Colour::kYellow, "SIMULATED") +
                                            " evidence is accepted where a session tolerates it: for development only"
                                      : "evidence of real platforms only") +
               padded("healthy", verdict(healthy)) + padded("ready", verdict(ready)) +
               padded("you are", identity.key_hash()));
}

// --- identity ---

struct IdentityOptions {
  std::string identity;
  bool pem = false;
  bool json = false;
};

Result<ExitStatus> show_identity(const IdentityOptions& options) {
  const ClientIdentity identity = TRY(client_identity(options.identity));
  if (options.pem) return print(identity.certificate_pem());
  if (!options.json) return print(identity.key_hash() + "\n");
  const std::string file = TRY(client_identity_file(options.identity));
  return print(Json{{"key", identity.key_hash()}, {"certificate", identity.certificate_pem()}, {"file", file}}.dump(2) +
               "\n");
}

// --- start ---

Result<ExitStatus> start(const std::vector<std::string>& options) {
  const std::string program = TRY(find_companion("redoubt-cas", "CAS"));
  std::vector<std::string> arguments = {"redoubt-cas"};
  bool has_directory = false;
  for (const std::string& option : options) {
    has_directory = has_directory || option == "--data" || option.starts_with("--data=");
    if (option != "--" || &option != &options.front()) arguments.push_back(option);
  }
  if (!has_directory) {
    const std::string parent = TRY(data_directory());
    TRY_VOID(make_private_directory(parent));
    TRY_VOID(make_private_directory(parent + "/cas"));
    arguments.push_back("--data=" + parent + "/cas");
  }
  return become(program, std::move(arguments), "CAS");
}

constexpr const char* kFooter =
    "Examples:\n"
    "  redoubt cas start --simulated-root root.pem\n"
    "  redoubt cas attest 127.0.0.1:18765 --key 6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b\n"
    "  redoubt cas show\n"
    "  redoubt cas identity\n"
    "\n"
    "Exit status: 0 done; 1 CAS refused; 2 the command line is wrong; 3 no CAS answers; 4 its key is not trusted;\n"
    "  125 Redoubt itself failed";

constexpr const char* kAttestFooter =
    "Pins the key of a CAS in ~/.config/redoubt/known_cas. Every later command refuses a CAS at that address with "
    "another\n"
    "key. KEY is the SHA-256 of its public key (SubjectPublicKeyInfo), as redoubt-cas prints it when it starts.\n"
    "\n"
    "Examples:\n"
    "  redoubt cas attest cas.example:18765 --key 6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b\n"
    "  redoubt cas attest 127.0.0.1:18765 --insecure-trust-on-first-use\n"
    "\n"
    "Exit status: 0 pinned; 2 the command line is wrong; 3 no CAS answers; 4 its key is another one or not known;\n"
    "  125 Redoubt itself failed";

constexpr const char* kShowFooter =
    "What the CAS is, whether it trusts a simulated platform, how it feels, and who you are to it.\n"
    "\n"
    "Examples:\n"
    "  redoubt cas show\n"
    "  redoubt cas show --cas cas.example:18765 --json | jq .simulated\n"
    "\n";

constexpr const char* kIdentityFooter =
    "The SHA-256 of your public key is what an access_policy names. The key is made the first time that it is needed.\n"
    "\n"
    "Examples:\n"
    "  redoubt cas identity\n"
    "  redoubt cas identity --pem\n"
    "\n"
    "Exit status: 0 printed; 2 the file cannot be used; 125 Redoubt itself failed";

constexpr const char* kStartFooter =
    "Becomes redoubt-cas with these options; `redoubt-cas --help` explains them. Unless --data names a "
    "directory,\n"
    "CAS keeps its data in ~/.local/share/redoubt/cas, which only you can read.\n"
    "\n"
    "Examples:\n"
    "  redoubt cas start\n"
    "  redoubt cas start --data /srv/cas --simulated-root root.pem\n"
    "\n"
    "Exit status: that of redoubt-cas; 125 it could not be started";

Action define_attest_cas(CLI::App& app) {
  auto options = std::make_shared<AttestOptions>();
  app.footer(kAttestFooter);
  app.add_option("ADDRESS", options->address, "Where CAS is: HOST:PORT")->required();
  app.add_option("--key", options->key, "The key it must have")->type_name("HASH");
  app.add_flag("--insecure-trust-on-first-use", options->first_use, "Believe whichever key it has");
  app.add_flag("--replace", options->replace, "Also when another key was pinned before");
  app.add_flag("--json", options->json, "Print JSON, for scripts");
  return [options] { return attest(*options); };
}

Action define_show(CLI::App& app) {
  auto options = std::make_shared<CasOptions>();
  app.footer(std::string(kShowFooter) + kCasFooter);
  add_cas_options(app, *options);
  return [options] { return show(*options); };
}

Action define_identity(CLI::App& app) {
  auto options = std::make_shared<IdentityOptions>();
  app.footer(kIdentityFooter);
  app.add_option("--identity", options->identity, "Another key and certificate than yours (REDOUBT_IDENTITY)")
      ->type_name("FILE");
  app.add_flag("--pem", options->pem, "Print the certificate instead");
  app.add_flag("--json", options->json, "Print JSON, for scripts");
  return [options] { return show_identity(*options); };
}

Action define_start(CLI::App& app) {
  app.footer(kStartFooter);
  app.prefix_command();
  return [&app] { return start(app.remaining()); };
}

constexpr Command kSubcommands[] = {
    {"start", "start a CAS on this machine", define_start},
    {"attest", "verify a CAS as far as possible, and pin its key", define_attest_cas},
    {"show", "print what a CAS is and how it feels", define_show},
    {"identity", "print who you are to CAS", define_identity},
};

}  // namespace

Action define_cas(CLI::App& app) {
  app.footer(kFooter);
  return define_subcommands(app, kSubcommands);
}

}  // namespace redoubt::cli
