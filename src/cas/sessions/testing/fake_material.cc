// SPDX-License-Identifier: Apache-2.0
//
// A stand-in for cas/secrets that knows ascii and binary only.
#include <openssl/rand.h>

#include <algorithm>

#include "cas/secrets/material.h"
#include "cas/sessions/secret_encode.h"
#include "crypto/hex.h"

namespace redoubt::cas {

struct FakeEntry {
  std::string_view name;
  uint8_t kind = 0;
  ByteView value;
};
struct FakeRecord {
  std::vector<FakeEntry> entries;
};
template <typename Archive>
bool fields(Archive& a, wire::Of<Archive, FakeEntry>& m) {
  return a.text(m.name) && a.number(m.kind) && a.bytes(m.value);
}
template <typename Archive>
bool fields(Archive& a, wire::Of<Archive, FakeRecord>& m) {
  return wire::messages(a, m.entries);
}

Material Material::copy() const { return {kind, value.copy(), certificate, chain, renew_after}; }

Result<Materials, Error> make_materials(const policy::Session& session, const policy::Session*,
                                        const Materials& previous, const Materials& imported, UtcTime) {
  Materials made;
  for (const policy::Secret& secret : session.secrets) {
    if (secret.import) {
      made.emplace(secret.name, imported.at(secret.name).copy());
      continue;
    }
    if (secret.kind != policy::SecretKind::kAscii && secret.kind != policy::SecretKind::kBinary) {
      return fail(ErrorCode::kUnsupported, "secret \"" + secret.name + "\": no such kind");
    }
    Material material{.kind = secret.kind, .value = {}, .certificate = {}, .chain = {}, .renew_after = {}};
    if (secret.value) {
      material.value = secret.kind == policy::SecretKind::kBinary
                           ? SecretBytes(ByteView(*crypto::from_hex(*secret.value)))
                           : SecretBytes(std::string_view(*secret.value));
    } else if (const auto old = previous.find(secret.name); old != previous.end() && old->second.kind == secret.kind) {
      material.value = old->second.value.copy();
    } else {
      material.value = SecretBytes(secret.size);
      RAND_bytes(material.value.data(), static_cast<int>(secret.size));
      if (secret.kind == policy::SecretKind::kAscii) {
        for (size_t index = 0; index < secret.size; ++index)
          material.value.data()[index] = 'a' + material.value.data()[index] % 26;
      }
    }
    made.emplace(secret.name, std::move(material));
  }
  return made;
}

Result<bool, Error> renew_certificates(const policy::Session&, Materials&, UtcTime) { return false; }

Result<SecretBytes, Error> render(const policy::Secret& secret, const Materials& materials, policy::Form form,
                                  UtcTime) {
  const auto found = materials.find(secret.name);
  if (found == materials.end()) return fail(ErrorCode::kFailed, "no secret \"" + secret.name + "\"");
  if (form == policy::Form::kHex) return SecretBytes(std::string_view(crypto::to_hex(found->second.value.view())));
  return found->second.value.copy();
}

SecretBytes encode_materials(const Materials& materials) {
  FakeRecord record;
  for (const auto& [name, one] : materials)
    record.entries.push_back({name, static_cast<uint8_t>(one.kind), one.value.view()});
  return encode_secret(record);
}

Result<Materials, Error> decode_materials(ByteView bytes) {
  FakeRecord record;
  if (!wire::decode(bytes, record)) return fail(ErrorCode::kMalformed, "no materials");
  Materials materials;
  for (const FakeEntry& one : record.entries) {
    materials.emplace(one.name, Material{.kind = static_cast<policy::SecretKind>(one.kind),
                                         .value = SecretBytes(one.value),
                                         .certificate = {},
                                         .chain = {},
                                         .renew_after = {}});
  }
  return materials;
}

}  // namespace redoubt::cas
