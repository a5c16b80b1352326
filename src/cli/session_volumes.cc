// SPDX-License-Identifier: Apache-2.0
//
// `redoubt session volumes|forget-volume`: what CAS keeps of a session's volumes, never a key, and the deliberate way to begin anew
// with one whose directory was lost or put back to an older state.
#include <ctime>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/board_signature.h"
#include "cli/cas_api.h"
#include "cli/cas_options.h"
#include "cli/session_commands.h"
#include "cli/terminal.h"

namespace redoubt::cli {
namespace {

struct Options : CasOptions {
  std::string name;
  std::string volume;
  bool trust_contents = false;
  std::vector<std::string> sign;
  std::vector<std::string> signature;
};

using Json = nlohmann::ordered_json;

std::string time_of(uint64_t seconds) {
  const auto time = static_cast<time_t>(seconds);
  std::tm parts{};
  char text[32];
  if (gmtime_r(&time, &parts) == nullptr) return "?";
  return std::strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &parts) == 0 ? "?" : text;
}

// What the state means to somebody who looks after the program.
std::string meaning_of(const StoredVolume& volume) {
  if (volume.state == "none") return "never used: the next start initialises it";
  if (volume.state == "initialising") return "a program started and has not written yet: the next start initialises it";
  if (volume.state == "tag") return "in use up to tag " + std::to_string(volume.tag_sequence);
  if (volume.state == "trust") return "the next start takes whatever authentic state it finds";
  return printable(volume.state);
}

std::string described(const StoredVolume& volume) {
  const auto line = [](const char* label, const std::string& value) {
    return value.empty() ? std::string() : std::string("  ") + label + value + "\n";
  };
  std::string text = paint(std::cout, Colour::kBold, printable(volume.name)) + "\n";
  text += line("state     ", meaning_of(volume));
  text += line("files     ", printable(volume.files));
  text +=
      line("key       ", volume.key == "given" ? "given in the session (fspf_key)" : "made by CAS, shown to nobody");
  if (!volume.in_session) text += line("          ", "the session does not name it any more; CAS keeps its key");
  text += line("import    ", printable(volume.import));
  if (volume.id.empty()) return text;
  text += line("id        ", printable(volume.id));
  text += line("lease     ", std::to_string(volume.lease) + ", last change " + time_of(volume.changed));
  text += line("instance  ", printable(volume.instance));
  return text + line("tag       ", printable(volume.tag));
}

Result<ExitStatus> volumes(const Options& options) {
  CasClient cas = TRY(connect_to_cas(options));
  const StoredVolumes stored = TRY(list_volumes(cas, options.name, {options.json, ""}));
  if (options.json) return print(stored.json);
  if (stored.volumes.empty()) return print("the session has no volumes\n");
  std::string text;
  for (const StoredVolume& one : stored.volumes) text += described(one);
  return print(text);
}

// What a board signs, as cas/sessions/volume_owner.h says.
std::string text_to_sign(const Options& options, const std::string& id) {
  return "forget volume\nsession " + options.name + "\nvolume " + options.volume + "\nid " + id + "\ncontents " +
         (options.trust_contents ? "trust" : "forget") + "\n";
}

Result<ExitStatus> forget(const Options& options) {
  CasClient cas = TRY(connect_to_cas(options));
  std::vector<std::string> signatures;
  if (!options.sign.empty()) {
    const StoredVolumes stored = TRY(list_volumes(cas, options.name, {options.json, ""}));
    std::string id;
    for (const StoredVolume& one : stored.volumes) {
      if (one.name == options.volume) id = one.id;
    }
    for (const std::string& key : options.sign) {
      std::string signature = TRY(sign_session(text_to_sign(options, id), key));
      signatures.push_back(std::move(signature));
    }
  }
  for (const std::string& file : options.signature) {
    std::string signature = TRY(read_signature(file));
    signatures.push_back(std::move(signature));
  }
  const std::string id =
      TRY(forget_volume(cas, options.name, options.volume, options.trust_contents, signatures, {options.json, ""}));
  if (options.json) {
    return print(Json{{"session", options.name}, {"volume", options.volume}, {"id", id}}.dump(2) + "\n");
  }
  if (id.empty()) return print("nobody has used the volume: there is nothing to forget\n");
  return print(options.trust_contents
                   ? "the next start takes whatever authentic state it finds in the volume's directory\n"
                   : "the next start initialises the volume anew, with another key: empty its directory first\n");
}

constexpr const char* kVolumesFooter =
    "For each volume: its state, how its files are protected, where its key came from, the last lease and who got it, "
    "and the\n"
    "tag that CAS keeps, as fspf_tag takes it. Whoever may read the session may see this. A key is never shown: to "
    "read "
    "a volume\n"
    "with `redoubt volume`, give it a key of your own before its first use (fspf_key; docs/cas-sessions.md).\n"
    "\n"
    "Examples:\n"
    "  redoubt session volumes shop/cache\n"
    "  redoubt session volumes shop/cache --json | jq '.volumes[] | {name, tag_sequence}'\n"
    "\n";
constexpr const char* kForgetFooter =
    "The way out when a volume's directory was lost, or put back from a backup, and every start is refused. What runs "
    "with the\n"
    "volume is cut off. Needs permission to update the session; it stands in the audit log.\n"
    "Without --trust-contents the volume begins anew and empty. With it, the next start takes any state that was "
    "written with the\n"
    "volume's key, however old: only for a directory that you restored yourself.\n"
    "\n"
    "Examples:\n"
    "  redoubt session forget-volume shop/cache data\n"
    "  redoubt session forget-volume shop/cache data --trust-contents\n"
    "\n";

std::shared_ptr<Options> with_cas(CLI::App& app, const char* footer) {
  auto options = std::make_shared<Options>();
  app.footer(std::string(footer) + kCasFooter);
  add_cas_options(app, *options);
  app.add_option("NAME", options->name, "The session's name, such as shop/cache")->required();
  return options;
}

}  // namespace

Action define_session_volumes(CLI::App& app) {
  auto options = with_cas(app, kVolumesFooter);
  return [options] { return volumes(*options); };
}

Action define_session_forget_volume(CLI::App& app) {
  auto options = with_cas(app, kForgetFooter);
  app.add_option("VOLUME", options->volume, "The volume's name in the session")->required();
  app.add_flag("--trust-contents", options->trust_contents, "Keep the volume and take the state that is there");
  app.add_option("--sign", options->sign, "Sign with this board member's private key (PEM); may be repeated")
      ->type_name("FILE")
      ->allow_extra_args(false);
  app.add_option("--signature", options->signature, "Add a signature made elsewhere; may be repeated")
      ->type_name("FILE")
      ->allow_extra_args(false);
  return [options] { return forget(*options); };
}

}  // namespace redoubt::cli
