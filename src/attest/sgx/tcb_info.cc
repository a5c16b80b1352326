// SPDX-License-Identifier: Apache-2.0
#include "attest/sgx/tcb_info.h"

#include <cstdio>

#include "attest/sgx/json_reader.h"

namespace redoubt::attest::sgx {
namespace {

// Version 2: sgxtcbcomp01svn to sgxtcbcomp16svn.
Result<ByteArray<16>, Error> components_v2(const JsonObject& tcb) {
  ByteArray<16> svns;
  for (size_t index = 0; index < svns.size(); ++index) {
    char key[32];
    std::snprintf(key, sizeof(key), "sgxtcbcomp%02zusvn", index + 1);
    svns[index] = static_cast<uint8_t>(TRY(tcb.number(key, UINT8_MAX)));
  }
  return svns;
}

// Version 3: sgxtcbcomponents[16].svn.
Result<ByteArray<16>, Error> components_v3(const JsonObject& tcb) {
  const std::vector<JsonObject> components = TRY(tcb.objects("sgxtcbcomponents"));
  ByteArray<16> svns;
  if (components.size() != svns.size()) return tcb.wrong("sgxtcbcomponents", "16 components");
  for (size_t index = 0; index < svns.size(); ++index) {
    svns[index] = static_cast<uint8_t>(TRY(components[index].number("svn", UINT8_MAX)));
  }
  return svns;
}

Result<TcbLevel, Error> parse_level(const JsonObject& level, uint32_t version) {
  const JsonObject tcb = TRY(level.object("tcb"));
  TcbLevel parsed{};
  parsed.component_svns = TRY(version == 2 ? components_v2(tcb) : components_v3(tcb));
  parsed.pce_svn = static_cast<uint16_t>(TRY(tcb.number("pcesvn", UINT16_MAX)));
  parsed.status = TRY(level.status("tcbStatus"));
  parsed.date = to_string(TRY(level.time("tcbDate")));
  parsed.advisories = TRY(level.optional_texts("advisoryIDs"));
  return parsed;
}

// Version 2 is SGX's alone and has no id; version 3 says whose it is.
Result<uint32_t, Error> sgx_version(const JsonObject& info) {
  const uint32_t version = TRY(info.number("version", UINT16_MAX));
  if (version != 2 && version != 3)
    return fail(ErrorCode::kUnsupported, "version: expected 2 or 3, found " + std::to_string(version));
  if (version == 2 && !info.has("id")) return version;
  const std::string id = TRY(info.text("id"));
  if (id != "SGX") return fail(ErrorCode::kUnsupported, "id: expected SGX, found " + id);
  return version;
}

}  // namespace

Result<TcbInfo, Error> parse_tcb_info(std::string_view json) {
  const nlohmann::json document = TRY(parse_json(json));
  const JsonObject object = TRY(JsonObject::from(document, ""));
  const uint32_t version = TRY(sgx_version(object));
  TRY(object.number("tcbType", 0));
  TcbInfo info{};
  info.validity.from = TRY(object.time("issueDate"));
  info.validity.until = TRY(object.time("nextUpdate"));
  info.fmspc = TRY(object.hex<6>("fmspc"));
  info.pce_id = TRY(object.hex<2>("pceId"));
  info.evaluation_number = TRY(object.number("tcbEvaluationDataNumber", UINT32_MAX));
  for (const JsonObject& level : TRY(object.objects("tcbLevels")))
    info.levels.push_back(TRY(parse_level(level, version)));
  return info;
}

const TcbLevel* find_level(const TcbInfo& info, const PckExtension& platform) {
  for (const TcbLevel& level : info.levels) {
    bool reached = platform.pce_svn >= level.pce_svn;
    for (size_t index = 0; index < level.component_svns.size(); ++index) {
      reached = reached && platform.component_svns[index] >= level.component_svns[index];
    }
    if (reached) return &level;
  }
  return nullptr;
}

}  // namespace redoubt::attest::sgx
