// SPDX-License-Identifier: Apache-2.0
//
// TCB info, QE identity and collateral files.
#include <nlohmann/json.hpp>

#include "attest/collateral_file.h"
#include "attest/sgx/qe_identity.h"
#include "attest/sgx/tcb_info.h"
#include "attest/sgx/test_platform.h"
#include "fuzz/target.h"

using namespace redoubt;
using namespace redoubt::attest;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input = as_text({data, size});
  static_cast<void>(parse_collateral_file(input));
  static_cast<void>(sgx::parse_qe_identity(input));
  if (const auto info = sgx::parse_tcb_info(input)) {
    static_cast<void>(sgx::find_level(*info, sgx::PckExtension{}));
  }
  return 0;
}

std::vector<std::string> fuzz_seeds() {
  std::string version_2 =
      R"({"version":2,"issueDate":"2025-01-01T00:00:00Z","nextUpdate":"2025-02-01T00:00:00Z",)"
      R"("fmspc":"000000000000","pceId":"0000","tcbType":0,"tcbEvaluationDataNumber":1,"tcbLevels":[{"tcb":{)";
  for (int index = 1; index <= 16; ++index) {
    version_2 += R"("sgxtcbcomp)" + std::string(index < 10 ? "0" : "") + std::to_string(index) + R"(svn":1,)";
  }
  version_2 += R"("pcesvn":1},"tcbDate":"2025-01-01T00:00:00Z","tcbStatus":"UpToDate"}]})";
  return {version_2,
          sgx::TestPlatform::tcb_info_text(sgx::TestPlatform::tcb_level(5, 5, "OutOfDate", R"("INTEL-SA-00001")")),
          sgx::TestPlatform::qe_identity_text(sgx::TestPlatform::qe_level(5, "UpToDate")),
          nlohmann::json{{"tcb_info", "{}"}, {"pck_crl", nullptr}, {"root_ca_crl", "00"}}.dump()};
}
