// SPDX-License-Identifier: Apache-2.0
//
// OpenPGP keys that a session gives, in their armor; and the same bytes as packets in a good armor, since no mutation finds
// a checksum.
#include "crypto/openpgp_key.h"
#include "fuzz/target.h"

using namespace redoubt;

namespace {

constexpr std::string_view kLabels[] = {"PGP PRIVATE KEY BLOCK", "PGP PUBLIC KEY BLOCK"};

// A key of every shape that the reader tells apart: RSA and a curve, old headers and new ones.
std::string packets() {
  const std::string rsa("\x04\0\0\0\0\x01\0\x08\xFF\0\x02\x03", 12);
  const std::string curve("\x04\0\0\0\0\x16\x03\x2B\x65\x70\0\x09\x01\xFF", 14);
  const std::string derivation("\x04\0\0\0\0\x12\x03\x2B\x65\x70\0\x09\x01\xFF\x03\x01\x08\x09", 18);
  return "\xC5\x0E" + rsa + "xx" + "\xCD\x03who" + "\x9C\x10" + curve + "yy" + "\x9C\x14" + derivation + "zz";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ByteView input(data, size);
  static_cast<void>(crypto::read_openpgp_key(as_text(input)));
  for (const std::string_view label : kLabels) {
    const auto key = crypto::read_openpgp_key(crypto::openpgp_armor(input, label).text());
    if (!key) continue;
    // The public half is a key as well, and its own public half.
    const auto open = crypto::read_openpgp_key(crypto::openpgp_armor(key->open, kLabels[1]).text());
    FUZZ_CHECK(open && open->secret.empty() && open->open == key->open);
  }
  return 0;
}

std::vector<std::string> fuzz_seeds() {
  const std::string key = packets();
  const std::string armored(crypto::openpgp_armor(as_bytes(key), kLabels[0]).text());
  FUZZ_CHECK(crypto::read_openpgp_key(armored));
  return {key, armored};
}
