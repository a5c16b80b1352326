// SPDX-License-Identifier: Apache-2.0
//
// Materials as the store keeps them (sealed there). In the manner of wire/codec.h, whose reader this uses:
//
//   u8 version = 1, then a list of materials in ascending order of their names, each
//     text name, u8 kind, bytes value, bytes certificate, list of bytes chain, flag, u64 renew_after when the flag is set
//
// There is one encoding of one Materials, and nothing else is decoded. The writer runs twice, first to learn the size: a
// buffer that grows would leave copies of secrets behind.
#include <algorithm>
#include <string_view>

#include "base/little_endian.h"
#include "cas/secrets/material.h"
#include "wire/codec.h"

namespace redoubt::cas {
namespace {

constexpr uint8_t kVersion = 1;
constexpr size_t kMaxName = 256;
constexpr size_t kMaxChain = 64;
constexpr uint64_t kLatest = 253'402'300'799;  // the end of the year 9999, the last that a certificate can name

class SecretWriter {
 public:
  // `out` null: only counts.
  explicit SecretWriter(uint8_t* out) : out_(out) {}

  template <std::unsigned_integral Integer>
  void number(Integer value) {
    const LittleEndian<Integer> little(value);
    append({reinterpret_cast<const uint8_t*>(&little), sizeof(little)});
  }
  void bytes(ByteView value) {
    number(static_cast<uint32_t>(value.size()));
    append(value);
  }
  size_t size() const { return size_; }

 private:
  void append(ByteView value) {
    if (out_ != nullptr) std::ranges::copy(value, out_ + size_);
    size_ += value.size();
  }

  uint8_t* out_;
  size_t size_ = 0;
};

void write(SecretWriter& writer, const std::string& name, const Material& material) {
  writer.bytes(as_bytes(name));
  writer.number(static_cast<uint8_t>(material.kind));
  writer.bytes(material.value.view());
  writer.bytes(material.certificate);
  writer.number(static_cast<uint32_t>(material.chain.size()));
  for (const Bytes& certificate : material.chain) writer.bytes(certificate);
  writer.number(static_cast<uint8_t>(material.renew_after ? 1 : 0));
  if (material.renew_after) writer.number(static_cast<uint64_t>(material.renew_after->time_since_epoch().count()));
}

size_t write(uint8_t* out, const Materials& materials) {
  SecretWriter writer(out);
  writer.number(kVersion);
  writer.number(static_cast<uint32_t>(materials.size()));
  for (const auto& [name, material] : materials) write(writer, name, material);
  return writer.size();
}

bool read(wire::Reader& reader, std::string_view& name, Material& material) {
  ByteView value, certificate;
  uint32_t chain_count = 0;
  bool renewed = false;
  uint64_t renew_after = 0;
  if (!reader.text(name) || name.empty() || name.size() > kMaxName) return false;
  if (!reader.choice(material.kind, policy::SecretKind::kVault)) return false;
  if (!reader.bytes(value) || !reader.bytes(certificate)) return false;
  material.value = SecretBytes(value);
  material.certificate.assign(certificate.begin(), certificate.end());
  if (!reader.number(chain_count) || chain_count > kMaxChain) return false;
  for (uint32_t index = 0; index < chain_count; ++index) {
    ByteView issuer;
    if (!reader.bytes(issuer)) return false;
    material.chain.emplace_back(issuer.begin(), issuer.end());
  }
  if (!reader.flag(renewed)) return false;
  if (!renewed) return true;
  if (!reader.number(renew_after) || renew_after > kLatest) return false;
  material.renew_after = utc_time_from_unix(static_cast<int64_t>(renew_after));
  return true;
}

}  // namespace

Material Material::copy() const { return {kind, value.copy(), certificate, chain, renew_after}; }

SecretBytes encode_materials(const Materials& materials) {
  SecretBytes bytes(write(nullptr, materials));
  write(bytes.data(), materials);
  return bytes;
}

Result<Materials, Error> decode_materials(ByteView bytes) {
  const auto malformed = [] { return fail(ErrorCode::kMalformed, "not the materials of a session"); };
  wire::Reader reader(bytes);
  uint8_t version = 0;
  uint32_t count = 0;
  if (!reader.number(version) || version != kVersion || !reader.number(count)) return malformed();
  Materials materials;
  for (uint32_t index = 0; index < count; ++index) {
    std::string_view name;
    Material material{};
    if (!read(reader, name, material)) return malformed();
    if (!materials.empty() && materials.rbegin()->first >= name) return malformed();
    materials.emplace_hint(materials.end(), name, std::move(material));
  }
  if (!reader.at_end()) return malformed();
  return materials;
}

}  // namespace redoubt::cas
