// SPDX-License-Identifier: Apache-2.0
//
// The SGX extension of PCK certificates, and the certificates, CRLs and PEM texts around it.
#include "attest/sgx/pck_extension.h"

#include "attest/sgx/collateral.h"
#include "attest/sgx/test_platform.h"
#include "crypto/x509.h"
#include "fuzz/attest/target.h"

namespace {

using namespace redoubt;
using namespace redoubt::attest;

const std::vector<Bytes>& made_seeds() {
  static const std::vector<Bytes> made = [] {
    const sgx::TestPlatform platform;
    const std::string chain = platform.pck_chain(), crl = *platform.collateral().pck_crl;
    std::vector<Bytes> seeds = {sgx::make_pck_extension({1, 2, 255}, 300, true), Bytes(chain.begin(), chain.end()),
                                Bytes(crl.begin(), crl.end())};
    const auto certificates = crypto::Certificate::list_from_pem(chain);
    for (const crypto::Certificate& one : *certificates) seeds.push_back(one.der());
    return seeds;
  }();
  return made;
}

}  // namespace

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

std::vector<Bytes> fuzz::seeds() { return made_seeds(); }
