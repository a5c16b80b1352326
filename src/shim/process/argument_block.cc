// SPDX-License-Identifier: Apache-2.0
#include "shim/process/argument_block.h"

#include <utility>

#include "shim/memory/app_memory.h"

namespace redoubt::shim {

Result<std::vector<std::string>> read_strings(uint64_t at, uint64_t& budget) {
  std::vector<std::string> strings;
  if (at == 0) return strings;
  for (;; at += sizeof(uint64_t)) {
    uint64_t pointer;
    if (!read_app(pointer, at)) return fail(EFAULT);
    if (pointer == 0) return strings;
    std::string text = TRY(read_app_string(pointer, kMaximumString, E2BIG));
    const uint64_t needed = text.size() + 1 + sizeof(uint64_t);
    if (needed > budget) return fail(E2BIG);
    budget -= needed;
    strings.push_back(std::move(text));
  }
}

}  // namespace redoubt::shim
