// SPDX-License-Identifier: Apache-2.0
//
// `redoubt measure`: which files a program is made of, as the `code:` of a session. What belongs to a closure is decided in
// src/measure; here is what was asked for, what is left out of an observation, and what people are told.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/find_program.h"
#include "cli/measure_observed.h"
#include "cli/outside_volumes.h"
#include "cli/terminal.h"
#include "measure/closure.h"
#include "measure/file_hashes.h"
#include "measure/fragment.h"
#include "measure/observe.h"
#include "measure/runtimes.h"
#include "policy/syntax.h"
#include "policy/yaml_document.h"

namespace redoubt::cli {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string program;
  std::vector<std::string> arguments;
  std::vector<std::string> with;
  std::string library_path;
  std::vector<std::string> host_directories;
  bool observe = false;
  bool working_directory = false;
  std::optional<int> seconds;
  bool json = false;
  bool quiet = false;
  std::string service;
  std::string output = "-";
  std::string manifest;
};

std::unexpected<Error> not_measured(const redoubt::Error& error) {
  return fail(ExitStatus::kNotMeasured, error.message);
}

// As people typed it, so that a link in a path stays one; only "." and ".." at the front are resolved with the directory.
Result<std::string> absolute(const std::string& path) {
  std::error_code error;
  const fs::path whole = fs::absolute(path, error);
  if (error) return fail(ExitStatus::kRedoubtFailed, "cannot make \"" + path + "\" absolute: " + error.message());
  return whole.string();
}

std::string found_in_path(const std::string& name) {
  const Result<std::string> found = find_program(name, search_path());
  const Result<std::string> whole = found ? absolute(*found) : found;
  return whole ? *whole : "";
}

std::string shell_word(const std::string& word) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+=:,@%";
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) return word;
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + '\'';
}

std::string command_line(const Options& options) {
  std::string line = "redoubt measure " + shell_word(options.program);
  for (const std::string& path : options.with) line += " --with " + shell_word(path);
  if (!options.library_path.empty()) line += " --library-path " + shell_word(options.library_path);
  if (options.working_directory) line += " --working-directory";
  if (options.observe) line += " --observe --";
  // Arguments may hold what nobody should find in a session.
  if (!options.arguments.empty()) line += " ... (" + std::to_string(options.arguments.size()) + " arguments)";
  return line;
}

class Reporter {
 public:
  explicit Reporter(bool quiet) : quiet_(quiet), terminal_(isatty(STDERR_FILENO) != 0) {}

  void say(const std::string& text) const {
    if (!quiet_) std::cerr << "redoubt: " << text << '\n';
  }
  void warn(const std::string& text) const {
    std::cerr << paint(std::cerr, Colour::kYellow, "redoubt:") << ' ' << text << '\n';
  }
  // At most ten times a second, and on a terminal only.
  void progress(size_t done, size_t count, uint64_t bytes) {
    if (quiet_ || !terminal_ || count < 100) return;
    const auto now = std::chrono::steady_clock::now();
    if (done != count && now - last_ < std::chrono::milliseconds(100)) return;
    last_ = now;
    std::cerr << "\rhashed " << done << " of " << count << " files, " << measure::size_text(bytes) << "   "
              << (done == count ? "\n" : "") << std::flush;
  }

 private:
  bool quiet_;
  bool terminal_;
  std::chrono::steady_clock::time_point last_;
};

Result<void> write_to(const std::string& name, std::string_view bytes) {
  if (name == "-") {
    std::cout << bytes;
    if (!std::cout.flush()) return fail(ExitStatus::kRedoubtFailed, "cannot write to standard output");
    return {};
  }
  TRY_VOID(check_outside_volumes(name));
  errno = 0;
  std::ofstream stream(name, std::ios::binary | std::ios::trunc);
  stream << bytes;
  if (!stream.flush()) {
    return fail(ExitStatus::kRedoubtFailed, "cannot write \"" + name + "\": " + std::strerror(errno));
  }
  return {};
}

