// SPDX-License-Identifier: Apache-2.0
#include "cli/attest_report.h"

#include <nlohmann/json.hpp>
#include <string_view>

#include "crypto/hex.h"

namespace redoubt::cli {
namespace {

using Json = nlohmann::ordered_json;  // in the order it is written here
using crypto::to_hex;

std::string_view verdict_of(const AttestReport& report) {
  if (!report.appraisal.genuine()) return "not genuine";
  return report.reasons.empty() ? "acceptable" : "genuine but not acceptable";
}

Json claims_as_json(const attest::sgx::Claims& claims) {
  return {
      {"mrenclave", to_hex(claims.mrenclave)},
      {"mrsigner", to_hex(claims.mrsigner)},
      {"isvprodid", claims.isv_prod_id},
      {"isvsvn", claims.isv_svn},
      {"debug", claims.debug},
      {"attributes", {{"flags", claims.attribute_flags}, {"xfrm", claims.xfrm}}},
      {"miscselect", claims.misc_select},
      {"report_data", to_hex(claims.report_data)},
      {"configid", to_hex(claims.config_id)},
      {"configsvn", claims.config_svn},
      {"isvfamilyid", to_hex(claims.isv_family_id)},
      {"isvextprodid", to_hex(claims.isv_ext_prod_id)},
      {"cpusvn", to_hex(claims.cpu_svn)},
      {"fmspc", to_hex(claims.fmspc)},
      {"pceid", to_hex(claims.pce_id)},
      {"ppid", to_hex(claims.ppid)},
      {"simultaneous_multithreading",
       claims.simultaneous_multithreading ? Json(*claims.simultaneous_multithreading) : Json(nullptr)},
  };
}

Json tcb_as_json(const attest::Tcb& tcb) {
  return {
      {"status", name_of(tcb.status)},
      {"advisories", tcb.advisories},
      {"platform_status", name_of(tcb.platform_status)},
      {"platform_date", tcb.platform_date},
      {"quoting_enclave_status", name_of(tcb.quoting_enclave_status)},
      {"evaluation_number", tcb.evaluation_number},
  };
}

void add_line(std::string& text, std::string_view name, std::string_view value) {
  text.append(name).append(name.size() < 18 ? 18 - name.size() : 1, ' ').append(value).append("\n");
}

}  // namespace

std::string report_as_json(const AttestReport& report) {
  const attest::Appraisal& appraisal = report.appraisal;
  Json json = {
      {"verdict", verdict_of(report)}, {"genuine", appraisal.genuine()}, {"acceptable", report.reasons.empty()},
      {"result", appraisal.result},    {"reasons", Json::array()},
  };
  for (const attest::Finding& reason : report.reasons) {
    json["reasons"].push_back(Json{
        {"check", reason.check}, {"expected", reason.expected}, {"actual", reason.actual}, {"remedy", reason.remedy}});
  }
  if (appraisal.genuine()) {
    json["tcb"] = tcb_as_json(*appraisal.tcb);
    json["valid"] = {{"from", to_string(appraisal.valid_from)}, {"until", to_string(appraisal.valid_until)}};
    json["root_sha256"] = appraisal.root_sha256;
  }
  if (const auto* claims = std::get_if<attest::sgx::Claims>(&appraisal.claims)) json["sgx"] = claims_as_json(*claims);
  // Names in damaged certificates may be no UTF-8.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string report_as_text(const AttestReport& report) {
  const attest::Appraisal& appraisal = report.appraisal;
  std::string text = std::string(verdict_of(report)) + ": " + appraisal.result + "\n";
  for (const attest::Finding& reason : report.reasons) {
    text += "  " + reason.check + ": expected " + reason.expected + "; found " + reason.actual +
            "; to do: " + reason.remedy + "\n";
  }
  if (const auto* claims = std::get_if<attest::sgx::Claims>(&appraisal.claims)) {
    add_line(text, "MRENCLAVE", to_hex(claims->mrenclave));
    add_line(text, "MRSIGNER", to_hex(claims->mrsigner));
    add_line(text, "ISVPRODID", std::to_string(claims->isv_prod_id));
    add_line(text, "ISVSVN", std::to_string(claims->isv_svn));
    add_line(text, "debug", claims->debug ? "yes" : "no");
    add_line(text, "report data", to_hex(claims->report_data));
    add_line(text, "FMSPC", to_hex(claims->fmspc));
  }
  if (appraisal.genuine()) {
    const bool ever = appraisal.valid_from <= appraisal.valid_until;
    add_line(text, "valid together",
             ever ? to_string(appraisal.valid_from) + " to " + to_string(appraisal.valid_until)
                  : "never: the parts of the collateral have no time in common");
    add_line(text, "root (SHA-256)", appraisal.root_sha256);
  }
  return text;
}

}  // namespace redoubt::cli
