// SPDX-License-Identifier: Apache-2.0
#include "cas/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <thread>

namespace redoubt::cas {
namespace {

// Handlers wait for the disk (audit log): more threads than processors keep both busy.
constexpr unsigned kThreadsPerProcessor = 4;
constexpr unsigned kMostThreads = 256;

constexpr const char* kFooter =
    "When CAS is ready it prints one line on standard output:\n"
    "  ready address=127.0.0.1:18765 key=<SHA-256 of its public key, what REDOUBT_CAS_KEY pins>\n"
    "and writes cas.pem, cas.key-hash and audit.pub into the data directory. Its own log goes to standard error.\n"
    "\n"
    "Roots: none is built in. Without --root or --simulated-root no evidence is accepted. Evidence under a simulated "
    "root proves\n"
    "nothing about hardware; sessions must tolerate it (tolerate: [simulation]).\n"
    "\n"
    "Examples:\n"
    "  redoubt-cas --data /var/lib/redoubt-cas --root intel-root.pem --collateral collateral.json\n"
    "  redoubt-cas --data ./cas --listen 127.0.0.1:0 --simulated-root platform/root.pem --collateral "
    "platform/collateral.json\n"
    "\n"
    "Signals: SIGTERM, SIGINT end CAS after what runs, 5 seconds at most; SIGHUP reads the collateral files again.\n"
    "Exit status: 0 stopped by a signal; 1 something failed (a file, the disk, the address); 2 the command line is "
    "wrong;\n"
    "  3 the data directory is not what CAS left there (tampered with, put back, wrong root key, readable by others)";

// `redoubt simulate create` puts the collateral beside the root.
std::vector<std::string> collateral_beside(const std::vector<std::string>& simulated_roots) {
  std::vector<std::string> found;
  for (const std::string& root : simulated_roots) {
    const std::filesystem::path beside = std::filesystem::path(root).parent_path() / "collateral.json";
    std::error_code ignored;
    if (std::filesystem::exists(beside, ignored)) found.push_back(beside.string());
  }
  return found;
}

}  // namespace

std::variant<Options, ExitStatus> parse_options(int argc, char** argv) {
  Options options;
  options.server.listen = "127.0.0.1:18765";
  options.server.threads = std::clamp(std::thread::hardware_concurrency() * kThreadsPerProcessor, 4u, kMostThreads);
  std::string level = "info";
  double request_seconds = 20, idle_seconds = 75;

  CLI::App app("The configuration and attestation service of Redoubt.", "redoubt-cas");
  app.footer(kFooter);
  app.set_version_flag("--version", std::string(REDOUBT_VERSION));
  app.add_option("--data", options.data, "Directory of CAS alone: database, keys, audit log; made when missing")
      ->required()
      ->type_name("DIR");
  app.add_option("--listen", options.server.listen, "Numeric address and port; port 0: any that is free")
      ->capture_default_str()
      ->type_name("ADDRESS:PORT");
  app.add_option("--root", options.trust.roots, "A root certificate to accept evidence under; may be repeated")
      ->type_name("FILE")
      ->allow_extra_args(false);
  app.add_option("--simulated-root", options.trust.simulated_roots,
                 "The same, of a simulated platform: for development")
      ->type_name("FILE")
      ->allow_extra_args(false);
  app.add_option("--collateral", options.trust.collateral,
                 "DCAP collateral, JSON; may be repeated. Default: collateral.json beside each simulated root")
      ->type_name("FILE")
      ->allow_extra_args(false);
  app.add_option("--threads", options.server.threads, "Threads that serve requests")
      ->capture_default_str()
      ->check(CLI::Range(1u, kMostThreads));
  app.add_option("--connections", options.server.limits.connections, "Connections at once; more are closed")
      ->capture_default_str()
      ->check(CLI::Range(size_t{1}, size_t{100000}));
  app.add_option("--request-timeout", request_seconds,
                 "Seconds for each of: handshake, header, body, sending the reply")
      ->capture_default_str()
      ->check(CLI::Range(0.1, 3600.0));
  app.add_option("--idle-timeout", idle_seconds, "Seconds between requests of a connection")
      ->capture_default_str()
      ->check(CLI::Range(0.1, 3600.0));
  app.add_option("--log-level", level, "error, warning, info or debug")
      ->capture_default_str()
      ->check(CLI::IsMember({"error", "warning", "info", "debug"}));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? ExitStatus::kStopped : ExitStatus::kUsage;
  }
  if (options.trust.collateral.empty()) options.trust.collateral = collateral_beside(options.trust.simulated_roots);
  const auto milliseconds = [](double seconds) { return std::chrono::milliseconds(static_cast<long>(seconds * 1000)); };
  options.server.limits.request = milliseconds(request_seconds);
  options.server.limits.idle = milliseconds(idle_seconds);
  options.log_level = *log_level_of(level);
  return options;
}

}  // namespace redoubt::cas
