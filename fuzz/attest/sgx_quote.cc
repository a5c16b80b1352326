// SPDX-License-Identifier: Apache-2.0
//
// Quotes through the whole verifier. What is accepted must be what the platform signed: every mutation that changes a
// signed byte is refused, or the target stops.
#include <cstring>

#include "attest/sgx/quote.h"
#include "attest/sgx/test_platform.h"
#include "attest/sgx/verifier.h"
#include "fuzz/target.h"

namespace {

using namespace redoubt;
using namespace redoubt::attest;

struct Setting {
  sgx::TestPlatform platform;
  Bytes quote = platform.quote();
  sgx::Verifier verifier{platform.collateral(), {platform.anchor()}};
};

const Setting& setting() {
  static const Setting made;
  return made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ByteView input(data, size);
  static_cast<void>(sgx::parse_quote(input));
  const Appraisal appraisal = setting().verifier.verify(input, utc_time_from_unix(sgx::kTestNow));
  const bool same =
      size >= sizeof(sgx::SignedPartV3) && std::memcmp(data, setting().quote.data(), sizeof(sgx::SignedPartV3)) == 0;
  FUZZ_CHECK(same || !appraisal.genuine());
  return 0;
}

std::vector<std::string> fuzz_seeds() { return {std::string(as_text(setting().quote))}; }
