// SPDX-License-Identifier: Apache-2.0
//
// The SGX extension of PCK certificates, and the certificates, CRLs and PEM texts around it.
#include "attest/sgx/pck_extension.h"

#include "attest/sgx/collateral.h"
#include "attest/sgx/test_platform.h"
#include "crypto/x509.h"
#include "fuzz/target.h"

using namespace redoubt;
using namespace redoubt::attest;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ByteView input(data, size);
  static_cast<void>(sgx::parse_pck_extension(input));
  static_cast<void>(crypto::RevocationList::from_der(input));
  static_cast<void>(sgx::parse_crl(std::string(as_text(input)), "crl"));
  if (const auto certificate = crypto::Certificate::from_pem_or_der(input)) {
    static_cast<void>(sgx::pck_extension_of(*certificate));
    static_cast<void>(certificate->signed_by(certificate->public_key()));
  }
  static_cast<void>(crypto::Certificate::list_from_pem(as_text(input)));
  return 0;
}

std::vector<std::string> fuzz_seeds() {
  const sgx::TestPlatform platform;
  const std::string chain = platform.pck_chain();
  std::vector<std::string> seeds = {std::string(as_text(sgx::make_pck_extension({1, 2, 255}, 300, true))), chain,
                                    *platform.collateral().pck_crl};
  const auto certificates = crypto::Certificate::list_from_pem(chain);
  for (const crypto::Certificate& one : *certificates) seeds.emplace_back(as_text(one.der()));
  return seeds;
}
