// SPDX-License-Identifier: Apache-2.0
//
// The first line of a script.
#include <algorithm>

#include "fuzz/target.h"
#include "shim/process/script.h"

using namespace redoubt::shim;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto script = parse_script({reinterpret_cast<const char*>(data), std::min(size, kScriptHeadSize)});
  if (!script || !*script) return 0;
  const ScriptLine& line = **script;
  FUZZ_CHECK(line.interpreter.size() < kScriptHeadSize);
  FUZZ_CHECK(line.interpreter.find_first_of(std::string_view(" \t\n\0", 4)) == std::string::npos);
  FUZZ_CHECK(line.argument.value_or("").find_first_of(std::string_view("\n\0", 2)) == std::string::npos);
  return 0;
}

std::vector<std::string> fuzz_seeds() {
  return {"#!/bin/sh\n",
          "#! /usr/bin/env -S python3 -u \t\necho\n",
          "#!/bin/sh -x",
          std::string("#!/bin/sh\0 x\n", 13),
          "#!" + std::string(253, 'x'),
          "#!/x " + std::string(300, 'y') + "\n"};
}
