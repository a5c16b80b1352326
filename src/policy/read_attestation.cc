// SPDX-License-Identifier: Apache-2.0
//
// services[].attestation: which code, on which kind of platform. One variant is a map whose factors must all hold; of a list
// of variants one must hold.
#include <algorithm>

#include "policy/read_parts.h"

namespace redoubt::policy {
namespace {

using enum Presence;

template <typename Number>
void read_number(Reader& reader, const Node& node, Number& number) {
  if (const auto value = reader.integer(node, 0, 65535)) number = static_cast<uint16_t>(*value);
}

constexpr Key<Signer> kSignerKeys[] = {
    {"mrsigner", kRequired, [](Reader& r, const Node& n, Signer& s) { store(s.mrsigner, r.hex(n, 32)); }},
    {"isvprodid", kOptional, [](Reader& r, const Node& n, Signer& s) { read_number(r, n, s.isvprodid); }},
    {"isvsvn", kOptional,
     [](Reader& r, const Node& n, Signer& s) {
       read_number(r, n, s.isvsvn_min);
       s.isvsvn_max = s.isvsvn_min;
     }},
    {"isvsvn_min", kOptional, [](Reader& r, const Node& n, Signer& s) { read_number(r, n, s.isvsvn_min); }},
    {"isvsvn_max", kOptional, [](Reader& r, const Node& n, Signer& s) { read_number(r, n, s.isvsvn_max); }},
};

void read_signer(Reader& reader, const Node& node, AttestationVariant& variant) {
  Signer signer;
  if (!read_map(reader, node, kSignerKeys, signer)) return;
  if (node.find("isvsvn") != nullptr && (node.find("isvsvn_min") != nullptr || node.find("isvsvn_max") != nullptr)) {
    reader.error(node.at, "either isvsvn or isvsvn_min and isvsvn_max", "both", "remove isvsvn");
  } else if (signer.isvsvn_min && signer.isvsvn_max && *signer.isvsvn_min > *signer.isvsvn_max) {
    reader.error(node.at, "isvsvn_min not above isvsvn_max",
                 std::to_string(*signer.isvsvn_min) + " and " + std::to_string(*signer.isvsvn_max));
  }
  variant.signer = std::move(signer);
}

// The registers of a platform that are plain hashes.
struct Register {
  std::string_view name;
  size_t size;
};
constexpr Register kTdxRegisters[] = {{"mrtd", 48}, {"rtmr0", 48}, {"rtmr1", 48}, {"rtmr2", 48}, {"rtmr3", 48}};
constexpr Register kSnpRegisters[] = {{"measurement", 48}, {"host_data", 32}, {"id_key_digest", 48}};
constexpr Register kNitroRegisters[] = {{"pcr0", 48}, {"pcr1", 48}, {"pcr2", 48}, {"pcr3", 48}, {"pcr4", 48},
                                        {"pcr5", 48}, {"pcr6", 48}, {"pcr7", 48}, {"pcr8", 48}};

void read_registers(Reader& reader, const Node& node, std::span<const Register> table,
                    std::map<std::string, Hex>& registers) {
  std::vector<std::string_view> names;
  for (const Register& row : table) names.push_back(row.name);
  if (!is_map(reader, node, names)) return;
  if (node.keys.empty()) reader.error(node.at, "at least one of " + listed(names), "none");
  for (size_t index = 0; index < node.keys.size(); ++index) {
    const auto row = std::ranges::find(table, node.keys[index].text, &Register::name);
    if (row == table.end()) {
      unknown_key(reader, node.keys[index], names);
      continue;
    }
    const Reader::Inside inside(reader, row->name);
    if (auto value = reader.hex(node.items[index], row->size)) registers[std::string(row->name)] = *value;
  }
}

constexpr Key<AttestationVariant> kVariantKeys[] = {
    {"mrenclave", kOptional,
     [](Reader& r, const Node& n, AttestationVariant& v) { read_measurements(r, n, v.mrenclave); }},
    {"signer", kOptional, read_signer},
    {"tdx", kOptional,
     [](Reader& r, const Node& n, AttestationVariant& v) { read_registers(r, n, kTdxRegisters, v.tdx); }},
    {"snp", kOptional,
     [](Reader& r, const Node& n, AttestationVariant& v) { read_registers(r, n, kSnpRegisters, v.snp); }},
    {"nitro", kOptional,
     [](Reader& r, const Node& n, AttestationVariant& v) { read_registers(r, n, kNitroRegisters, v.nitro); }},
};

constexpr std::string_view kPlatforms[] = {"tdx", "snp", "nitro"};

void read_variant(Reader& reader, const Node& node, std::vector<AttestationVariant>& variants) {
  AttestationVariant variant;
  if (!read_map(reader, node, kVariantKeys, variant)) return;
  // Without the unknown factor it would accept more than is meant.
  if (known(&node)) variants.push_back(std::move(variant));
  if (node.keys.empty()) {
    reader.error(node.at, "at least one factor, such as mrenclave", "none", "an empty variant would accept any code");
  }
  const auto count = std::ranges::count_if(kPlatforms, [&](std::string_view one) { return node.find(one) != nullptr; });
  if (count > 1) {
    reader.error(node.at, "factors that one platform can prove together", "tdx, snp or nitro together",
                 "write a variant of its own for each platform");
  }
}

}  // namespace

void read_measurements(Reader& reader, const Node& node, std::vector<Hex>& measurements) {
  reader.one_or_each(node, [&](const Node& item) {
    auto value = reader.hex(item, 32);
    if (!value) return;
    if (std::ranges::find(measurements, *value) != measurements.end()) {
      reader.error(item.at, "each measurement once", quoted(*value) + " again", "remove one of them");
    }
    measurements.push_back(std::move(*value));
  });
  if (node.kind == Node::Kind::kList && node.items.empty() && known(&node)) {
    reader.error(node.at, "at least one measurement", "none");
  }
}

void read_attestation(Reader& reader, const Node& node, std::vector<AttestationVariant>& variants) {
  reader.one_or_each(node, [&](const Node& item) { read_variant(reader, item, variants); });
}

}  // namespace redoubt::policy
