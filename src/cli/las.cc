// SPDX-License-Identifier: Apache-2.0
//
// `redoubt las start` becomes redoubt-las, which is a program of its own because it holds a node's key and should have as
// little code as possible. Its options are checked there.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/become.h"
#include "cli/command.h"
#include "cli/runtime_location.h"

namespace redoubt::cli {
namespace {

struct Options {
  std::string socket;
  std::string simulated;
};

Result<ExitStatus> start(const Options& options) {
  const std::string program = TRY(find_companion("redoubt-las", "the local attestation service"));
  std::vector<std::string> arguments = {"redoubt-las"};
  if (!options.socket.empty()) arguments.push_back("--socket=" + options.socket);
  if (!options.simulated.empty()) arguments.push_back("--simulated=" + options.simulated);
  return become(program, std::move(arguments), "the local attestation service");
}

constexpr const char* kFooter =
    "LAS, the local attestation service, gives evidence about the processes of this node. See `redoubt-las --help`.\n"
    "\n"
    "Examples:\n"
    "  redoubt las start --simulated /var/lib/redoubt/simulated\n"
    "\n"
    "Exit status: that of redoubt-las: 0 ended by SIGTERM or SIGINT; 2 the command line is wrong; 125 it could not "
    "start";

}  // namespace

Action define_las(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.footer(kFooter);
  app.require_subcommand(1);
  CLI::App* command = app.add_subcommand("start", "run LAS in the foreground");
  command->footer(kFooter);
  command->add_option("--socket", options->socket, "Where to listen, instead of /run/redoubt/las.sock")
      ->type_name("PATH");
  command->add_option("--simulated", options->simulated, "The directory of a simulated platform")->type_name("DIR");
  return [options] { return start(*options); };
}

}  // namespace redoubt::cli
