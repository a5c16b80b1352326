// SPDX-License-Identifier: Apache-2.0
//
// `redoubt session check|hash|sign`: what can be done with a session at the desk, without CAS. `check` says everything that is
// wrong with it, `hash` prints what identifies it, `sign` makes a board member's signature.
#include <iostream>
#include <memory>
#include <string>

#include "cli/board_signature.h"
#include "cli/known_cas.h"
#include "cli/session_commands.h"
#include "cli/session_file.h"
#include "cli/terminal.h"
#include "policy/session_hash.h"

namespace redoubt::cli {
namespace {

struct Options {
  std::string file;
  bool json = false;
  std::string key;
  std::string predecessor;
};

Result<ExitStatus> flushed(ExitStatus status) {
  if (!std::cout.flush()) return fail(ExitStatus::kRedoubtFailed, "cannot write to standard output");
  return status;
}

Result<ExitStatus> check(const Options& options) {
  const SessionFile file = TRY(read_session_file(options.file));
  const policy::CheckedSession& checked = file.checked;
  if (options.json) {
    std::cout << policy::as_json(checked.mistakes);
  } else {
    print_mistakes(std::cout, file);
    if (checked.session) {
      std::cout << file.name << ": the session \"" << checked.session->name << "\" is valid";
      if (!checked.mistakes.empty()) std::cout << ", with " << count_of(checked.mistakes.size(), "warning");
      std::cout << '\n';
    }
  }
  return flushed(checked.session ? ExitStatus::kSuccess : ExitStatus::kSessionMistakes);
}

Result<ExitStatus> hash(const Options& options) {
  const SessionFile file = TRY(read_session_file(options.file));
  if (!file.checked.session) {
    print_mistakes(std::cerr, file);
    return ExitStatus::kSessionMistakes;
  }
  std::cout << policy::session_hash(*file.checked.session) << '\n';
  return flushed(ExitStatus::kSuccess);
}

Result<ExitStatus> sign(const Options& options) {
  SessionFile file = TRY(read_session_file(options.file));
  if (!file.checked.session) {
    print_mistakes(std::cerr, file);
    return ExitStatus::kSessionMistakes;
  }
  if (!options.predecessor.empty()) {
    const std::string predecessor = TRY(parse_key_hash(options.predecessor, "--predecessor"));
    file = TRY(with_predecessor(file, predecessor));
  }
  const std::string signature = TRY(sign_session(file.text, options.key));
  std::cout << signature << '\n';
  return flushed(ExitStatus::kSuccess);
}

constexpr const char* kCheckFooter =
    "One line a mistake: FILE:LINE:COLUMN: error: KEY: expected ..., found ...; what to do. With --json, an array of\n"
    "objects: severity (error, warning), line, column, where, expected, found, hint. All mistakes are found at once.\n"
    "\n"
    "Examples:\n"
    "  redoubt session check cache.yml\n"
    "  redoubt session check --json cache.yml | jq '.[] | select(.severity == \"error\")'\n"
    "  envsubst < template.yml | redoubt session check -\n"
    "\n"
    "Exit status: 0 the session is valid (warnings allowed); 1 it has mistakes; 2 the command line is wrong or the "
    "file\n"
    "  cannot be read; 125 Redoubt itself failed";

constexpr const char* kHashFooter =
    "The hash stays the same when only the formatting, comments or the order of keys change.\n"
    "\n"
    "Examples:\n"
    "  redoubt session hash cache.yml        the predecessor that the next version names\n"
    "  echo \"predecessor: $(redoubt session hash old.yml)\" >> new.yml\n"
    "\n"
    "Exit status: 0 printed; 1 the session has mistakes; 2 the command line is wrong or the file cannot be read;\n"
    "  125 Redoubt itself failed";

constexpr const char* kSignFooter =
    "For sessions whose access_policy wants signers (a board). Signed is the text that is sent to CAS, byte for byte: "
    "sign\n"
    "the final file, and with the same --predecessor that `session update` is given. Prints the signature in base64.\n"
    "\n"
    "Examples:\n"
    "  redoubt session sign cache.yml --key alice.pem > alice.sig\n"
    "  redoubt session update cache.yml --signature alice.sig --signature bob.sig\n"
    "\n"
    "Exit status: 0 signed; 1 the session has mistakes; 2 the command line is wrong or a file cannot be read;\n"
    "  125 Redoubt itself failed";

std::shared_ptr<Options> with_file(CLI::App& app, const char* footer) {
  auto options = std::make_shared<Options>();
  app.footer(footer);
  app.add_option("FILE", options->file, "The session in YAML; - for standard input")->required();
  return options;
}

}  // namespace

Action define_session_check(CLI::App& app) {
  auto options = with_file(app, kCheckFooter);
  app.add_flag("--json", options->json, "Print a JSON array instead of lines");
  return [options] { return check(*options); };
}

Action define_session_hash(CLI::App& app) {
  auto options = with_file(app, kHashFooter);
  return [options] { return hash(*options); };
}

Action define_session_sign(CLI::App& app) {
  auto options = with_file(app, kSignFooter);
  app.add_option("--key", options->key, "The signer's private key in PEM, Ed25519 or P-384")
      ->required()
      ->type_name("FILE");
  app.add_option("--predecessor", options->predecessor, "Sign it with this predecessor added")->type_name("HASH");
  return [options] { return sign(*options); };
}

}  // namespace redoubt::cli
