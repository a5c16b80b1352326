// SPDX-License-Identifier: Apache-2.0
//
// volumes[]: protected directories, made by CAS on first use, given by key and tag, or imported.
#include <algorithm>

#include "policy/read_parts.h"
#include "policy/syntax.h"

namespace redoubt::policy {
namespace {

using enum Presence;

constexpr size_t kKeySize = 32;
constexpr size_t kTagSize = 40;  // sequence (8 bytes, big-endian) and MAC: what `redoubt session volumes` shows as tag
constexpr size_t kOlderTagSize = 16;  // SCONE's (not_supported.h)

std::optional<Hex> read_tag(Reader& reader, const Node& node) {
  const bool older = node.kind == Node::Kind::kScalar && node.text.size() == 2 * kOlderTagSize;
  return reader.hex(node, older ? kOlderTagSize : kTagSize);
}

constexpr Key<VolumeExport> kToKeys[] = {
    {"session", kRequired, [](Reader& r, const Node& n, VolumeExport& e) { store(e.session, r.session_name(n)); }},
    {"session_hash", kOptional, [](Reader& r, const Node& n, VolumeExport& e) { store(e.session_hash, r.hex(n, 32)); }},
};
constexpr Key<VolumeExport> kExportKeys[] = {
    {"to", kRequired,
     [](Reader& r, const Node& n, VolumeExport& e) {
       if (n.kind == Node::Kind::kScalar) return store(e.session, r.session_name(n));
       read_map(r, n, kToKeys, e);
     }},
    {"update_policy", kOptional,
     [](Reader& r, const Node& n, VolumeExport& e) { store(e.update_policy, r.choice(n, kUpdatePolicyWords)); }},
    {"volume_alias", kOptional,
     [](Reader& r, const Node& n, VolumeExport& e) { store(e.volume_alias, r.identifier(n)); }},
};
constexpr Key<VolumeImport> kImportKeys[] = {
    {"session", kRequired, [](Reader& r, const Node& n, VolumeImport& i) { store(i.session, r.session_name(n)); }},
    {"volume", kRequired, [](Reader& r, const Node& n, VolumeImport& i) { store(i.volume, r.identifier(n)); }},
};

void read_export(Reader& reader, const Node& node, Volume& volume) {
  reader.one_or_each(node, [&](const Node& item) {
    VolumeExport& one = volume.exports.emplace_back();
    if (item.kind == Node::Kind::kScalar) {
      store(one.session, reader.session_name(item));
    } else {
      read_map(reader, item, kExportKeys, one);
    }
    reader.warn_unpinned(item.at, one.session, one.session_hash);
  });
}

constexpr Key<Volume> kKeys[] = {
    {"name", kRequired, [](Reader& r, const Node& n, Volume& v) { store(v.name, r.identifier(n)); }},
    {"files", kOptional,
     [](Reader& r, const Node& n, Volume& v) { store(v.files, r.choice(n, kFileProtectionWords)); }},
    {"fspf_key", kOptional, [](Reader& r, const Node& n, Volume& v) { store(v.fspf_key, read_volume_key(r, n)); }},
    {"fspf_tag", kOptional, [](Reader& r, const Node& n, Volume& v) { store(v.fspf_tag, read_tag(r, n)); }},
    {"export", kOptional, read_export},
    {"import", kOptional, [](Reader& r, const Node& n, Volume& v) { read_map(r, n, kImportKeys, v.import.emplace()); }},
};

constexpr std::string_view kNotWithImport[] = {"files", "fspf_key", "fspf_tag", "export"};

}  // namespace

std::optional<TemplateText> read_volume_key(Reader& reader, const Node& node) {
  reader.set_silent(true);
  std::optional<TemplateText> key;
  if (node.kind == Node::Kind::kScalar && node.text.starts_with("$$SCONE::")) {
    if (reader.variables(node, Place::kConfiguration, {SecretKind::kBinary})) key = node.text;
  } else {
    key = reader.hex(node, kKeySize);
  }
  reader.set_silent(false);
  return key;
}

void read_volume(Reader& reader, const Node& node, Volume& volume) {
  if (!read_map(reader, node, kKeys, volume)) return;
  if (node.find("fspf_tag") != nullptr && node.find("fspf_key") == nullptr && node.find("import") == nullptr) {
    reader.error(node.find("fspf_tag")->at, "fspf_key beside fspf_tag", "none",
                 "add the key of the existing volume, or remove the tag to have CAS make a new one");
  }
  // CAS would make a key that it gives to programs only, and no program can seal.
  if (volume.files == FileProtection::kAuthenticatedOnly && node.find("fspf_key") == nullptr &&
      node.find("import") == nullptr) {
    reader.error(
        node.find("files")->at, "fspf_key beside files: authenticated-only", "none",
        "add fspf_key: a binary secret with size: 32 and a value, with which redoubt volume seal makes the seal");
  }
  for (const std::string_view key : kNotWithImport) {
    if (node.find("import") == nullptr || node.find(key) == nullptr) continue;
    reader.error(node.find(key)->at, "no " + std::string(key) + " beside import", "one",
                 "remove it: the session that owns the volume decides");
  }
}

}  // namespace redoubt::policy
