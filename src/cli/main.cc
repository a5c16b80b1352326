// SPDX-License-Identifier: Apache-2.0
//
// The command `redoubt`. This file is its table of contents: the commands, and how a command line reaches one.
// Every command parses its own arguments (command.h); errors come back as values and are printed here, once.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"
#include "cli/terminal.h"

namespace redoubt::cli {
namespace {

constexpr Command kCommands[] = {
    {"run", "run a program with every system call intercepted", define_run},
    {"doctor", "check whether this machine can run Redoubt", define_doctor},
    {"self", "show the runtime's measurement and what LAS proves", define_self},
    {"las", "start the local attestation service", define_las},
    {"simulate", "make a simulated platform for development", define_simulate},
    {"attest", "verify evidence of what a platform runs", define_attest},
    {"measure", "list the files a program is made of, for a session", define_measure},
    {"session", "check sessions, and keep them in CAS", define_session},
    {"cas", "start a CAS, and get to know one", define_cas},
    {"volume", "look into protected volumes, with their key", define_volume},
    {"audit", "verify and read the audit log of a CAS", define_audit},
    {"completion", "print a script that completes the command line", define_completion},
};

constexpr const char* kVersion = "redoubt " REDOUBT_VERSION;

constexpr const char* kFooter =
    "Examples:\n"
    "  redoubt doctor\n"
    "  redoubt run -- redis-server --port 6379\n"
    "  redoubt session check cache.yml\n"
    "  redoubt session create cache.yml\n"
    "  redoubt run --session shop/cache/memcached\n"
    "  redoubt run --help\n"
    "\n"
    "Exit status: 0 success; 2 the command line is wrong; 125 Redoubt itself failed;\n"
    "see `redoubt COMMAND --help` for the others.";

const Command* find_command(std::string_view name) {
  for (const Command& command : kCommands) {
    if (name == command.name) return &command;
  }
  return nullptr;
}

int report(const Error& error) {
  std::cerr << paint(std::cerr, Colour::kRed, "redoubt:") << ' ' << error.message << '\n';
  return static_cast<int>(error.status);
}

// The command below `app`, of those that were named, that has the option `word`; nullptr when none has. `name` is then its whole name.
const CLI::App* owner_of(const CLI::App& app, const std::string& word, std::string& name) {
  const bool is_long = word.starts_with("--");
  const std::string option = is_long ? word.substr(0, word.find('=')) : word.substr(0, 2);
  for (const CLI::App* command : app.get_subcommands()) {
    name += " " + command->get_name();
    return command->get_option_no_throw(option) != nullptr ? command : owner_of(*command, word, name);
  }
  return nullptr;
}

// CLI11 names what is missing first; what is there and wrong says more. Down from `app`, whose name is `name`, along the commands that were
// named: the first that has a word it cannot place is where the mistake is.
std::string describe(const CLI::App& app, const std::string& name, const CLI::ParseError& error) {
  const std::vector<std::string> words = app.remaining();
  const auto commands = app.get_subcommands([](const CLI::App*) { return true; });
  const CLI::App* named = app.get_subcommands().empty() ? nullptr : app.get_subcommands().front();
  const std::string advice = "\nTry: " + name + " --help";
  const auto option =
      std::ranges::find_if(words, [](const std::string& word) { return word.starts_with('-') && word != "-"; });
  // Of an unknown command the options are unknown, too.
  const bool is_no_command = words.empty() ? named == nullptr : option != words.begin();
  if (!commands.empty() && is_no_command) {
    std::string names;
    for (const CLI::App* command : commands) names += (names.empty() ? "" : ", ") + command->get_name();
    return "expected a command of " + name + " (" + names + "), found " +
           (words.empty() ? "none" : "\"" + words.front() + "\"") + advice;
  }
  if (option != words.end()) {
    std::string owner = name;
    if (owner_of(app, *option, owner) == nullptr) {
      return "expected an option of " + name + ", found \"" + *option + "\"" + advice;
    }
    return "expected the options of " + owner + " after it, found \"" + *option + "\" before it\nTry: " + owner + " " +
           *option + " ...";
  }
  return named == nullptr ? error.what() + advice : describe(*named, name + " " + named->get_name(), error);
}

// Parses with `app`; nullopt means understood, a value is the status to exit with (help, version, wrong usage).
std::optional<int> parse(CLI::App& app, int argc, char** argv) {
  try {
    app.parse(argc, argv);
    return std::nullopt;
  } catch (const CLI::Success& request) {
    return app.exit(request);
  } catch (const CLI::ParseError& error) {
    return report({ExitStatus::kUsage, describe(app, app.get_name(), error)});
  }
}

// argv[0] is the command's name.
int run_command(const Command& command, int argc, char** argv) {
  CLI::App app(command.summary, std::string("redoubt ") + command.name);
  add_version(app);
  const Action action = command.define(app);
  if (auto status = parse(app, argc, argv)) return *status;
  const Result<ExitStatus> result = action();
  if (result && !std::cout.flush()) return report({ExitStatus::kRedoubtFailed, "cannot write to standard output"});
  return result ? static_cast<int>(*result) : report(result.error());
}

// `redoubt` alone, with --help or --version, or with something that is no command.
int run_without_command(int argc, char** argv) {
  CLI::App app("Runs unmodified programs so that their data stays theirs.", "redoubt");
  add_version(app);
  app.footer(kFooter);
  std::string names;
  for (const Command& command : kCommands) {
    command.define(*app.add_subcommand(command.name, command.summary));  // nothing is done: only whose option is whose
    names += std::string(names.empty() ? "" : ", ") + command.name;
  }
  if (argc > 1 && argv[1][0] != '-') {
    return report({ExitStatus::kUsage,
                   std::string("expected a command (") + names + "), found \"" + argv[1] + "\"\nTry: redoubt --help"});
  }
  if (auto status = parse(app, argc, argv)) return *status;
  return report({ExitStatus::kUsage, "expected a command (" + names + "), found none\nTry: redoubt --help"});
}

}  // namespace

std::span<const Command> all_commands() { return kCommands; }

void add_version(CLI::App& app) { app.set_version_flag("--version", kVersion, "Print the version and exit"); }

}  // namespace redoubt::cli

int main(int argc, char** argv) {
  using namespace redoubt::cli;
  try {
    const Command* command = argc > 1 ? find_command(argv[1]) : nullptr;
    return command ? run_command(*command, argc - 1, argv + 1) : run_without_command(argc, argv);
  } catch (const std::exception& error) {
    return report({ExitStatus::kRedoubtFailed, std::string("unexpected failure: ") + error.what()});
  }
}
