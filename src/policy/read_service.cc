// SPDX-License-Identifier: Apache-2.0
//
// services[]: what a program is started with. Which code it may be is read by read_code.cc and read_attestation.cc.
#include <set>

#include "policy/command.h"
#include "policy/read_parts.h"
#include "policy/syntax.h"

namespace redoubt::policy {
namespace {

using enum Presence;

// The arguments of the launcher that a command asks for. Each may be asked for once.
void note_host_arguments(Reader& reader, const Node& node, const TemplateParts& parts, std::set<uint32_t>& seen) {
  for (const TemplatePart& part : parts) {
    const auto pieces = parse_host_arguments(part.literal);
    if (!pieces) {
      reader.error(node.at, pieces.error().expected, pieces.error().found, pieces.error().hint);
      continue;
    }
    for (const ArgumentPart& piece : *pieces) {
      if (piece.host_argument == 0 || seen.insert(piece.host_argument).second) continue;
      reader.error(node.at, "each host argument once", "@@" + std::to_string(piece.host_argument) + " again",
                   "let the launcher give it twice, as two arguments");
    }
  }
}

void read_command(Reader& reader, const Node& node, Service& service) {
  std::set<uint32_t> seen;
  if (node.kind == Node::Kind::kList) {
    reader.each(node, [&](const Node& item) {
      const auto text = reader.text(item);
      if (!text) return;
      if (const auto parts = reader.variables(item, Place::kArgument)) note_host_arguments(reader, item, *parts, seen);
      service.command.push_back(*text);
    });
  } else if (node.kind == Node::Kind::kScalar) {
    auto words = split_command(node.text);
    if (!words) return reader.error(node.at, words.error().expected, words.error().found, words.error().hint);
    for (const std::string& word : *words) {
      const Node item = {
          .kind = Node::Kind::kScalar, .plain = false, .at = node.at, .text = word, .keys = {}, .items = {}};
      if (const auto parts = reader.variables(item, Place::kArgument)) note_host_arguments(reader, item, *parts, seen);
    }
    service.command = std::move(*words);
  } else {
    return reader.wrong(node, "a command, as one text or as a list of arguments");
  }
  if (service.command.empty() || service.command[0].empty()) {
    reader.error(node.at, "a program as the first word of the command", "none");
  }
}

void read_environment(Reader& reader, const Node& node, Service& service) {
  if (node.kind != Node::Kind::kMap) return reader.wrong(node, "a map of names and values", "write NAME: value");
  for (size_t index = 0; index < node.keys.size(); ++index) {
    const Node::Key& key = node.keys[index];
    const Node& value = node.items[index];
    const Reader::Inside inside(reader, key.text);
    const bool from_host = key.text.starts_with("@@");
    const std::string name = key.text.substr(from_host ? 2 : 0);
    if (!is_variable_name(name) && (from_host || name.empty() || name.find('=') != std::string::npos)) {
      reader.error(key.at, "the name of an environment variable", quoted(key.text));
    }
    if (from_host && node.find(name) != nullptr) {
      reader.error(key.at, "each variable once", quoted(name) + " from the session and from the host",
                   "remove one of them");
    }
    const auto text = reader.text(value);
    if (!text) continue;
    if (from_host && !text->empty()) {
      reader.error(value.at, "\"\" as the value, which the host gives", quoted(*text),
                   "remove the value, or the @@ to set it here");
    } else if (!from_host) {
      reader.variables(value, Place::kEnvironment);
    }
    service.environment[key.text] = *text;
  }
}

void read_paths(Reader& reader, const Node& node, std::vector<std::string>& paths) {
  reader.each(node, [&](const Node& item) {
    if (auto path = reader.absolute_path(item)) paths.push_back(std::move(*path));
  });
}

constexpr Key<Host> kHostKeys[] = {
    {"directories", kOptional,
     [](Reader& r, const Node& n, Host& h) {
       read_paths(r, n, h.directories);
       for (const std::string& path : h.directories) {
         if (path != "/") continue;
         r.warn(n.at, "insecure: / as host directory leaves every file unprotected",
                "name the directories that are needed");
       }
     }},
    {"devices", kOptional, [](Reader& r, const Node& n, Host& h) { read_paths(r, n, h.devices); }},
};

constexpr Key<Service> kMemoryKeys[] = {
    {"sealed", kRequired, [](Reader& r, const Node& n, Service& s) { store(s.memory_sealed, r.truth(n)); }},
};

void read_root_volume(Reader& reader, const Node& node, Service& service) {
  const Node* path = node.find("fspf_path");
  const Node* key = node.find("fspf_key");
  const Node* tag = node.find("fspf_tag");
  if (path == nullptr && key == nullptr && tag == nullptr) return;
  if (path == nullptr || key == nullptr) {
    const char* missing = path == nullptr ? "fspf_path" : "fspf_key";
    return reader.error(node.at, "fspf_path and fspf_key together", std::string("no ") + missing,
                        std::string("add ") + missing);
  }
  service.root_volume = RootVolume{path->text, key->text, tag == nullptr ? "" : lower_case(tag->text)};
}

void read_service_name(Reader& reader, const Node& node, Service& service) {
  store(service.name, reader.identifier(node));
}

constexpr Key<Service> kKeys[] = {
    {"name", kRequired, read_service_name},
    {"command", kOptional, read_command},
    {"environment", kOptional, read_environment},
    {"pwd", kOptional, [](Reader& r, const Node& n, Service& s) { store(s.pwd, r.absolute_path(n)); }},
    {"image_name", kOptional,
     [](Reader& r, const Node& n, Service& s) {
       r.refer(Target::kImage, n, "the image");
       s.image_name = n.text;
     }},
    {"attestation", kOptional, [](Reader& r, const Node& n, Service& s) { read_attestation(r, n, s.attestation); }},
    {"mrenclaves", kOptional,
     [](Reader& r, const Node& n, Service& s) { read_measurements(r, n, s.attestation.emplace_back().mrenclave); }},
    {"platforms", kOptional,
     [](Reader& r, const Node& n, Service& s) {
       r.each(n, [&](const Node& item) {
         if (auto text = r.full_text(item)) s.platforms.push_back(std::move(*text));
       });
     }},
    {"one_time_password_shared_secret", kOptional,
     [](Reader& r, const Node& n, Service& s) { store(s.one_time_password_shared_secret, read_secret_text(r, n)); }},
    {"fspf_path", kOptional, [](Reader& r, const Node& n, Service&) { static_cast<void>(r.absolute_path(n)); }},
    {"fspf_key", kOptional, [](Reader& r, const Node& n, Service&) { static_cast<void>(read_volume_key(r, n)); }},
    {"fspf_tag", kOptional, [](Reader& r, const Node& n, Service&) { static_cast<void>(r.hex(n, 16)); }},
    {"code", kOptional, [](Reader& r, const Node& n, Service& s) { read_code(r, n, s.code.emplace()); }},
    {"network", kOptional, [](Reader& r, const Node& n, Service& s) { read_network(r, n, s.network.emplace()); }},
    {"memory", kOptional, [](Reader& r, const Node& n, Service& s) { read_map(r, n, kMemoryKeys, s); }},
    {"host", kOptional, [](Reader& r, const Node& n, Service& s) { read_map(r, n, kHostKeys, s.host); }},
    {"stdio", kOptional, [](Reader& r, const Node& n, Service& s) { store(s.stdio, r.choice(n, kStdioWords)); }},
};

}  // namespace

void read_service(Reader& reader, const Node& node, Service& service) {
  if (!read_map(reader, node, kKeys, service)) return;
  read_root_volume(reader, node, service);
  if (node.find("attestation") != nullptr && node.find("mrenclaves") != nullptr) {
    reader.error(node.at, "either attestation or mrenclaves (the older form)", "both",
                 "move the measurements into attestation: [{mrenclave: [...]}]");
  }
}

}  // namespace redoubt::policy
