// SPDX-License-Identifier: Apache-2.0
//
// `redoubt audit`: the audit log of a CAS, read where it lies. What makes it trustworthy is src/cas/audit/chain.h: each line is
// signed and holds the hash of the one before. The key that verifies it must come from elsewhere than the log: whoever can
// change the one beside it could change both, so that is used only when it is named, or fetched from a CAS whose key is pinned.
// A log that ends early is intact as far as it goes: how far is printed, and --at-least demands a sequence number.
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "cas/audit/chain.h"
#include "cli/cas_api.h"
#include "cli/cas_options.h"
#include "cli/command.h"
#include "cli/files.h"
#include "cli/terminal.h"
#include "crypto/hex.h"

namespace redoubt::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kLargestLog = size_t{1} << 32;
constexpr size_t kLargestKey = 4096;

struct Options : CasOptions {
  std::string file;
  std::string key;
  std::string session;
  uint64_t at_least = 0;
};

Result<ExitStatus> flushed(ExitStatus status) {
  if (!std::cout.flush()) return fail(ExitStatus::kRedoubtFailed, "cannot write to standard output");
  return status;
}

Result<cas::AuditPublicKey> audit_key(const Options& options) {
  std::string pem;
  if (!options.key.empty()) {
    pem = TRY(read_file(options.key, "a public key", kLargestKey));
  } else {
    CasClient cas = TRY(connect_to_cas(options));
    pem = TRY(get_audit_key(cas, {options.json, ""}));
  }
  auto key = cas::AuditPublicKey::from_pem(pem);
  if (key) return *key;
  return fail(ExitStatus::kUsage, "expected the audit log's public key, Ed25519 in PEM, as audit.pub has it, found " +
                                      std::string(options.key.empty() ? "something else at CAS" : "another file") +
                                      ": " + key.error().message);
}

