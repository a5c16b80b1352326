// SPDX-License-Identifier: Apache-2.0
#include "attest/collateral_file.h"

#include <nlohmann/json.hpp>

namespace redoubt::attest {
namespace {

struct Member {
  const char* name;
  std::optional<std::string> CollateralFile::*field;
};

constexpr Member kMembers[] = {
    {"tcb_info", &CollateralFile::tcb_info},
    {"tcb_info_signature", &CollateralFile::tcb_info_signature},
    {"tcb_info_issuer_chain", &CollateralFile::tcb_info_issuer_chain},
    {"qe_identity", &CollateralFile::qe_identity},
    {"qe_identity_signature", &CollateralFile::qe_identity_signature},
    {"qe_identity_issuer_chain", &CollateralFile::qe_identity_issuer_chain},
    {"pck_crl", &CollateralFile::pck_crl},
    {"pck_crl_issuer_chain", &CollateralFile::pck_crl_issuer_chain},
    {"root_ca_crl", &CollateralFile::root_ca_crl},
    {"pck_certificate_chain", &CollateralFile::pck_certificate_chain},
};

const Member* find_member(std::string_view name) {
  for (const Member& member : kMembers) {
    if (name == member.name) return &member;
  }
  return nullptr;
}

}  // namespace

Result<CollateralFile, Error> parse_collateral_file(std::string_view json) {
  const nlohmann::json document = nlohmann::json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (!document.is_object()) return fail(ErrorCode::kMalformed, "expected a JSON object, found something else");
  CollateralFile file;
  for (const auto& [name, value] : document.items()) {
    const Member* member = find_member(name);
    if (!member || value.is_null()) continue;
    if (!value.is_string()) return fail(ErrorCode::kMalformed, "\"" + name + "\": expected a text or null");
    file.*member->field = value.get<std::string>();
  }
  return file;
}

std::string as_json(const CollateralFile& file) {
  nlohmann::ordered_json document = nlohmann::ordered_json::object();
  for (const Member& member : kMembers) {
    if (file.*member.field) document[member.name] = *(file.*member.field);
  }
  return document.dump(1) + "\n";
}

}  // namespace redoubt::attest
