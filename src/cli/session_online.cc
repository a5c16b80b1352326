// SPDX-License-Identifier: Apache-2.0
//
// `redoubt session create|update|read|list|value`: sessions in CAS. A session is checked here before it is sent, so that all its
// mistakes are known without CAS; the hash that CAS answers with must be the one that was computed here.
#include <unistd.h>

#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/board_signature.h"
#include "cli/cas_api.h"
#include "cli/cas_options.h"
#include "cli/files.h"
#include "cli/known_cas.h"
#include "cli/session_commands.h"
#include "cli/session_file.h"
#include "cli/terminal.h"
#include "policy/session_hash.h"

namespace redoubt::cli {
namespace {

struct Options : CasOptions {
  std::string file;
  std::string name;
  std::string secret;
  std::string form;
  std::string prefix;
  std::string output;
  std::string predecessor;
  std::vector<std::string> sign;
  std::vector<std::string> signature;
};

using Json = nlohmann::ordered_json;

Result<std::vector<std::string>> signatures_of(const Options& options, const SessionFile& file) {
  std::vector<std::string> all;
  for (const std::string& key : options.sign) {
    std::string signature = TRY(sign_session(file.text, key));
    all.push_back(std::move(signature));
  }
  for (const std::string& path : options.signature) {
    std::string signature = TRY(read_signature(path));
    all.push_back(std::move(signature));
  }
  return all;
}

// Sends a checked session; prints its hash.
Result<ExitStatus> put(CasClient& cas, const Options& options, const SessionFile& file) {
  const policy::Session& session = *file.checked.session;
  const std::vector<std::string> signatures = TRY(signatures_of(options, file));
  const StoredSession stored = TRY(put_session(cas, session.name, file.text, signatures, {options.json, file.name}));
  const std::string hash = policy::session_hash(session);
  if (stored.hash != hash) {
    return fail(ExitStatus::kCasNotTrusted,
                "expected CAS to have stored the session with the hash " + hash + ", found that it answers " +
                    stored.hash +
                    "; CAS and this command understand the session differently: do not use it, "
                    "and compare their versions (redoubt cas show)");
  }
  if (options.json) {
    return print(Json{{"name", session.name}, {"hash", hash}, {"created", stored.created}}.dump(2) + "\n");
  }
  // Without a predecessor CAS changes nothing: the very session was there.
  const char* what_happened = stored.created ? "created" : session.predecessor.empty() ? "unchanged" : "updated";
  std::cerr << paint(std::cerr, Colour::kGreen, what_happened) << " \"" << session.name << "\"\n";
  return print(hash + "\n");
}

// The session in the file when it has no mistakes; warnings are printed either way.
Result<std::optional<SessionFile>> valid_session(const Options& options) {
  SessionFile file = TRY(read_session_file(options.file));
  if (options.json && !file.checked.session) {
    std::cout << policy::as_json(file.checked.mistakes);
  } else {
    print_mistakes(std::cerr, file);
  }
  if (!file.checked.session) return std::nullopt;
  return file;
}

Result<ExitStatus> create(const Options& options) {
  const std::optional<SessionFile> file = TRY(valid_session(options));
  if (!file) return ExitStatus::kSessionMistakes;
  if (!file->checked.session->predecessor.empty()) {
    return fail(ExitStatus::kUsage, "expected a new session, found one that names a predecessor in " + file->name +
                                        "; a new version is given to CAS with: redoubt session update " + options.file);
  }
  CasClient cas = TRY(connect_to_cas(options));
  return put(cas, options, *file);
}

Result<ExitStatus> update(const Options& options) {
  std::optional<SessionFile> file = TRY(valid_session(options));
  if (!file) return ExitStatus::kSessionMistakes;
  std::string predecessor;
  if (!options.predecessor.empty() && options.predecessor != "current") {
    predecessor = TRY(parse_key_hash(options.predecessor, "--predecessor"));
  }
  if (options.predecessor.empty() && file->checked.session->predecessor.empty()) {
    return fail(
        ExitStatus::kUsage,
        "expected to know which version this one replaces, found no predecessor in " + file->name +
            "; write it into the file or give --predecessor HASH, or --predecessor current to replace whatever is "
            "there");
  }
  if (options.predecessor == "current" && !options.signature.empty()) {
    return fail(ExitStatus::kUsage,
                "expected --predecessor HASH with --signature, found \"current\": the predecessor is part of what was "
                "signed; give the hash that `session sign` was given");
  }
  CasClient cas = TRY(connect_to_cas(options));
  if (options.predecessor == "current") {
    predecessor = TRY(get_session_hash(cas, file->checked.session->name, {options.json, ""}));
  }
  if (!predecessor.empty()) file = TRY(with_predecessor(*file, predecessor));
  return put(cas, options, *file);
}

Result<ExitStatus> read(const Options& options) {
  CasClient cas = TRY(connect_to_cas(options));
  const std::string yaml = TRY(get_session(cas, options.name, {options.json, ""}));
  if (!options.output.empty() && options.output != "-") {
    TRY_VOID(replace_private_file(options.output, yaml));
    return ExitStatus::kSuccess;
  }
  if (options.json) {
    const policy::CheckedSession checked = policy::check_session(yaml);
    Json json = {{"name", options.name}, {"hash", nullptr}, {"yaml", yaml}};
    if (checked.session) json["hash"] = policy::session_hash(*checked.session);
    return print(json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  }
  // Somebody else may have written it.
  return print(isatty(STDOUT_FILENO) != 0 ? printable(yaml, true) : yaml);
}

Result<ExitStatus> list(const Options& options) {
  CasClient cas = TRY(connect_to_cas(options));
  const std::vector<std::string> names = TRY(list_sessions(cas, options.prefix, {options.json, ""}));
  if (options.json) return print(Json(names).dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  std::string lines;
  for (const std::string& name : names) lines += printable(name) + "\n";
  return print(lines);
}

Result<ExitStatus> value(const Options& options) {
  CasClient cas = TRY(connect_to_cas(options));
  const std::string bytes = TRY(get_public_value(cas, options.name, options.secret, options.form, {options.json, ""}));
  if (options.output.empty() || options.output == "-") return print(bytes);
  TRY_VOID(replace_private_file(options.output, bytes));
  return ExitStatus::kSuccess;
}

constexpr const char* kCreateFooter =
    "Prints the hash of the new session. Explicit values of secrets go to CAS only; it makes the others itself.\n"
    "\n"
    "Examples:\n"
    "  redoubt session create cache.yml\n"
    "  redoubt session create cache.yml --sign alice.pem --sign bob.pem\n"
    "\n";
constexpr const char* kUpdateFooter =
    "Prints the hash of the new version. Which version it replaces must be said: `predecessor` in the file, or\n"
    "--predecessor, which adds that line to what is sent. CAS refuses when another version is there.\n"
    "\n"
    "Examples:\n"
    "  redoubt session update cache.yml\n"
    "  redoubt session update cache.yml --predecessor \"$(redoubt session hash old.yml)\"\n"
    "  redoubt session update cache.yml --predecessor current     whatever is there\n"
    "\n";
constexpr const char* kReadFooter =
    "The text as it was given to CAS, explicit values of secrets included: --output writes it for you alone to read.\n"
    "\n"
    "Examples:\n"
    "  redoubt session read shop/cache\n"
    "  redoubt session read shop/cache --output cache.yml\n"
    "\n";
constexpr const char* kListFooter =
    "Only sessions whose access_policy lets you list them.\n"
    "\n"
    "Examples:\n"
    "  redoubt session list\n"
    "  redoubt session list shop/ --json | jq length\n"
    "\n";
constexpr const char* kValueFooter =
    "Only secrets with export_public have a public value. Forms are those of variables: crt:der, spki:pem, chain, hex, "
    "...\n"
    "\n"
    "Examples:\n"
    "  redoubt session value shop/cache ca > ca.pem\n"
    "  redoubt session value shop/cache ca --form crt:der --output ca.der\n"
    "\n";

std::shared_ptr<Options> with_cas(CLI::App& app, const char* footer) {
  auto options = std::make_shared<Options>();
  app.footer(std::string(footer) + kCasFooter);
  add_cas_options(app, *options);
  return options;
}

void add_session_file(CLI::App& app, Options& options) {
  app.add_option("FILE", options.file, "The session in YAML; - for standard input")->required();
  app.add_option("--sign", options.sign, "Sign with this board member's private key (PEM); may be repeated")
      ->type_name("FILE")
      ->allow_extra_args(false);
  app.add_option("--signature", options.signature, "Add a signature of `session sign`; may be repeated")
      ->type_name("FILE")
      ->allow_extra_args(false);
}

}  // namespace

Action define_session_create(CLI::App& app) {
  auto options = with_cas(app, kCreateFooter);
  add_session_file(app, *options);
  return [options] { return create(*options); };
}

Action define_session_update(CLI::App& app) {
  auto options = with_cas(app, kUpdateFooter);
  add_session_file(app, *options);
  app.add_option("--predecessor", options->predecessor,
                 "The hash of the version that this one replaces, or \"current\"")
      ->type_name("HASH");
  return [options] { return update(*options); };
}

Action define_session_read(CLI::App& app) {
  auto options = with_cas(app, kReadFooter);
  app.add_option("NAME", options->name, "The session's name, such as shop/cache")->required();
  app.add_option("-o,--output", options->output, "Write it to FILE, which only you can read")->type_name("FILE");
  return [options] { return read(*options); };
}

Action define_session_list(CLI::App& app) {
  auto options = with_cas(app, kListFooter);
  app.add_option("PREFIX", options->prefix, "Only names that begin with this");
  return [options] { return list(*options); };
}

Action define_session_value(CLI::App& app) {
  auto options = with_cas(app, kValueFooter);
  app.add_option("SESSION", options->name, "The session's name")->required();
  app.add_option("SECRET", options->secret, "The secret's name")->required();
  app.add_option("--form", options->form, "The form of it");
  app.add_option("-o,--output", options->output, "Write it to FILE")->type_name("FILE");
  return [options] { return value(*options); };
}

}  // namespace redoubt::cli
