// SPDX-License-Identifier: Apache-2.0
//
// Any bytes through the whole check, and what was accepted through the hash: nothing may crash, hang or throw. Built as a
// libFuzzer target with REDOUBT_FUZZ; else with a driver that mutates the sessions given as arguments, from a fixed seed, for
// a bounded number of rounds.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "policy/check.h"
#include "policy/session_hash.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace redoubt::policy;
  const CheckedSession checked = check_session({reinterpret_cast<const char*>(data), size});
  if (checked.session.has_value() == has_errors(checked.mistakes)) std::abort();
  if (checked.session && session_hash(*checked.session).size() != 64) std::abort();
  if (as_json(checked.mistakes).empty()) std::abort();
  return 0;
}

#ifndef REDOUBT_LIBFUZZER
namespace {

constexpr const char* kPieces[] = {"$$SCONE::", "$$",          ":",      "- ",  "\n", "  ",          "[",
                                   "]",         "{",           "}",      "&a ", "*a", "|",           ">",
                                   "'",         "\"",          "!!str ", "@@1", "? ", "#",           "---\n",
                                   "...\n",     "%YAML 1.2\n", "~",      "\\x", "\t", "\xef\xbb\xbf"};

std::string mutate(std::string text, std::mt19937& random) {
  const auto below = [&](size_t limit) { return limit == 0 ? 0 : static_cast<size_t>(random()) % limit; };
  for (size_t change = below(6); change-- > 0 && !text.empty();) {
    const size_t at = below(text.size());
    switch (below(5)) {
      case 0: text[at] = static_cast<char>(random()); break;
      case 1: text.erase(at, below(20) + 1); break;
      case 2: text.insert(at, text.substr(below(text.size()), below(40))); break;
      case 3: text.insert(at, kPieces[below(std::size(kPieces))]); break;
      default: std::swap(text[at], text[below(text.size())]); break;
    }
  }
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  constexpr int kRounds = 300;  // for each file
  std::mt19937 random(20240607);
  for (int index = 1; index < argc; ++index) {
    std::ifstream stream(argv[index], std::ios::binary);
    const std::string seed{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
    for (int round = 0; round < kRounds; ++round) {
      const std::string text = round == 0 ? seed : mutate(seed, random);
      LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(text.data()), text.size());
    }
  }
  std::printf("%d inputs\n", (argc - 1) * kRounds);
  return argc > 1 ? 0 : 2;
}
#endif