Result<void> check_usage(const Options& options) {
  if (!options.arguments.empty() && !options.observe) {
    return fail(ExitStatus::kUsage, "expected no arguments for the program without --observe, found \"" +
                                        options.arguments[0] + "\"\nTry: redoubt measure " + options.program +
                                        " --observe -- " + options.arguments[0]);
  }
  if ((options.seconds || options.working_directory) && !options.observe) {
    return fail(ExitStatus::kUsage, "--for and --working-directory go with --observe");
  }
  for (const std::string& path : options.host_directories) {
    if (policy::is_clean_path(path)) continue;
    return fail(ExitStatus::kUsage,
                "expected an absolute path without . and .. as --host-directory, found \"" + path + '"');
  }
  if (!options.host_directories.empty() && options.service.empty() && options.manifest.empty()) {
    return fail(ExitStatus::kUsage, "--host-directory goes with --service or --manifest");
  }
  if (options.json && !options.service.empty()) return fail(ExitStatus::kUsage, "either --json or --service");
  if (!options.service.empty() && !policy::is_identifier(options.service)) {
    return fail(ExitStatus::kUsage,
                "expected a name of letters, digits, - . _ ~ as service, found \"" + options.service + '"');
  }
  return {};
}

Result<void> observe_into(const Options& options, const std::string& program, measure::Closure& closure,
                          Reporter& reporter) {
  measure::ObservedProgram observed = {program, {options.program}, options.seconds};
  observed.arguments.insert(observed.arguments.end(), options.arguments.begin(), options.arguments.end());
  if (options.program.contains('/')) observed.arguments[0] = program;
  reporter.say("running " + program + " unprotected, to see which files it uses" +
               (options.seconds ? "; it is ended after " + std::to_string(*options.seconds) + " s" : ""));
  const auto seen = measure::observe(observed);
  if (!seen) return not_measured(seen.error());
  if (seen->exit_status != 0 && !seen->stopped) {
    reporter.warn("the observed program ended with status " + std::to_string(seen->exit_status) +
                  ", so what it did not reach is missing");
  }
  const auto report = add_observed(*seen, options.working_directory, closure);
  if (!report) return not_measured(report.error());
  for (const std::string& line : report->lines) reporter.say(line);
  for (const std::string& line : report->warnings) reporter.warn(line);
  return {};
}

Result<measure::Measurement> hash(const Options& options, const std::string& program, const measure::Closure& closure,
                                  Reporter& reporter) {
  std::vector<std::string> paths;
  for (const auto& [path, file] : closure.files()) paths.push_back(path);
  const auto hashes =
      measure::hash_files(paths, [&](size_t done, uint64_t bytes) { reporter.progress(done, paths.size(), bytes); });
  if (!hashes) return not_measured(hashes.error());
  measure::Measurement measurement;
  measurement.program = program;
  measurement.command_line = command_line(options);
  measurement.links = closure.links();
  measurement.notes = closure.notes();
  measurement.host_directories = options.host_directories;
  for (const auto& [path, file] : closure.files()) measurement.files[path] = {hashes->at(path), file.why};
  return measurement;
}

void report_missing(const Options& options, measure::Closure& closure, Reporter& reporter) {
  const std::vector<std::string> missing = closure.missing_libraries();
  for (const std::string& one : missing) {
    reporter.warn(
        "found nowhere: " + one +
        (options.library_path.empty() ? "; if the session sets LD_LIBRARY_PATH, give it as --library-path" : ""));
  }
  if (options.observe || !options.with.empty()) return;
  const std::string hint = measure::hint_for(closure.programs());
  if (!hint.empty()) reporter.warn(hint);
}

Result<ExitStatus> run(const Options& options) {
  const Result<void> usage = check_usage(options);
  if (!usage) return std::unexpected(usage.error());
  Reporter reporter(options.quiet);
  const Result<std::string> found = find_program(options.program, search_path());
  const Result<std::string> program = found ? absolute(*found) : found;
  if (!program) return std::unexpected(program.error());

  measure::Closure closure(found_in_path, options.library_path);
  if (const auto added = closure.add_program(*program, "the program"); !added) return not_measured(added.error());
  for (const std::string& path : options.with) {
    const Result<std::string> whole = absolute(path);
    if (!whole) return std::unexpected(whole.error());
    if (const auto added = closure.add_tree(*whole, "named by --with " + path); !added)
      return not_measured(added.error());
  }
  if (options.observe) {
    const Result<void> observed = observe_into(options, *program, closure, reporter);
    if (!observed) return std::unexpected(observed.error());
  }
  for (const std::string& note : closure.notes()) reporter.warn(note);
  report_missing(options, closure, reporter);

  const Result<measure::Measurement> measurement = hash(options, *program, closure, reporter);
  if (!measurement) return std::unexpected(measurement.error());
  const std::vector<std::string> unwritable = measure::unwritable_paths(*measurement);
  if (!unwritable.empty()) {
    return fail(ExitStatus::kNotMeasured, "a session cannot name \"" + unwritable[0] +
                                              "\": expected paths in UTF-8 without control characters; rename it");
  }
  const std::string text =
      options.json ? measure::as_json(*measurement) : measure::as_yaml(*measurement, options.service);
  if (!options.json && text.size() > policy::kMaxTextSize) {
    reporter.warn("the fragment has " + std::to_string(text.size()) + " bytes, and a session at most " +
                  std::to_string(policy::kMaxTextSize) + ": name fewer files, or put the program on a volume");
  }
  if (!options.manifest.empty()) {
    const Result<void> written = write_to(options.manifest, as_text(measure::as_manifest(*measurement)));
    if (!written) return std::unexpected(written.error());
  }
  const Result<void> written = write_to(options.output, text);
  if (!written) return std::unexpected(written.error());
  return ExitStatus::kSuccess;
}

