// SPDX-License-Identifier: Apache-2.0
//
// `redoubt attest verify`: evidence in a file, judged offline. Everything the verdict depends on is on the command line,
// the time included, so that the same command gives the same answer tomorrow.
#include <CLI/CLI.hpp>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "attest/policy.h"
#include "attest/sgx/verifier.h"
#include "cli/attest_report.h"
#include "cli/command.h"

namespace redoubt::cli {
namespace {

constexpr const char* kFooter =
    "FILE is an SGX DCAP quote, version 3, raw. The collateral is one JSON file: tcb_info, qe_identity (the signed "
    "texts as\n"
    "served), their _signature (hex) and _issuer_chain (PEM), pck_crl, root_ca_crl (DER in hex, or PEM), "
    "pck_crl_issuer_chain\n"
    "and, for quotes without one, pck_certificate_chain. No root is built in: --root says whom you trust, Intel's SGX "
    "root CA\n"
    "for real machines, a simulated platform's own for development.\n"
    "\n"
    "Tolerable: outdated-tcb, insecure-configuration, software-hardening-needed, debug-mode, sample-signer, "
    "missing-crl, or a\n"
    "TCB status such as OutOfDate. A tolerated status does not tolerate its advisories: ignore those one by one, or "
    "all (*).\n"
    "\n"
    "Examples:\n"
    "  redoubt attest verify quote.bin --collateral collateral.json --at now --root "
    "Intel_SGX_Provisioning_Certification_RootCA.pem\n"
    "  redoubt attest verify quote.bin --collateral c.json --at 2025-07-04T10:28:44Z --root root.der --json | jq "
    ".reasons\n"
    "  redoubt attest verify quote.bin --collateral c.json --at now --root root.der \\\n"
    "    --tolerate software-hardening-needed --ignore-advisory INTEL-SA-00615\n"
    "\n"
    "Exit status: 0 acceptable; 1 genuine but not acceptable (the reasons are printed); 2 not genuine, or the command "
    "line is\n"
    "  wrong; 125 Redoubt itself failed, such as a file that cannot be read";

// Longer than any evidence or collateral; a device or a wrong file should not fill the memory.
constexpr size_t kMaximumFileSize = size_t{16} << 20;

struct VerifyOptions {
  std::string file;
  std::string collateral;
  std::string at;
  std::string root;
  bool json = false;
  std::vector<std::string> tolerate;
  std::vector<std::string> ignore_advisories;
};

Result<std::string> read_file(const std::string& path, const char* what) {
  std::error_code error;
  std::ifstream file(path, std::ios::binary);
  if (!file || std::filesystem::is_directory(path, error)) {
    return fail(ExitStatus::kRedoubtFailed,
                std::string("cannot read the ") + what + " \"" + path + "\"; give a readable file");
  }
  std::string contents;
  char buffer[65536];
  while (file.read(buffer, sizeof(buffer)) || file.gcount() > 0) {
    contents.append(buffer, static_cast<size_t>(file.gcount()));
    if (contents.size() > kMaximumFileSize) {
      return fail(ExitStatus::kRedoubtFailed, std::string("the ") + what + " \"" + path + "\" is longer than 16 MiB");
    }
  }
  return contents;
}

Result<UtcTime> parse_time(const std::string& text) {
  if (text == "now") return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  if (const auto time = parse_utc_time(text)) return *time;
  int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  // Years beyond 9999 have no written form.
  if (error == std::errc() && end == text.data() + text.size() && seconds >= 0 && seconds <= 253402300799) {
    return utc_time_from_unix(seconds);
  }
  return fail(ExitStatus::kUsage,
              "--at: expected a time such as 2025-07-04T10:28:44Z, seconds since 1970 or now, found \"" + text +
                  "\"\nTry: redoubt attest verify --help");
}

Result<attest::Policy> policy_of(const VerifyOptions& options) {
  attest::Policy policy;
  for (const std::string& word : options.tolerate) {
    if (auto known = policy.tolerate(word); !known)
      return fail(ExitStatus::kUsage, "--tolerate: " + known.error().message);
  }
  for (const std::string& id : options.ignore_advisories) policy.ignore_advisory(id);
  return policy;
}

// A damaged collateral file is damaged evidence: the host that hands it over is not trusted.
attest::Appraisal malformed_collateral(const std::string& why) {
  attest::Appraisal appraisal;
  appraisal.result = "NOT_GENUINE";
  appraisal.failure = attest::Finding{"collateral.format", "a collateral file", why, "fetch the collateral again"};
  return appraisal;
}

Result<ExitStatus> verify(const VerifyOptions& options) {
  const UtcTime at = TRY(parse_time(options.at));
  const attest::Policy policy = TRY(policy_of(options));
  const std::string evidence = TRY(read_file(options.file, "evidence"));
  const std::string collateral_text = TRY(read_file(options.collateral, "collateral"));
  const std::string root_text = TRY(read_file(options.root, "root certificate"));
  auto root = crypto::Certificate::from_pem_or_der(as_bytes(root_text));
  if (!root) {
    return fail(ExitStatus::kRedoubtFailed, "the root certificate \"" + options.root + "\": " + root.error().message +
                                                "; give one P-256 certificate in PEM or DER");
  }
  const auto collateral = attest::parse_collateral_file(collateral_text);
  AttestReport report;
  report.appraisal = collateral ? attest::sgx::Verifier(*collateral, {{*root}}).verify(as_bytes(evidence), at)
                                : malformed_collateral(collateral.error().message);
  report.reasons = policy.reasons_to_refuse(report.appraisal);
  std::cout << (options.json ? report_as_json(report) : report_as_text(report));
  if (!std::cout.flush()) return fail(ExitStatus::kRedoubtFailed, "cannot write to standard output");
  if (!report.appraisal.genuine()) return ExitStatus::kNotGenuine;
  return report.reasons.empty() ? ExitStatus::kSuccess : ExitStatus::kNotAcceptable;
}

}  // namespace

Action define_attest(CLI::App& app) {
  auto options = std::make_shared<VerifyOptions>();
  app.require_subcommand(1);
  CLI::App* command = app.add_subcommand("verify", "judge evidence in a file, offline");
  app.footer("Example:\n  redoubt attest verify --help");
  command->footer(kFooter);
  command->add_option("FILE", options->file, "The evidence")->required();
  command->add_option("--collateral", options->collateral, "What vouches for the platform: a JSON file")
      ->required()
      ->type_name("FILE");
  command->add_option("--at", options->at, "The time to judge at: 2025-07-04T10:28:44Z, seconds since 1970, or now")
      ->required()
      ->type_name("TIME");
  command->add_option("--root", options->root, "The certificate you trust, PEM or DER")->required()->type_name("FILE");
  command->add_flag("--json", options->json, "Print one JSON object");
  command->add_option("--tolerate", options->tolerate, "Accept this status or condition; may be repeated")
      ->type_name("STATUS")
      ->allow_extra_args(false);
  command
      ->add_option("--ignore-advisory", options->ignore_advisories,
                   "Accept this advisory, or * for all; may be repeated")
      ->type_name("ID")
      ->allow_extra_args(false);
  return [options] { return verify(*options); };
}

}  // namespace redoubt::cli
