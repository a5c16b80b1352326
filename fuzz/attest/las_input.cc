// SPDX-License-Identifier: Apache-2.0
//
// What LAS reads of others: requests, and the files of /proc whose texts hold names that a process chose.
#include <string_view>

#include "fuzz/target.h"
#include "las/file_systems.h"
#include "las/log.h"
#include "las/mappings.h"
#include "wire/las_protocol.h"

using namespace redoubt;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ByteView input(data, size);
  wire::LasRequest request;
  if (wire::decode(input, request)) FUZZ_CHECK(wire::encode(request).size() == size);
  const std::string_view text = as_text(input);
  if (const auto mappings = las::executable_mappings(text)) {
    for (const las::ExecutableMapping& mapping : *mappings) static_cast<void>(las::is_kernels(mapping));
  }
  static_cast<void>(las::find_file_system(text, "22"));
  for (const char character : las::printable(text)) {
    FUZZ_CHECK(character >= ' ' && character <= '~');
  }
  return 0;
}

std::vector<std::string> fuzz_seeds() {
  return {
      std::string(as_text(wire::encode(wire::LasRequest{}))),
      "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n23 22 0:5 / /a rw - overlay overlay rw\n",
      "55d000001000-55d000002000 r-xp 00001000 fe:00 1234   /usr/bin/program\nAnonymous: 4 kB\nSwap: 0 kB\nVmFlags: "
      "rd\n"
      "7ffe00000000-7ffe00002000 r-xp 00000000 00:00 0      [vdso]\nAnonymous: 0 kB\nSwap: 0 kB\n",
  };
}
