// SPDX-License-Identifier: Apache-2.0
//
// Writes a made-up platform's quote.bin, debug.bin (the same with DEBUG), forged.bin, collateral.json and root.der into a
// directory, for tests of the command line. All are valid at 2025-08-12T12:00:00Z. Usage: write_test_platform DIRECTORY
#include <filesystem>
#include <fstream>
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

  write(directory / "collateral.json", as_bytes(as_json(platform.collateral())));
  write(directory / "root.der", platform.anchor().certificate.der());
}
