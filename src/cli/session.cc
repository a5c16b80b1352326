// SPDX-License-Identifier: Apache-2.0
//
// `redoubt session`: what can be done with a session at the desk, without CAS. `check` says everything that is wrong with it,
// `hash` prints what identifies it. The file is read here; everything else is src/policy.
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>

#include "cli/command.h"
#include "cli/terminal.h"
#include "policy/check.h"
#include "policy/session_hash.h"
#include "policy/yaml_document.h"

namespace redoubt::cli {
namespace {

struct Options {
  std::string file;
  bool json = false;
};

// At most one byte more than a session may have, so that a device without end does not fill the memory.
Result<std::string> read_all(std::istream& stream, const std::string& name) {
  std::string text(policy::kMaxTextSize + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (stream.bad()) return fail(ExitStatus::kUsage, "cannot read \"" + name + "\": " + std::strerror(errno));
  text.resize(static_cast<size_t>(stream.gcount()));
  return text;
}

Result<std::string> read_file(const std::string& name) {
  if (name == "-") return read_all(std::cin, "standard input");
  errno = 0;
  std::ifstream stream(name, std::ios::binary);
  if (!stream) {
    return fail(ExitStatus::kUsage,
                "expected a file that can be read, found \"" + name + "\": " + std::strerror(errno));
  }
  return read_all(stream, name);
}

void print(std::ostream& stream, const std::string& file, const std::vector<policy::Mistake>& mistakes) {
  for (const policy::Mistake& one : mistakes) {
    const Colour colour = one.severity == policy::Severity::kError ? Colour::kRed : Colour::kYellow;
    stream << paint(stream, colour, file) << ':' << policy::describe(one) << '\n';
  }
}

Result<ExitStatus> check(const Options& options) {
  const Result<std::string> text = read_file(options.file);
  if (!text) return std::unexpected(text.error());
  const policy::CheckedSession checked = policy::check_session(*text);
  const std::string name = options.file == "-" ? "standard input" : options.file;
  if (options.json) {
    std::cout << policy::as_json(checked.mistakes);
  } else {
    print(std::cout, name, checked.mistakes);
    if (checked.session) {
      std::cout << name << ": the session \"" << checked.session->name << "\" is valid";
      if (!checked.mistakes.empty()) std::cout << ", with " << checked.mistakes.size() << " warnings";
      std::cout << '\n';
    }
  }
  if (!std::cout.flush()) return fail(ExitStatus::kRedoubtFailed, "cannot write to standard output");
  return checked.session ? ExitStatus::kSuccess : ExitStatus::kSessionMistakes;
}

Result<ExitStatus> hash(const Options& options) {
  const Result<std::string> text = read_file(options.file);
  if (!text) return std::unexpected(text.error());
  const policy::CheckedSession checked = policy::check_session(*text);
  if (!checked.session) {
    print(std::cerr, options.file, checked.mistakes);
    return ExitStatus::kSessionMistakes;
  }
  std::cout << policy::session_hash(*checked.session) << '\n';
  if (!std::cout.flush()) return fail(ExitStatus::kRedoubtFailed, "cannot write to standard output");
  return ExitStatus::kSuccess;
}

constexpr const char* kFooter =
    "Examples:\n"
    "  redoubt session check cache.yml\n"
    "  redoubt session check --json cache.yml | jq '.[] | select(.severity == \"error\")'\n"
    "  envsubst < template.yml | redoubt session check -\n"
    "  redoubt session hash cache.yml        the predecessor that the next version names\n"
    "\n"
    "Exit status: 0 the session is valid (warnings allowed); 1 it has mistakes;\n"
    "  2 the command line is wrong or the file cannot be read; 125 Redoubt itself failed";

constexpr const char* kCheckFooter =
    "One line a mistake: FILE:LINE:COLUMN: error: KEY: expected ..., found ...; what to do. With --json, an array of\n"
    "objects: severity (error, warning), line, column, where, expected, found, hint. All mistakes are found at once.\n"
    "\n"
    "Examples:\n"
    "  redoubt session check cache.yml\n"
    "  redoubt session check --json cache.yml";

constexpr const char* kHashFooter =
    "The hash stays the same when only the formatting, comments or the order of keys change.\n"
    "\n"
    "Examples:\n"
    "  redoubt session hash cache.yml\n"
    "  echo \"predecessor: $(redoubt session hash old.yml)\" >> new.yml";

}  // namespace

Action define_session(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.footer(kFooter);
  app.require_subcommand(1);
  CLI::App* check_command = app.add_subcommand("check", "Find every mistake in a session, offline");
  check_command->footer(kCheckFooter);
  check_command->add_option("FILE", options->file, "The session in YAML; - for standard input")->required();
  check_command->add_flag("--json", options->json, "Print a JSON array instead of lines");
  CLI::App* hash_command = app.add_subcommand("hash", "Print the hash that identifies a session");
  hash_command->footer(kHashFooter);
  hash_command->add_option("FILE", options->file, "The session in YAML; - for standard input")->required();
  return [options, check_command] { return check_command->parsed() ? check(*options) : hash(*options); };
}

}  // namespace redoubt::cli
