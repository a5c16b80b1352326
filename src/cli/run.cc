// SPDX-License-Identifier: Apache-2.0
//
// `redoubt run`: finds the program and the runtime, says what is not promised, and becomes the runtime. The contract:
//
//   redoubt-run --launch [--trace] [--trace-output=FILE] [--stats] [--stats-output=FILE] --program=PATH -- ARGV0 ARG...
//
// PATH is what execvp would have executed, ARGV0 what was typed, FILEs are absolute. Environment, descriptors, directory
// and signal dispositions pass through unchanged. Since this process is replaced, the exit status is the program's.
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/command.h"
#include "cli/find_program.h"
#include "cli/promises.h"
#include "cli/runtime_location.h"

namespace redoubt::cli {
namespace {

constexpr const char* kFooter =
    "Everything after PROGRAM belongs to the program, options included. PROGRAM is looked up in PATH unless "
    "it holds a "
    "slash.\n"
    "\n"
    "Examples:\n"
    "  redoubt run -- redis-server --port 6379\n"
    "  redoubt run --trace --trace-output trace.txt -- ls -l /\n"
    "  redoubt run -q --stats -- python3 -c 'print(1)'\n"
    "\n"
    "Exit status: the program's own (a signal that kills the program kills this command), or\n"
    "  2    the command line is wrong\n"
    "  125  Redoubt itself failed, before or while running the program\n"
    "  126  PROGRAM was found but cannot be executed\n"
    "  127  PROGRAM was not found";

// CLI11 knows nothing of the program that follows the options.
class UsageFormatter : public CLI::Formatter {
 public:
  std::string make_usage(const CLI::App*, std::string) const override {
    return "Usage: redoubt run [OPTIONS] [--] PROGRAM [ARG...]\n";
  }
};

struct RunOptions {
  bool quiet = false;
  bool trace = false;
  bool stats = false;
  std::string trace_output;
  std::string stats_output;
};

Result<std::string> absolute(const std::string& file) {
  std::error_code error;
  const std::filesystem::path path = std::filesystem::absolute(file, error);
  if (error) {
    return fail(ExitStatus::kRedoubtFailed,
                "cannot make \"" + file + "\" absolute: " + error.message() + "; give a path that starts with /");
  }
  return path.string();
}

// The arguments of the runtime before "--program=...".
Result<std::vector<std::string>> runtime_options(const RunOptions& options) {
  struct Output {
    const char* flag;
    bool wanted;
    const std::string& file;
  };
  std::vector<std::string> arguments = {"redoubt-run", "--launch"};
  for (const Output& output : {Output{"--trace", options.trace, options.trace_output},
                               Output{"--stats", options.stats, options.stats_output}}) {
    if (output.wanted || !output.file.empty()) arguments.emplace_back(output.flag);
    if (output.file.empty()) continue;
    Result<std::string> file = absolute(output.file);
    if (!file) return std::unexpected(file.error());
    arguments.push_back(std::string(output.flag) + "-output=" + *file);
  }
  return arguments;
}

Result<ExitStatus> become(const std::string& runtime, std::vector<std::string>& arguments) {
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  unsetenv("REDOUBT_RESUME");  // from one image of the runtime to the next, never from whoever calls us
  execv(runtime.c_str(), argv.data());
  if (errno == E2BIG) {
    return fail(ExitStatus::kCannotExecute,
                "the arguments and the environment together are longer than the system allows (" +
                    std::to_string(sysconf(_SC_ARG_MAX)) + " bytes, see `getconf ARG_MAX`); pass fewer");
  }
  return fail(ExitStatus::kRedoubtFailed, "cannot start the runtime " + runtime + ": " + std::strerror(errno));
}

// What CLI11 left over: the program and its arguments, after an optional "--".
Result<std::vector<std::string>> program_and_arguments(std::vector<std::string> rest) {
  if (!rest.empty() && rest.front() == "--") {
    rest.erase(rest.begin());
  } else if (!rest.empty() && rest.front().starts_with('-')) {
    return fail(ExitStatus::kUsage, "unknown option \"" + rest.front() +
                                        "\"; a program of that name goes after --\nTry: redoubt run --help");
  }
  if (rest.empty()) {
    return fail(ExitStatus::kUsage, "expected a program to run, found none\nTry: redoubt run -- PROGRAM [ARG...]");
  }
  return rest;
}

Result<ExitStatus> run(const RunOptions& options, std::vector<std::string> rest) {
  Result<std::vector<std::string>> command = program_and_arguments(std::move(rest));
  if (!command) return std::unexpected(command.error());
  Result<std::string> program = find_program(command->front(), search_path());
  if (!program) return std::unexpected(program.error());
  Result<std::string> runtime = find_runtime();
  if (!runtime) return std::unexpected(runtime.error());
  Result<std::vector<std::string>> arguments = runtime_options(options);
  if (!arguments) return std::unexpected(arguments.error());

  arguments->push_back("--program=" + *program);
  arguments->emplace_back("--");
  arguments->insert(arguments->end(), command->begin(), command->end());
  if (!options.quiet) std::cerr << unattested_notice() << std::flush;
  return become(*runtime, *arguments);
}

}  // namespace

Action define_run(CLI::App& app) {
  auto options = std::make_shared<RunOptions>();
  app.formatter(std::make_shared<UsageFormatter>());
  app.footer(kFooter);
  app.prefix_command();
  app.add_flag("-q,--quiet", options->quiet, "Do not print the notice that this run is unattested");
  app.add_flag("--trace", options->trace, "Print every system call, decoded, to standard error");
  app.add_option("--trace-output", options->trace_output, "Write the trace to FILE instead (implies --trace)")
      ->type_name("FILE");
  app.add_flag("--stats", options->stats, "Print counts of calls and traps to standard error when a process ends");
  app.add_option("--stats-output", options->stats_output, "Write the counts to FILE instead (implies --stats)")
      ->type_name("FILE");
  return [options, &app] { return run(*options, app.remaining()); };
}

}  // namespace redoubt::cli
