// SPDX-License-Identifier: Apache-2.0
//
// `redoubt simulate`: makes a simulated platform (attest/simulated) and renews what it says about itself. For development: CAS
// and sessions have to name such a platform explicitly before they accept what it says.
#include <chrono>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "attest/simulated/directory.h"
#include "cli/command.h"
#include "cli/outside_volumes.h"
#include "cli/terminal.h"
#include "crypto/hash.h"
#include "crypto/hex.h"

namespace redoubt::cli {
namespace {

namespace simulated = attest::simulated;

constexpr int kDefaultDays = 30, kMostDays = 3650;

struct Options {
  std::string directory;
  int valid_for = kDefaultDays;
  bool json = false;
};

UtcTime now() { return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()); }

std::unexpected<Error> failed(const redoubt::Error& error) { return fail(ExitStatus::kRedoubtFailed, error.message); }

void print(const Options& options, const char* what, const crypto::Certificate& root, UtcTime from) {
  const std::string until = to_string(from + std::chrono::days(options.valid_for));
  if (options.json) {
    const nlohmann::ordered_json document = {
        {"simulated", true},
        {"directory", options.directory},
        {"root", options.directory + "/root.pem"},
        {"root_sha256", crypto::to_hex(crypto::sha256(root.der()))},
        {"collateral", options.directory + "/collateral.json"},
        {"mrsigner", crypto::to_hex(simulated::process_signer())},
        {"collateral_valid_until", until},
    };
    std::cout << document.dump(2) << '\n';
    return;
  }
  std::cout << paint(std::cout, Colour::kYellow, "SIMULATED platform") << ' ' << what << " in " << options.directory
            << "; its evidence proves nothing about any machine.\n"
            << "  collateral valid until " << until << "; then: redoubt simulate renew " << options.directory << '\n'
            << "  for LAS  redoubt las start --simulated " << options.directory << '\n'
            << "  for CAS  redoubt cas start --simulated-root " << options.directory << "/root.pem --collateral "
            << options.directory << "/collateral.json\n";
}

Result<ExitStatus> finish() {
  if (!std::cout.flush()) return fail(ExitStatus::kRedoubtFailed, "cannot write to standard output");
  return ExitStatus::kSuccess;
}

Result<ExitStatus> create(const Options& options) {
  TRY_VOID(check_outside_volumes(options.directory));
  const UtcTime at = now();
  const auto platform = simulated::make_platform(at);
  if (!platform) return failed(platform.error());
  const auto collateral = simulated::make_collateral(platform->authority, at, std::chrono::days(options.valid_for));
  if (!collateral) return failed(collateral.error());
  const auto written = simulated::write_directory(options.directory, *platform, *collateral);
  if (!written) return failed(written.error());
  print(options, "made", platform->authority.root.certificate, at);
  return finish();
}

Result<ExitStatus> renew(const Options& options) {
  const UtcTime at = now();
  const auto authority = simulated::read_authority(options.directory);
  if (!authority) return failed(authority.error());
  const auto collateral = simulated::make_collateral(*authority, at, std::chrono::days(options.valid_for));
  if (!collateral) return failed(collateral.error());
  const auto written = simulated::replace_collateral(options.directory, *collateral);
  if (!written) return failed(written.error());
  print(options, "renewed", authority->root.certificate, at);
  return finish();
}

constexpr const char* kFooter =
    "A simulated platform makes genuine DCAP quotes under a root of its own, for machines without SGX, TDX or SEV-SNP. "
    "CAS\n"
    "accepts them only when it is given the root (--simulated-root), and a session only with tolerate: [simulation].\n"
    "\n"
    "Examples:\n"
    "  redoubt simulate create ./platform\n"
    "  redoubt simulate renew ./platform --valid-for 7\n"
    "\n"
    "Exit status: 0 success; 2 the command line is wrong; 125 Redoubt itself failed, such as a directory that is not "
    "empty";

constexpr const char* kCreateFooter =
    "Writes root.pem and collateral.json (for CAS), platform/ (for LAS) and authority/ (for redoubt simulate renew) "
    "into a\n"
    "new directory that only its owner may read. Keys have mode 0600 and no passphrase. authority/ is needed for "
    "renewals\n"
    "only and could be kept elsewhere; whoever has it, or platform/, can claim anything under this root. Certificates "
    "are\n"
    "valid for ten years; TCB info, QE identity and CRLs as --valid-for says.\n"
    "\n"
    "Examples:\n"
    "  redoubt simulate create ./platform\n"
    "  redoubt simulate create ./platform --valid-for 365 --json | jq -r .root_sha256\n"
    "\n"
    "Exit status: 0 success; 2 the command line is wrong; 125 Redoubt itself failed, such as a directory in use";

constexpr const char* kRenewFooter =
    "Replaces collateral.json at once; give it to CAS again. Keys, root and evidence stay.\n"
    "\n"
    "Examples:\n"
    "  redoubt simulate renew ./platform\n"
    "\n"
    "Exit status: 0 success; 2 the command line is wrong; 125 Redoubt itself failed, such as no platform there";

CLI::App* add(CLI::App& app, const char* name, const char* summary, const char* footer, Options& options) {
  CLI::App* command = app.add_subcommand(name, summary);
  command->footer(footer);
  command->add_option("DIR", options.directory, "The platform's directory")->required();
  command->add_option("--valid-for", options.valid_for, "How long TCB info, QE identity and CRLs are valid")
      ->type_name("DAYS")
      ->capture_default_str()
      ->check(CLI::Range(1, kMostDays));
  command->add_flag("--json", options.json, "Print one JSON object");
  return command;
}

}  // namespace

Action define_simulate(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.footer(kFooter);
  app.require_subcommand(1);
  CLI::App* create_command = add(app, "create", "make a platform", kCreateFooter, *options);
  add(app, "renew", "issue TCB info, QE identity and CRLs again", kRenewFooter, *options);
  return [options, create_command] { return create_command->parsed() ? create(*options) : renew(*options); };
}

}  // namespace redoubt::cli
