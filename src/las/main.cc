// SPDX-License-Identifier: Apache-2.0
//
// redoubt-las, the local attestation service: one for a node. Turns "which process is this" into evidence that CAS can verify.
#include <openssl/crypto.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>

#include "attest/simulated/directory.h"
#include "attest/simulated/evidence_source.h"
#include "las/descriptor.h"
#include "las/log.h"
#include "las/server.h"
#include "las/socket_path.h"

namespace redoubt::las {
namespace {

constexpr int kUsage = 2, kFailed = 125;

constexpr const char* kFooter =
    "LAS measures whoever connects and signs what it found. It needs root or CAP_SYS_PTRACE, to read which file a\n"
    "process of another user runs. When it is ready it prints \"redoubt-las: listening on SOCKET\"; then one line for "
    "each\n"
    "decision on standard error. SIGTERM ends it.\n"
    "\n"
    "The only source of evidence so far is a simulated platform (redoubt simulate create); TDX and SEV-SNP are not\n"
    "implemented.\n"
    "\n"
    "Examples:\n"
    "  redoubt simulate create /var/lib/redoubt/simulated\n"
    "  redoubt las start --simulated /var/lib/redoubt/simulated\n"
    "  redoubt las start --simulated ./platform --socket $PWD/las.sock\n"
    "\n"
    "Exit status: 0 ended by SIGTERM or SIGINT; 2 the command line is wrong; 125 it could not start";

struct Options {
  std::string socket = default_listening_path();
  std::string simulated;
};

int report(int status, const std::string& message) {
  std::fprintf(stderr, "redoubt-las: %s\n", message.c_str());
  return status;
}

// Its memory holds a key that speaks for the node.
void keep_memory_private() {
#ifndef REDOUBT_SANITIZED  // LeakSanitizer's search traces the process
  prctl(PR_SET_DUMPABLE, 0);
#endif
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
}

void raise_descriptor_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

Result<std::unique_ptr<attest::EvidenceSource>, Error> make_source(const Options& options) {
  namespace simulated = attest::simulated;
  simulated::QuotingKey key = TRY(simulated::read_quoting_key(options.simulated));
  auto source = std::make_unique<simulated::SimulatedSgx>(std::move(key));
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  if (const auto good = simulated::check_directory(options.simulated, *source, now); !good) {
    log_line("warning: the evidence of this platform is not acceptable with its own collateral: " +
             good.error().message + "; try: redoubt simulate renew " + options.simulated);
  }
  log_line("SIMULATED: this evidence proves nothing, except to a CAS that was given " + options.simulated +
           "/root.pem as its simulated root");
  return source;
}

// Before any thread is made, so that all block them. SIGIO is for server.h.
Descriptor signals_as_descriptor() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGIO);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  return Descriptor(signalfd(-1, &signals, SFD_CLOEXEC));
}

int serve(const Options& options) {
  keep_memory_private();
  raise_descriptor_limit();
  umask(022);
  const Descriptor signals = signals_as_descriptor();
  const auto source = make_source(options);
  if (!source) return report(kFailed, source.error().message);
  const auto server = Server::listen(options.socket);
  if (!server) return report(kFailed, server.error().message);
  std::printf("redoubt-las: listening on %s\n", options.socket.c_str());
  std::fflush(stdout);
  server->run(**source, signals.get());
  return 0;
}

int run(int argc, char** argv) {
  OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
  Options options;
  CLI::App app("Gives evidence about the processes of this node.", "redoubt-las");
  app.set_version_flag("--version", "redoubt-las " REDOUBT_VERSION, "Print the version and exit");
  app.footer(kFooter);
  app.add_option("--socket", options.socket,
                 "Listen here; /run/redoubt/las.sock, without root $XDG_RUNTIME_DIR/redoubt/las.sock")
      ->type_name("PATH");
  app.add_option("--simulated", options.simulated, "The directory of a simulated platform")->type_name("DIR");
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& request) {
    return app.exit(request);
  } catch (const CLI::ParseError& error) {
    return report(kUsage, std::string(error.what()) + "\nTry: redoubt-las --help");
  }
  if (options.simulated.empty()) {
    return report(
        kUsage,
        "expected a source of evidence, found none; give --simulated DIR (TDX and SEV-SNP are not implemented)\n"
        "Try: redoubt-las --help");
  }
  if (options.socket.empty()) {
    return report(kUsage,
                  "expected a place for the socket, found neither root nor XDG_RUNTIME_DIR; give --socket PATH");
  }
  return serve(options);
}

}  // namespace
}  // namespace redoubt::las

int main(int argc, char** argv) {
  try {
    return redoubt::las::run(argc, argv);
  } catch (const std::exception& error) {
    return redoubt::las::report(redoubt::las::kFailed, std::string("unexpected failure: ") + error.what());
  }
}