constexpr const char* kFooter =
    "Writes every file that PROGRAM needs as `code:` of a session: path and SHA-256, and each symbolic link on the "
    "way.\n"
    "Found by themselves: scripts' interpreters, the loader, libraries by ld.so's rules, /etc/ld.so.cache. What a "
    "program\n"
    "opens by rules of its own (modules, configuration) is named --with PATH or seen by --observe, which runs PROGRAM "
    "on\n"
    "this machine, unprotected. Review the result: whatever is in it, the program may load. Of an observation, /proc, "
    "/sys,\n"
    "/dev, /tmp, what the program wrote and what is below the working directory stay out.\n"
    "\n"
    "Examples:\n"
    "  redoubt measure redis-server\n"
    "  redoubt measure redis-server --with /etc/redis --output redis.code.yml\n"
    "  redoubt measure nginx --service web --for 5 --observe -- -g 'daemon off;'\n"
    "  redoubt measure python3 --with ./app.py --observe -- ./app.py --once\n"
    "  redoubt measure java --with app.jar --observe -- -jar app.jar\n"
    "  redoubt measure ./static-go-binary --json | jq -r '.files[].path'\n"
    "\n"
    "Exit status: 0 measured; 1 something that belongs to it cannot be measured; 2 the command line is wrong;\n"
    "  125 Redoubt itself failed; 126 PROGRAM cannot be executed; 127 PROGRAM was not found";

// CLI11 shows options first, and knows nothing of "--".
class UsageFormatter : public CLI::Formatter {
 public:
  std::string make_usage(const CLI::App*, std::string) const override {
    return "Usage: redoubt measure PROGRAM [--with PATH]... [OPTIONS] [--observe -- [ARG...]]\n";
  }
};

}  // namespace

Action define_measure(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.formatter(std::make_shared<UsageFormatter>());
  app.footer(kFooter);
  app.add_option("PROGRAM", options->program, "Looked up in PATH unless it holds a slash")->required();
  app.add_option("ARG", options->arguments, "Arguments of the observed run, after --");
  app.add_option("--with", options->with, "Also this file, or all below this directory; libraries of ELF files follow")
      ->type_name("PATH")
      ->allow_extra_args(false);
  app.add_option("--library-path", options->library_path, "What LD_LIBRARY_PATH will be in the session")
      ->type_name("DIRS");
  app.add_flag("--observe", options->observe, "Run PROGRAM with the ARGs, unprotected, and add the files it uses");
  app.add_option("--for", options->seconds, "End the observed program after SECONDS (SIGTERM, then SIGKILL)")
      ->type_name("SECONDS")
      ->check(CLI::Range(1, 86400));
  app.add_flag("--working-directory", options->working_directory, "Also what was observed below the working directory");
  app.add_option("--service", options->service, "Write a whole service of this name")->type_name("NAME");
  app.add_flag("--json", options->json, "Write JSON: path, sha256, size and reason of each file, links, notes");
  app.add_option("-o,--output", options->output, "Write to FILE; - for standard output")->type_name("FILE");
  app.add_option("--host-directory", options->host_directories,
                 "For --service and --manifest: a host.directories entry")
      ->type_name("DIR")
      ->allow_extra_args(false);
  app.add_option("--manifest", options->manifest, "Also write the list as CAS sends it to the runtime")
      ->type_name("FILE");
  app.add_flag("-q,--quiet", options->quiet, "Warnings only on standard error");
  return [options] { return run(*options); };
}

}  // namespace redoubt::cli
