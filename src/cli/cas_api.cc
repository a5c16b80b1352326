// SPDX-License-Identifier: Apache-2.0
#include "cli/cas_api.h"

#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/known_cas.h"
#include "policy/mistake.h"
#include "policy/syntax.h"

namespace redoubt::cli {
namespace {

using Json = nlohmann::json;

constexpr size_t kMostSessions = 1'000'000;  // of a list: a CAS that never comes to an end is none
constexpr const char* kYaml = "application/yaml";

std::string text_member(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

int number_member(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number_integer() ? found->get<int>() : 0;
}

uint64_t count_member(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number_unsigned() ? found->get<uint64_t>() : 0;
}

// As `redoubt session check` prints them.
std::string describe_mistakes(const Json& mistakes, const std::string& file) {
  std::string lines;
  if (!mistakes.is_array()) return lines;
  for (const Json& one : mistakes) {
    if (!one.is_object()) continue;
    policy::Mistake mistake;
    mistake.severity =
        text_member(one, "severity") == "warning" ? policy::Severity::kWarning : policy::Severity::kError;
    mistake.at = {number_member(one, "line"), number_member(one, "column")};
    mistake.where = text_member(one, "where");
    mistake.expected = text_member(one, "expected");
    mistake.found = text_member(one, "found");
    mistake.hint = text_member(one, "hint");
    lines += "\n" + (file.empty() ? "session" : file) + ":" + printable(policy::describe(mistake));
  }
  return lines;
}

// The answer when CAS agreed.
Result<CasReply> ask(CasClient& cas, const CasRequest& request, const Showing& showing) {
  Result<CasReply> reply = cas.send(request);
  if (!reply || (reply->status >= 200 && reply->status < 300)) return reply;
  if (showing.json) std::cout << printable(reply->body, true) << std::endl;
  return fail(ExitStatus::kRefusedByCas, describe_problem(*reply, showing));
}

std::unexpected<Error> unexpected_answer(const CasClient& cas, const char* expected) {
  return fail(ExitStatus::kCasUnreachable, std::string("expected ") + expected + " from the CAS at " +
                                               cas.address().text() +
                                               ", found something else; is it a CAS of this version?");
}

Result<Json> ask_for_object(CasClient& cas, const CasRequest& request, const Showing& showing) {
  const CasReply reply = TRY(ask(cas, request, showing));
  Json object = Json::parse(reply.body, nullptr, false);
  if (!object.is_object()) return unexpected_answer(cas, "a JSON object");
  return object;
}

Result<std::string> hash_member(const CasClient& cas, const Json& object) {
  Result<std::string> hash = parse_key_hash(text_member(object, "hash"), "hash");
  if (!hash) return unexpected_answer(cas, "the hash of a session");
  return hash;
}

CasRequest get(const std::string& target) {
  CasRequest request;
  request.target = target;
  return request;
}

std::string session_target(const std::string& name) { return "/v1/sessions/" + encode_for_url(name, true); }

}  // namespace

std::string encode_for_url(std::string_view text, bool path) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (const char character : text) {
    if (policy::is_unreserved(character) || (path && character == '/')) {
      encoded += character;
      continue;
    }
    const auto byte = static_cast<unsigned char>(character);
    encoded += '%';
    encoded += kDigits[byte >> 4];
    encoded += kDigits[byte & 15];
  }
  return encoded;
}

std::string printable(std::string_view text, bool lines) {
  std::string shown;
  for (size_t index = 0; index < text.size(); ++index) {
    const auto byte = static_cast<unsigned char>(text[index]);
    // U+0080 to U+009F, which terminals take for control sequences as well.
    const bool c1 = byte == 0xc2 && index + 1 < text.size() && static_cast<unsigned char>(text[index + 1]) < 0xa0;
    if (c1) ++index;
    const bool allowed = !c1 && ((byte >= 0x20 && byte != 0x7f) || (lines && (byte == '\n' || byte == '\t')));
    shown += allowed ? text[index] : '?';
  }
  return shown;
}

std::string describe_problem(const CasReply& reply, const Showing& showing) {
  const Json problem = Json::parse(reply.body, nullptr, false);
  std::string text = "CAS refused (status " + std::to_string(reply.status) + ")";
  if (!problem.is_object()) return text + " without saying why; see its log";
  struct Row {
    const char* member;
    const char* shown;
  };
  const std::string check = text_member(problem, "check");
  if (!check.empty()) text += ": " + printable(check);
  for (const Row& row : {Row{"expected", "expected  "}, Row{"actual", "found     "}, Row{"remedy", "to do     "}}) {
    const std::string value = text_member(problem, row.member);
    if (!value.empty()) text += std::string("\n  ") + row.shown + printable(value);
  }
  const auto mistakes = problem.find("mistakes");
  return mistakes == problem.end() ? text : text + describe_mistakes(*mistakes, showing.file);
}

Result<StoredSession> put_session(CasClient& cas, const std::string& name, const std::string& yaml,
                                  const std::vector<std::string>& signatures, const Showing& showing) {
  CasRequest request{
      .method = "PUT", .target = session_target(name), .content_type = kYaml, .body = yaml, .headers = {}};
  for (const std::string& signature : signatures) request.headers.emplace_back("Redoubt-Signature", signature);
  const Json reply = TRY(ask_for_object(cas, request, showing));
  StoredSession stored;
  stored.hash = TRY(hash_member(cas, reply));
  const auto created = reply.find("created");
  stored.created = created != reply.end() && created->is_boolean() && created->get<bool>();
  const auto warnings = reply.find("warnings");
  if (warnings != reply.end()) stored.warnings = describe_mistakes(*warnings, showing.file);
  return stored;
}

Result<std::string> get_session(CasClient& cas, const std::string& name, const Showing& showing) {
  CasReply reply = TRY(ask(cas, get(session_target(name)), showing));
  return std::move(reply.body);
}

Result<std::string> get_session_hash(CasClient& cas, const std::string& name, const Showing& showing) {
  const Json reply = TRY(ask_for_object(cas, get(session_target(name) + "?hash"), showing));
  return hash_member(cas, reply);
}

Result<std::vector<std::string>> list_sessions(CasClient& cas, const std::string& prefix, const Showing& showing) {
  std::vector<std::string> names;
  while (names.size() < kMostSessions) {
    std::string target = "/v1/sessions?prefix=" + encode_for_url(prefix, false);
    if (!names.empty()) target += "&after=" + encode_for_url(names.back(), false);
    const Json reply = TRY(ask_for_object(cas, get(target), showing));
    const auto page = reply.find("sessions");
    if (page == reply.end() || !page->is_array()) return unexpected_answer(cas, "a list of sessions");
    if (page->empty()) return names;
    for (const Json& name : *page) {
      // In order, each after the one before: so the end is reached.
      if (!name.is_string() || (!names.empty() && name.get<std::string>() <= names.back())) {
        return unexpected_answer(cas, "names of sessions in their order");
      }
      names.push_back(name.get<std::string>());
    }
  }
  return unexpected_answer(cas, "a list that ends");
}

Result<std::string> get_public_value(CasClient& cas, const std::string& session, const std::string& secret,
                                     const std::string& form, const Showing& showing) {
  std::string target =
      "/v1/values/session=" + encode_for_url(session, true) + ",secret=" + encode_for_url(secret, false);
  if (!form.empty()) target += ",form=" + encode_for_url(form, false);
  CasReply reply = TRY(ask(cas, get(target), showing));
  return std::move(reply.body);
}

Result<StoredVolumes> list_volumes(CasClient& cas, const std::string& session, const Showing& showing) {
  const Json reply = TRY(ask_for_object(cas, get("/v1/volumes?session=" + encode_for_url(session, false)), showing));
  const auto list = reply.find("volumes");
  if (list == reply.end() || !list->is_array()) return unexpected_answer(cas, "a list of volumes");
  StoredVolumes stored;
  stored.json = printable(reply.dump(2, ' ', true, Json::error_handler_t::replace), true) + "\n";
  for (const Json& one : *list) {
    if (!one.is_object()) return unexpected_answer(cas, "a list of volumes");
    StoredVolume& volume = stored.volumes.emplace_back();
    volume.name = text_member(one, "name");
    volume.state = text_member(one, "state");
    volume.files = text_member(one, "files");
    volume.key = text_member(one, "key");
    volume.import = text_member(one, "import");
    volume.id = text_member(one, "id");
    volume.instance = text_member(one, "instance");
    volume.tag = text_member(one, "tag");
    const auto named = one.find("in_session");
    volume.in_session = named == one.end() || !named->is_boolean() || named->get<bool>();
    volume.lease = count_member(one, "lease");
    volume.changed = count_member(one, "changed");
    volume.tag_sequence = count_member(one, "tag_sequence");
  }
  return stored;
}

Result<std::string> forget_volume(CasClient& cas, const std::string& session, const std::string& volume,
                                  bool trust_contents, const std::vector<std::string>& signatures,
                                  const Showing& showing) {
  CasRequest request{.method = "POST",
                     .target = "/v1/volumes/forget?session=" + encode_for_url(session, false) + "&volume=" +
                               encode_for_url(volume, false) + "&contents=" + (trust_contents ? "trust" : "forget"),
                     .content_type = "",
                     .body = "",
                     .headers = {}};
  for (const std::string& signature : signatures) request.headers.emplace_back("Redoubt-Signature", signature);
  const Json reply = TRY(ask_for_object(cas, request, showing));
  return text_member(reply, "id");
}

Result<CasDescription> get_identity(CasClient& cas, const Showing& showing) {
  const Json reply = TRY(ask_for_object(cas, get("/v1/identity"), showing));
  CasDescription description;
  description.key = text_member(reply, "key_hash");
  description.version = text_member(reply, "version");
  const auto simulated = reply.find("simulated_root");
  if (simulated == reply.end() || !simulated->is_boolean())
    return unexpected_answer(cas, "the member \"simulated_root\"");
  description.simulated = simulated->get<bool>();
  const Json roots = reply.value("roots", Json::array());
  for (const Json& root : roots) {
    if (!root.is_object()) return unexpected_answer(cas, "a list of roots");
    const auto marked = root.find("simulated");
    const bool is_simulated = marked != root.end() && marked->is_boolean() && marked->get<bool>();
    description.roots.push_back(printable(text_member(root, "sha256") + " " + text_member(root, "subject")) +
                                (is_simulated ? " (SIMULATED)" : ""));
  }
  return description;
}

Result<std::string> get_audit_key(CasClient& cas, const Showing& showing) {
  CasReply reply = TRY(ask(cas, get("/v1/audit/key"), showing));
  return std::move(reply.body);
}

Result<bool> answers_well(CasClient& cas, const std::string& target) {
  const CasReply reply = TRY(cas.send(get(target)));
  return reply.status == 200;
}

}  // namespace redoubt::cli