// Calls `each` for every line without its newline; `ended` says whether it had one.
template <typename Each>
void for_each_line(std::string_view text, Each each) {
  while (!text.empty()) {
    const size_t end = text.find('\n');
    each(text.substr(0, end), end != std::string_view::npos);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

// --- verify ---

Json verdict_as_json(const Options& options, const cas::AuditVerdict& verdict, bool enough) {
  Json json = {{"file", options.file},
               {"intact", !verdict.bad && enough},
               {"sequence", verdict.head.sequence},
               {"hash", crypto::to_hex(verdict.head.hash)},
               {"commits", verdict.head.commits}};
  if (verdict.bad) {
    json["line"] = verdict.bad->line;
    json["why"] = verdict.bad->why;
    json["torn"] = verdict.bad->torn;
  } else if (!enough) {
    json["why"] = "expected at least " + std::to_string(options.at_least) + " lines";
  }
  return json;
}

void print_verdict(const Options& options, const cas::AuditVerdict& verdict, bool enough) {
  const auto broken = [] { return paint(std::cout, Colour::kRed, "BROKEN"); };
  if (verdict.bad) {
    std::cout << options.file << ": " << broken() << " at line " << verdict.bad->line << ": "
              << printable(verdict.bad->why) << '\n';
    if (verdict.bad->torn) {
      std::cout
          << "  The last line is not complete: CAS is writing it, or was killed while it did. CAS repairs that when it "
             "starts.\n";
    }
  } else if (!enough) {
    std::cout << options.file << ": " << broken() << ": expected at least " << options.at_least
              << " lines, found that it ends after " << verdict.head.sequence << "; the end was cut off\n";
  } else {
    std::cout << options.file << ": " << paint(std::cout, Colour::kGreen, "intact") << '\n';
  }
  std::cout << "  good lines  " << verdict.head.sequence << "\n  hash        " << crypto::to_hex(verdict.head.hash)
            << '\n';
}

Result<ExitStatus> verify(const Options& options) {
  const std::string text = TRY(read_file(options.file, "an audit log", kLargestLog));
  const cas::AuditPublicKey key = TRY(audit_key(options));
  const cas::AuditVerdict verdict = cas::verify_audit_log(text, key);
  const bool enough = verdict.head.sequence >= options.at_least;
  if (options.json) {
    std::cout << verdict_as_json(options, verdict, enough).dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
  } else {
    print_verdict(options, verdict, enough);
  }
  return flushed(verdict.bad || !enough ? ExitStatus::kNotIntact : ExitStatus::kSuccess);
}

// --- show ---

void print_record(const cas::AuditRecord& record) {
  const cas::AuditEvent& event = record.event;
  const bool refused = event.outcome == "refused";
  std::cout << record.time << "  "
            << paint(std::cout, refused ? Colour::kRed : Colour::kGreen, printable(event.outcome)) << "  "
            << printable(event.event);
  if (!event.session.empty()) std::cout << "  " << printable(event.session);
  if (!event.subject.empty()) std::cout << "  by " << printable(event.subject);
  std::cout << '\n';
  for (const auto& [name, value] : event.details) {
    std::cout << "    " << printable(name) << ": " << printable(value) << '\n';
  }
}

Json record_as_json(const cas::AuditRecord& record) {
  Json json = {{"sequence", record.sequence},     {"time", record.time},
               {"event", record.event.event},     {"outcome", record.event.outcome},
               {"session", record.event.session}, {"subject", record.event.subject},
               {"details", Json::object()}};
  for (const auto& [name, value] : record.event.details) json["details"][name] = value;
  return json;
}

Result<ExitStatus> show(const Options& options) {
  const std::string text = TRY(read_file(options.file, "an audit log", kLargestLog));
  uint64_t number = 0, unreadable = 0;
  Json all = Json::array();
  for_each_line(text, [&](std::string_view line, bool ended) {
    ++number;
    const auto record = cas::parse_audit_line(line);
    if (!record) {
      ++unreadable;
      std::cerr << options.file << ':' << number << ": " << paint(std::cerr, Colour::kRed, "unreadable:") << ' '
                << (ended ? printable(record.error().message) : "the line is not complete") << '\n';
      return;
    }
    if (!options.session.empty() && record->event.session != options.session) return;
    if (options.json) {
      all.push_back(record_as_json(*record));
    } else {
      print_record(*record);
    }
  });
  if (options.json) std::cout << all.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
  std::cerr << "Nothing was verified: redoubt audit verify " << options.file << '\n';
  return flushed(unreadable > 0 ? ExitStatus::kNotIntact : ExitStatus::kSuccess);
}

constexpr const char* kFooter =
    "Examples:\n"
    "  redoubt audit verify audit.log --key audit.pub\n"
    "  redoubt audit show audit.log --session shop/cache\n"
    "\n"
    "Exit status: 0 intact, or shown; 1 the log is broken; 2 the command line is wrong or a file cannot be read;\n"
    "  3 no CAS answers; 4 its key is not the one that is trusted; 125 Redoubt itself failed";

constexpr const char* kVerifyFooter =
    "FILE is audit.log of CAS's data directory. Its public key is --key, or fetched from the CAS at --cas; take "
    "audit.pub from\n"
    "beside the log only where nobody could have changed both. Cutting off the end leaves a shorter log that is "
    "intact: keep\n"
    "the number of good lines, and demand it with --at-least.\n"
    "\n"
    "Examples:\n"
    "  redoubt audit verify audit.log --key audit.pub\n"
    "  redoubt audit verify audit.log --cas cas.example:18765 --at-least 1207\n"
    "  redoubt audit verify audit.log --key audit.pub --json | jq .line\n"
    "\n"
    "Exit status: 0 intact; 1 broken (which line and why is printed); 2 the command line is wrong or a file cannot be "
    "read;\n"
    "  3 no CAS answers; 4 its key is not the one that is trusted; 125 Redoubt itself failed";

constexpr const char* kShowFooter =
    "Examples:\n"
    "  redoubt audit show audit.log\n"
    "  redoubt audit show audit.log --session shop/cache --json | jq '.[] | select(.outcome == \"refused\")'\n"
    "\n"
    "Exit status: 0 shown; 1 a line cannot be read; 2 the command line is wrong or the file cannot be read;\n"
    "  125 Redoubt itself failed";

Action define_verify(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.footer(kVerifyFooter);
  app.add_option("FILE", options->file, "The log; - for standard input")->required();
  app.add_option("--key", options->key, "The log's public key, PEM; else CAS is asked for it")->type_name("FILE");
  app.add_option("--at-least", options->at_least, "Demand that it has this many lines")->type_name("NUMBER");
  add_cas_options(app, *options);
  return [options] { return verify(*options); };
}

Action define_show(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.footer(kShowFooter);
  app.add_option("FILE", options->file, "The log; - for standard input")->required();
  app.add_option("--session", options->session, "Only what is about this session")->type_name("NAME");
  app.add_flag("--json", options->json, "Print a JSON array");
  return [options] { return show(*options); };
}

constexpr Command kSubcommands[] = {
    {"verify", "find out whether a log was changed", define_verify},
    {"show", "print a log for people", define_show},
};

}  // namespace

Action define_audit(CLI::App& app) {
  app.footer(kFooter);
  return define_subcommands(app, kSubcommands);
}

}  // namespace redoubt::cli
