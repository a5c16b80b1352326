// SPDX-License-Identifier: Apache-2.0
//
// `redoubt self show`: what this installation is to others. The measurement of its runtime, to be put into sessions; the platform
// that LAS gives evidence of; and what that evidence proves.
#include <algorithm>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "attest/simulated/platform.h"
#include "cli/command.h"
#include "cli/runtime_location.h"
#include "cli/terminal.h"
#include "crypto/hash_stream.h"
#include "crypto/hex.h"
#include "las/client.h"
#include "las/socket_path.h"

namespace redoubt::cli {
namespace {

struct Options {
  bool json = false;
  std::string socket = las::default_socket_path();
};

// What evidence of the platform `process` keeps out, and what it does not. (What a run protects: cli/promises.)
struct Promise {
  const char* what;
  bool holds_simulated;
  bool holds;  // with evidence of a real platform
  const char* meaning;
};
constexpr Promise kPromises[] = {
    {"another program", true, true, "LAS measures who asks: no other executable gets evidence of this runtime"},
    {"other users of the node", true, true, "they cannot read or change an attested process"},
    {"root of the node", false, false, "root, and whoever starts the program, can write into the process and steer it"},
    {"the host of the node", false, false,
     "evidence of a confidential VM would show that it is kept out; not implemented"},
    {"a false machine", false, true, "whoever has the platform's directory can claim to be any process"},
};

struct Platform {
  std::string description;  // empty: no LAS
  std::string problem;
  bool simulated() const { return description.find("simulated") != std::string::npos; }
};

Result<std::string> measure(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  crypto::Sha256Stream hash;
  char buffer[65536];
  while (stream.read(buffer, sizeof(buffer)) || stream.gcount() > 0) {
    hash.update(as_bytes({buffer, static_cast<size_t>(stream.gcount())}));
  }
  if (!stream.eof()) return fail(ExitStatus::kRedoubtFailed, "cannot read the runtime " + file);
  return crypto::to_hex(hash.finish());
}

// This command is not the runtime, so LAS refuses it evidence, and says what it would be. The text is for people: what LAS
// really proves is decided by who verifies its evidence.
Platform ask(const std::string& socket) {
  const auto connection = las::connect_to_las(socket);
  if (!connection) return {"", connection.error().message};
  const auto answer = las::ask_las(*connection, {}, /*debug=*/true);
  if (!answer) return {"", answer.error().message};
  std::string shown = answer->platform;
  std::ranges::replace_if(
      shown, [](char c) { return c < ' ' || c > '~'; }, '?');
  return {shown.substr(0, 200), ""};
}

void print_json(const std::string& runtime, const std::string& measurement, const Options& options,
                const Platform& platform) {
  nlohmann::ordered_json promises = nlohmann::ordered_json::array();
  for (const Promise& promise : kPromises) {
    promises.push_back({{"against", promise.what},
                        {"holds", platform.description.empty() ? false
                                  : platform.simulated()       ? promise.holds_simulated
                                                               : promise.holds},
                        {"meaning", promise.meaning}});
  }
  nlohmann::ordered_json document = {
      {"runtime", runtime},
      {"mrenclave", measurement},
      {"mrsigner", crypto::to_hex(attest::simulated::process_signer())},
      {"isvprodid", attest::simulated::kProcessProductId},
      {"isvsvn", attest::simulated::kProcessSvn},
      {"las_socket", options.socket},
  };
  document["platform"] =
      platform.description.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(platform.description);
  document["simulated"] = platform.simulated();
  if (!platform.problem.empty()) document["las_problem"] = platform.problem;
  document["promises"] = std::move(promises);
  std::cout << document.dump(2) << '\n';
}

void print_lines(const std::string& runtime, const std::string& measurement, const Options& options,
                 const Platform& platform) {
  std::cout << "runtime      " << runtime << "\nmeasurement  " << paint(std::cout, Colour::kBold, measurement)
            << "\n             in a session: attestation: [{mrenclave: " << measurement << "}]\n";
  if (platform.description.empty()) {
    std::cout << "evidence     " << paint(std::cout, Colour::kYellow, "none") << ": " << platform.problem
              << "\n             start it: redoubt las start --help\n";
    return;
  }
  std::cout << "evidence     "
            << (platform.simulated() ? paint(std::cout, Colour::kYellow, platform.description) : platform.description)
            << ", from LAS at " << options.socket << "\nwith this evidence a protected process is safe from:\n";
  for (const Promise& promise : kPromises) {
    const bool holds = platform.simulated() ? promise.holds_simulated : promise.holds;
    std::cout << "  " << std::left << std::setw(25) << promise.what
              << (holds ? paint(std::cout, Colour::kGreen, "yes") : paint(std::cout, Colour::kRed, "NO ")) << "  "
              << promise.meaning << '\n';
  }
}

Result<ExitStatus> show(const Options& options) {
  const Result<std::string> runtime = find_runtime();
  if (!runtime) return std::unexpected(runtime.error());
  const Result<std::string> measurement = measure(*runtime);
  if (!measurement) return std::unexpected(measurement.error());
  const Platform platform = ask(options.socket);
  (options.json ? print_json : print_lines)(*runtime, *measurement, options, platform);
  if (!std::cout.flush()) return fail(ExitStatus::kRedoubtFailed, "cannot write to standard output");
  return ExitStatus::kSuccess;
}

constexpr const char* kFooter =
    "The measurement (MRENCLAVE) of the platform `process` is the SHA-256 of the runtime's file. A session that names "
    "it\n"
    "accepts this runtime and no other. What LAS says of itself is shown as it says it; CAS verifies evidence, this "
    "does not.\n"
    "\n"
    "Examples:\n"
    "  redoubt self show\n"
    "  redoubt self show --json | jq -r .mrenclave\n"
    "\n"
    "Exit status: 0 success, also without LAS; 2 the command line is wrong; 125 Redoubt itself failed";

}  // namespace

Action define_self(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.footer(kFooter);
  app.require_subcommand(1);
  CLI::App* command = app.add_subcommand("show", "the runtime's measurement, its platform, and what that proves");
  command->footer(kFooter);
  command->add_flag("--json", options->json, "Print one JSON object");
  command->add_option("--las", options->socket, "The socket of LAS (REDOUBT_LAS_ADDR)")
      ->envname("REDOUBT_LAS_ADDR")
      ->type_name("SOCKET")
      ->capture_default_str();
  return [options] { return show(*options); };
}

}  // namespace redoubt::cli
