// SPDX-License-Identifier: Apache-2.0
#include "attest/sgx/qe_identity.h"

#include <cstring>

#include "attest/sgx/json_reader.h"
#include "crypto/hex.h"

namespace redoubt::attest::sgx {
namespace {

using crypto::to_hex;

// MISCSELECT in JSON is the hex of its bytes as they lie in memory.
Result<uint32_t, Error> misc_select(const JsonObject& object, const char* key) {
  const ByteArray<4> bytes = TRY(object.hex<4>(key));
  U32Le value;
  std::memcpy(&value, bytes.data(), sizeof(value));
  return static_cast<uint32_t>(value);
}

Result<QeLevel, Error> parse_level(const JsonObject& level) {
  const JsonObject tcb = TRY(level.object("tcb"));
  TRY(level.time("tcbDate"));
  QeLevel parsed{};
  parsed.isv_svn = static_cast<uint16_t>(TRY(tcb.number("isvsvn", UINT16_MAX)));
  parsed.status = TRY(level.status("tcbStatus"));
  parsed.advisories = TRY(level.optional_texts("advisoryIDs"));
  return parsed;
}

ByteArray<16> masked(ByteArray<16> bytes, const ByteArray<16>& mask) {
  for (size_t index = 0; index < bytes.size(); ++index) bytes[index] &= mask[index];
  return bytes;
}

std::unexpected<Finding> another_enclave(const char* what, std::string expected, std::string actual) {
  return not_genuine(std::string("qe-identity.") + what, std::move(expected), std::move(actual),
                     "take quotes only from Intel's quoting enclave; check that the QE identity is for SGX");
}

}  // namespace

Result<QeIdentity, Error> parse_qe_identity(std::string_view json) {
  const nlohmann::json document = TRY(parse_json(json));
  const JsonObject object = TRY(JsonObject::from(document, ""));
  const uint32_t version = TRY(object.number("version", UINT16_MAX));
  if (version != 2) return fail(ErrorCode::kUnsupported, "version: expected 2, found " + std::to_string(version));
  const std::string id = TRY(object.text("id"));
  if (id != "QE") return fail(ErrorCode::kUnsupported, "id: expected QE, found " + id);
  QeIdentity identity{};
  identity.validity.from = TRY(object.time("issueDate"));
  identity.validity.until = TRY(object.time("nextUpdate"));
  identity.misc_select = TRY(misc_select(object, "miscselect"));
  identity.misc_select_mask = TRY(misc_select(object, "miscselectMask"));
  identity.attributes = TRY(object.hex<16>("attributes"));
  identity.attributes_mask = TRY(object.hex<16>("attributesMask"));
  identity.mrsigner = TRY(object.hex<32>("mrsigner"));
  identity.isv_prod_id = static_cast<uint16_t>(TRY(object.number("isvprodid", UINT16_MAX)));
  for (const JsonObject& level : TRY(object.objects("tcbLevels"))) identity.levels.push_back(TRY(parse_level(level)));
  return identity;
}

Checked<const QeLevel*> match_qe(const QeIdentity& identity, const ReportBody& report) {
  const uint32_t misc = report.misc_select & identity.misc_select_mask;
  if (misc != identity.misc_select) {
    return another_enclave("miscselect", std::to_string(identity.misc_select), std::to_string(misc));
  }
  ByteArray<16> attributes;
  std::memcpy(attributes.data(), &report.attributes, attributes.size());
  attributes = masked(attributes, identity.attributes_mask);
  if (attributes != identity.attributes) {
    return another_enclave("attributes", to_hex(identity.attributes), to_hex(attributes));
  }
  if (report.mrsigner != identity.mrsigner) {
    return another_enclave("mrsigner", to_hex(identity.mrsigner), to_hex(report.mrsigner));
  }
  if (report.isv_prod_id != identity.isv_prod_id) {
    return another_enclave("isvprodid", std::to_string(identity.isv_prod_id), std::to_string(report.isv_prod_id));
  }
  for (const QeLevel& level : identity.levels) {
    if (level.isv_svn <= report.isv_svn) return &level;
  }
  return not_genuine("qe-identity.isvsvn", "a quoting enclave with a known level",
                     "ISVSVN " + std::to_string(report.isv_svn) + ", below all levels", "update the quoting enclave");
}

}  // namespace redoubt::attest::sgx
