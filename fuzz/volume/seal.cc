// SPDX-License-Identifier: Apache-2.0
//
// The seal of an authenticated-only volume, with a right MAC: whoever has the key must get no more out of the parser than an error.
// The input is the file without its MAC. What the parser takes must come out as it went in.
#include <algorithm>
#include <cstdlib>

#include "crypto/aead.h"
#include "fuzz/target.h"
#include "volume/sealed_tree.h"

namespace {

using namespace redoubt;
using namespace redoubt::volume;

constexpr size_t kIdOffset = 10, kIdSize = 16, kMacSize = 32;
const Bytes kKey(32, 5);

Bytes with_mac(ByteView content) {
  Bytes file(content.begin(), content.end());
  ByteArray<32> derived{};
  if (content.size() >= kIdOffset + kIdSize) {
    crypto::hkdf_sha256(kKey, {}, "redoubt seal 1", content.subspan(kIdOffset, kIdSize), derived);
  }
  const auto mac = crypto::hmac_sha256(derived, content);
  file.insert(file.end(), mac.begin(), mac.end());
  return file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Bytes file = with_mac({data, size});
  const auto tree = read_seal(file, kKey);
  if (!tree) return 0;
  const auto again = read_seal(write_seal(*tree, kKey), kKey);
  if (!again || again->entries.size() != tree->entries.size()) std::abort();
  return 0;
}

std::vector<std::string> fuzz_seeds() {
  SealedTree tree;
  tree.sequence = 3;
  tree.entries = {
      {.path = "etc", .kind = SealedEntry::Kind::kDirectory, .mode = 0755, .sha256 = {}, .target = {}},
      {.path = "etc/file", .kind = SealedEntry::Kind::kFile, .mode = 0644, .size = 9, .sha256 = {1}, .target = {}},
      {.path = "etc/link", .kind = SealedEntry::Kind::kLink, .mode = 0777, .sha256 = {}, .target = "file"}};
  const Bytes seal = write_seal(tree, kKey);
  // The right MAC is what makes the seed reach the parser: without it the target would test nothing.
  if (!read_seal(with_mac(ByteView(seal).first(seal.size() - kMacSize)), kKey)) std::abort();
  return {std::string(seal.begin(), seal.end() - kMacSize), std::string(as_text(ByteView(seal).first(38)))};
}
