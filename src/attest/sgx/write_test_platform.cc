// SPDX-License-Identifier: Apache-2.0
//
// Writes a made-up platform's quote.bin, debug.bin (the same with DEBUG), forged.bin, collateral.json and root.der into a
// directory, for tests of the command line. All are valid at 2025-08-12T12:00:00Z. Usage: write_test_platform DIRECTORY
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "attest/sgx/test_platform.h"

namespace {

using namespace redoubt;
using namespace redoubt::attest;

void write(const std::filesystem::path& path, ByteView contents) {
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(contents.data()), static_cast<std::streamsize>(contents.size()));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::filesystem::path directory = argv[1];
  // The next quote is a debug enclave's when the flag is set.
  bool debug = false;
  sgx::TestOptions options;
  options.change_report = [&debug](sgx::SignedPartV3& part) { part.body.attributes.flags = debug ? 7 : 5; };
  const sgx::TestPlatform platform(options);
  Bytes quote = platform.quote();
  write(directory / "quote.bin", quote);
  quote[48 + 64] ^= 1;
  write(directory / "forged.bin", quote);
  debug = true;
  write(directory / "debug.bin", platform.quote());

  const CollateralFile file = platform.collateral();
  const nlohmann::json json = {
      {"tcb_info", *file.tcb_info},
      {"tcb_info_signature", *file.tcb_info_signature},
      {"tcb_info_issuer_chain", *file.tcb_info_issuer_chain},
      {"qe_identity", *file.qe_identity},
      {"qe_identity_signature", *file.qe_identity_signature},
      {"qe_identity_issuer_chain", *file.qe_identity_issuer_chain},
      {"pck_crl", *file.pck_crl},
      {"pck_crl_issuer_chain", *file.pck_crl_issuer_chain},
      {"root_ca_crl", *file.root_ca_crl},
  };
  write(directory / "collateral.json", as_bytes(json.dump(1)));
  write(directory / "root.der", platform.anchor().certificate.der());
}
