// SPDX-License-Identifier: Apache-2.0
//
// `redoubt run`: finds what is to run and the runtime, says what is promised and what is not, and becomes the runtime:
//
//   redoubt-run --launch [--trace] [--trace-filter=LIST] [--trace-output=FILE] [--stats] [--stats-output=FILE]
//               [--insecure-manifest=FILE] --program=PATH -- ARGV0 ARG...
//   redoubt-run --attested=FD -- ARG...                     (attested_run.h)
//
// PATH is what execvp would have executed, ARGV0 what was typed, FILEs are absolute. Environment, descriptors, directory
// and signal dispositions pass through unchanged. Since this process is replaced, the exit status is the program's.
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/attested_run.h"
#include "cli/become.h"
#include "cli/command.h"
#include "cli/find_program.h"
#include "cli/outside_volumes.h"
#include "cli/promises.h"
#include "cli/runtime_location.h"
#include "policy/mistake.h"
#include "shim/syscalls/trace_filter.h"

namespace redoubt::cli {
namespace {

constexpr const char* kFooter =
    "Everything after PROGRAM belongs to the program, options included. PROGRAM is looked up in PATH unless it holds "
    "a\n"
    "slash.\n"
    "\n"
    "With --session (or REDOUBT_CONFIG_ID=SESSION/SERVICE[@PASSWORD], or SCONE_CONFIG_ID) the run is attested: CAS "
    "verifies\n"
    "it, and the session says which program runs with which arguments, environment and files. What follows -- is then "
    "for\n"
    "the session's @@1, @@2, ...; REDOUBT_SERVICE_ACCESS_TOKEN is passed to CAS.\n"
    "\n"
    "Examples:\n"
    "  redoubt run -- redis-server --port 6379\n"
    "  redoubt run --trace --trace-output trace.txt -- ls -l /\n"
    "  redoubt run -q --trace-filter '%file,failed' -- python3 program.py\n"
    "  redoubt run -q --stats -- python3 -c 'print(1)'\n"
    "  redoubt run --session shop/cache/memcached\n"
    "  REDOUBT_CONFIG_ID=shop/cache/memcached redoubt run --cas cas.example:18765 -- first-argument\n"
    "\n"
    "Exit status: the program's own (a signal that kills the program kills this command), or\n"
    "  2    the command line is wrong\n"
    "  3    the host name of CAS cannot be resolved\n"
    "  120  attested: CAS refused, or a file is not what the session says\n"
    "  125  Redoubt itself failed, before or while running the program\n"
    "  126  PROGRAM was found but cannot be executed\n"
    "  127  PROGRAM was not found";

// CLI11 knows nothing of the program that follows the options.
class UsageFormatter : public CLI::Formatter {
 public:
  std::string make_usage(const CLI::App*, std::string) const override {
    return "Usage: redoubt run [OPTIONS] [--] PROGRAM [ARG...]\n"
           "       redoubt run [OPTIONS] --session SESSION/SERVICE [-- ARG...]\n";
  }
};

struct RunOptions {
  AttestedOptions attested;
  Observation observation;
  std::optional<std::string> trace_filter;
  std::string insecure_manifest;
  bool no_patch = false;
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

Result<void> make_absolute(std::string& file) {
  if (!file.empty()) file = TRY(absolute(file));
  return {};
}

// The arguments of the runtime before "--program=...". Precondition: paths are absolute.
std::vector<std::string> runtime_options(const RunOptions& options) {
  const Observation& watch = options.observation;
  std::vector<std::string> arguments = {"redoubt-run", "--launch"};
  if (watch.trace) arguments.emplace_back("--trace");
  if (!watch.trace_filter.empty()) arguments.push_back("--trace-filter=" + watch.trace_filter);
  if (!watch.trace_output.empty()) arguments.push_back("--trace-output=" + watch.trace_output);
  if (watch.stats) arguments.emplace_back("--stats");
  if (!watch.stats_output.empty()) arguments.push_back("--stats-output=" + watch.stats_output);
  if (options.attested.patch_after >= 0) {
    arguments.push_back("--patch-after=" + std::to_string(options.attested.patch_after));
  }
  if (!options.insecure_manifest.empty()) arguments.push_back("--insecure-manifest=" + options.insecure_manifest);
  return arguments;
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

// "%file, %desc, ..."
std::string call_families() {
  std::vector<std::string_view> families;
  std::ranges::copy_if(shim::trace_filter_words(), std::back_inserter(families),
                       [](std::string_view word) { return word.starts_with('%'); });
  return policy::listed(families);
}

Result<void> check_trace_filter(const std::string& list) {
  const auto filter = shim::parse_trace_filter(list);
  if (filter && !list.empty()) return {};
  const std::string_view found = filter ? "" : filter.error();
  const std::string_view near =
      policy::nearest(found.substr(found.starts_with('!') ? 1 : 0), shim::trace_filter_words());
  return fail(ExitStatus::kUsage,
              "--trace-filter: expected " + std::string(shim::kTraceFilterExpected) + ", found " +
                  policy::quoted(found) +
                  (near.empty() ? "\nTry: redoubt run --help" : "; did you mean " + policy::quoted(near) + "?"));
}

Result<ExitStatus> run_unattested(const RunOptions& options, std::vector<std::string> rest) {
  const std::vector<std::string> command = TRY(program_and_arguments(std::move(rest)));
  const std::string program = TRY(find_program(command.front(), search_path()));
  const std::string runtime = TRY(find_runtime());
  std::vector<std::string> arguments = runtime_options(options);
  arguments.push_back("--program=" + program);
  arguments.emplace_back("--");
  arguments.insert(arguments.end(), command.begin(), command.end());
  if (!options.observation.quiet) std::cerr << unattested_notice() << std::flush;
  unsetenv("REDOUBT_RESUME");  // from one image of the runtime to the next, never from whoever calls us
  return become(runtime, std::move(arguments), "the runtime");
}

// The host's arguments for a session: only after "--", so that nobody takes them for a program.
Result<std::vector<std::string>> host_arguments(std::vector<std::string> rest) {
  if (rest.empty()) return rest;
  if (rest.front() != "--") {
    const bool option = rest.front().starts_with('-');
    return fail(ExitStatus::kUsage,
                "expected no " + std::string(option ? "such option" : "program") + " in an attested run, found \"" +
                    rest.front() +
                    "\"; the session's command decides what runs. Arguments for its @@1, @@2, ... go after "
                    "--; to run unattested, unset REDOUBT_CONFIG_ID and SCONE_CONFIG_ID\n"
                    "Try: redoubt run --help");
  }
  rest.erase(rest.begin());
  return rest;
}

Result<ExitStatus> run(RunOptions options, std::vector<std::string> rest) {
  Observation& watch = options.observation;
  watch.trace = watch.trace || !watch.trace_output.empty() || options.trace_filter;
  watch.stats = watch.stats || !watch.stats_output.empty();
  if (options.trace_filter) {
    TRY_VOID(check_trace_filter(*options.trace_filter));
    watch.trace_filter = *options.trace_filter;
  }
  for (std::string* output : {&watch.trace_output, &watch.stats_output}) {
    if (output->empty()) continue;
    TRY_VOID(check_outside_volumes(*output));
    TRY_VOID(make_absolute(*output));
  }
  TRY_VOID(make_absolute(options.insecure_manifest));
  if (options.no_patch) options.attested.patch_after = 0;
  const std::optional<ConfigId> id = TRY(wanted_configuration(options.attested));
  if (!id) return run_unattested(options, std::move(rest));
  if (!options.insecure_manifest.empty()) {
    return fail(ExitStatus::kUsage,
                "expected --insecure-manifest in unattested runs only: what an attested run may load, its "
                "session says");
  }
  const std::vector<std::string> arguments = TRY(host_arguments(std::move(rest)));
  return run_attested(options.attested, *id, watch, arguments);
}

}  // namespace

Action define_run(CLI::App& app) {
  auto options = std::make_shared<RunOptions>();
  app.formatter(std::make_shared<UsageFormatter>());
  app.footer(kFooter);
  app.prefix_command();
  Observation& watch = options->observation;
  app.add_flag("-q,--quiet", watch.quiet, "Do not print what this run promises and what not");
  app.add_flag("--trace", watch.trace, "Print every system call, decoded, to standard error");
  app.add_option("--trace-filter", options->trace_filter,
                 "Trace only what LIST asks for (implies --trace): calls (openat), families (" + call_families() +
                     "), fd=NUMBER, failed, and with ! before it what it does not: '!%memory,!futex'")
      ->type_name("LIST");
  app.add_option("--trace-output", watch.trace_output, "Write the trace to FILE instead (implies --trace)")
      ->type_name("FILE");
  app.add_flag("--stats", watch.stats,
               "Print counts of calls and traps, and the time in the shim, to standard error when a process ends");
  app.add_option("--stats-output", watch.stats_output, "Write the counts to FILE instead (implies --stats)")
      ->type_name("FILE");
  CLI::Option* no_patch = app.add_flag("--no-patch", options->no_patch,
                                       "Never rewrite call sites: every system call traps (for debuggers, and "
                                       "programs that hash their own code)");
  app.add_option("--patch-after", options->attested.patch_after, "Rewrite a call site after its Nth trap (default 12)")
      ->type_name("N")
      ->check(CLI::Range(1, 254))
      ->excludes(no_patch);
  app.add_option("--session", options->attested.session, "Run this service of a session, attested (REDOUBT_CONFIG_ID)")
      ->type_name("SESSION/SERVICE");
  add_cas_address_options(app, options->attested);
  app.add_option("--las", options->attested.las,
                 "The socket of LAS (REDOUBT_LAS_ADDR; default /run/redoubt/las.sock, or your own)")
      ->type_name("SOCKET");
  app.add_flag("--insecure-unsealed-keys", options->attested.insecure_unsealed_keys,
               "Attested: keep keys in ordinary memory where the kernel has no memfd_secret");
  app.add_option("--insecure-manifest", options->insecure_manifest,
                 "Unattested: see only the files that FILE lists, as an attested run would")
      ->type_name("FILE");
  return [options, &app] { return run(*options, app.remaining()); };
}

}  // namespace redoubt::cli
