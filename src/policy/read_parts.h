// SPDX-License-Identifier: Apache-2.0
//
// The parts of a session, each read by a file of its own: read_service.cc, read_network.cc and so on. All note mistakes and
// go on; what they return is complete only when no mistake was noted.
#pragma once

#include <vector>

#include "policy/reader.h"
#include "policy/session.h"

namespace redoubt::policy {

Session read_session(Reader& reader, const Node& node);  // read_session.cc

void read_service(Reader& reader, const Node& node, Service& service);
void read_attestation(Reader& reader, const Node& node, std::vector<AttestationVariant>& variants);
void read_measurements(Reader& reader, const Node& node, std::vector<Hex>& measurements);
void read_code(Reader& reader, const Node& node, Code& code);
void read_network(Reader& reader, const Node& node, Network& network);
void read_image(Reader& reader, const Node& node, Image& image);
void read_volume(Reader& reader, const Node& node, Volume& volume);
void read_secret(Reader& reader, const Node& node, Secret& secret);
void read_access_policy(Reader& reader, const Node& node, AccessPolicy& policy);
void read_security(Reader& reader, const Node& node, Security& security);

// A key of a volume: 32 bytes of hex, or a variable of a binary secret.
std::optional<TemplateText> read_volume_key(Reader& reader, const Node& node);
// A text that is one variable or holds some: a token or a shared secret.
std::optional<TemplateText> read_secret_text(Reader& reader, const Node& node);

// A list of maps, each with a name that no other has.
template <typename T>
void read_named_list(Reader& reader, const Node& node, std::vector<T>& out, void (*read)(Reader&, const Node&, T&)) {
  std::map<std::string, int> lines;
  reader.each(node, [&](const Node& item) {
    T& one = out.emplace_back();
    read(reader, item, one);
    if (one.name.empty()) return;
    const auto [place, is_new] = lines.try_emplace(one.name, item.at.line);
    if (is_new) return;
    const Node* name = item.find("name");
    reader.error(name != nullptr ? name->at : item.at, "each name once",
                 quoted(one.name) + " again (first on line " + std::to_string(place->second) + ")",
                 "rename one of them");
  });
}

}  // namespace redoubt::policy
