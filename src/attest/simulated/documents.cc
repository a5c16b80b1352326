// SPDX-License-Identifier: Apache-2.0
#include "attest/simulated/documents.h"

#include "crypto/hex.h"

namespace redoubt::attest::simulated {
namespace {

constexpr const char* kTcbDate = "2025-01-01T00:00:00Z";
constexpr const char* kEvaluationNumber = "17";

std::string dates(const crypto::Validity& validity) {
  return R"("issueDate":")" + to_string(validity.from) + R"(","nextUpdate":")" + to_string(validity.until) + R"(",)";
}

}  // namespace

std::string tcb_level(unsigned first_svn, unsigned pce_svn, std::string_view status, std::string_view advisories) {
  std::string components = R"({"svn":)" + std::to_string(first_svn) + "}";
  for (int index = 1; index < 16; ++index) components += R"(,{"svn":0})";
  return R"({"tcb":{"sgxtcbcomponents":[)" + components + R"(],"pcesvn":)" + std::to_string(pce_svn) +
         R"(},"tcbDate":")" + kTcbDate + R"(","tcbStatus":")" + std::string(status) + R"(","advisoryIDs":[)" +
         std::string(advisories) + "]}";
}

std::string tcb_info(const crypto::Validity& validity, const ByteArray<6>& fmspc, std::string_view levels) {
  return R"({"id":"SGX","version":3,)" + dates(validity) + R"("fmspc":")" + crypto::to_hex(fmspc) +
         R"(","pceId":"0000","tcbType":0,"tcbEvaluationDataNumber":)" + kEvaluationNumber + R"(,"tcbLevels":[)" +
         std::string(levels) + "]}";
}

std::string qe_level(unsigned isv_svn, std::string_view status) {
  return R"({"tcb":{"isvsvn":)" + std::to_string(isv_svn) + R"(},"tcbDate":")" + kTcbDate + R"(","tcbStatus":")" +
         std::string(status) + R"("})";
}

std::string qe_identity(const crypto::Validity& validity, const ByteArray<32>& signer, std::string_view levels) {
  return R"({"id":"QE","version":2,)" + dates(validity) + R"("tcbEvaluationDataNumber":)" + kEvaluationNumber +
         R"(,"miscselect":"00000000","miscselectMask":"FFFFFFFF","attributes":"11000000000000000000000000000000",)"
         R"("attributesMask":"FBFFFFFFFFFFFFFF0000000000000000","mrsigner":")" +
         crypto::to_hex(signer) + R"(","isvprodid":1,"tcbLevels":[)" + std::string(levels) + "]}";
}

}  // namespace redoubt::attest::simulated
