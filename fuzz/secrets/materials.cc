// SPDX-License-Identifier: Apache-2.0
//
// The stored materials of a session. What is accepted must be exactly what the encoder writes.
#include <cstring>

#include "cas/secrets/material.h"
#include "fuzz/target.h"

using namespace redoubt;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto materials = cas::decode_materials({data, size});
  if (!materials) return 0;
  const SecretBytes again = cas::encode_materials(*materials);
  FUZZ_CHECK(again.size() == size && std::memcmp(again.view().data(), data, size) == 0);
  return 0;
}

std::vector<std::string> fuzz_seeds() {
  cas::Materials materials;
  materials.emplace("word",
                    cas::Material{policy::SecretKind::kAscii, SecretBytes(std::string_view("value")), {}, {}, {}});
  materials.emplace("server", cas::Material{policy::SecretKind::kX509,
                                            SecretBytes(std::string_view("key")),
                                            {1, 2, 3},
                                            {{4, 5}, {6}},
                                            utc_time_from_unix(1'790'000'000)});
  return {std::string(cas::encode_materials(materials).text()), std::string(cas::encode_materials({}).text())};
}
