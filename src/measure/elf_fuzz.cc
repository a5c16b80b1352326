// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as an ELF file and as /etc/ld.so.cache: nothing may crash or hang, no read may go beyond the file, and what is
// accepted keeps its promises. Built as a libFuzzer target with REDOUBT_FUZZ; else with a driver that damages the files given as
// arguments, from a fixed seed, for a bounded number of rounds.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <random>

#include "measure/elf_facts.h"
#include "measure/library_cache.h"
#include "measure/library_search.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace redoubt;
  const auto facts = measure::read_elf([&](uint64_t offset, std::span<uint8_t> out) {
    if (offset > size || out.size() > size - offset) return false;
    std::memcpy(out.data(), data + offset, out.size());
    return true;
  });
  if (facts && *facts) {
    if (!(*facts)->fits && !(*facts)->needed.empty()) std::abort();
    for (const std::string& one : measure::expand_search_path((*facts)->rpath, "/origin")) {
      if (!one.starts_with('/')) std::abort();
    }
  }
  for (const auto& [name, paths] : measure::read_library_cache({data, size})) {
    for (const std::string& path : paths) {
      if (!path.starts_with('/')) std::abort();
    }
  }
  return 0;
}

#ifndef REDOUBT_LIBFUZZER
int main(int argc, char** argv) {
  constexpr int kRounds = 2000;      // for each file
  constexpr size_t kStart = 100000;  // bytes of it
  std::mt19937 random(20240607);
  for (int index = 1; index < argc; ++index) {
    std::ifstream stream(argv[index], std::ios::binary);
    std::vector<uint8_t> seed{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
    if (seed.empty()) return 2;
    seed.resize(std::min(seed.size(), kStart));
    for (int round = 0; round < kRounds; ++round) {
      std::vector<uint8_t> bytes = seed;
      for (auto change = random() % 8; change-- > 0 && round > 0;) {
        // Mostly the headers, where few bytes decide much.
        const size_t limit = random() % 2 == 0 ? std::min<size_t>(bytes.size(), 1024) : bytes.size();
        bytes[random() % limit] = static_cast<uint8_t>(random() % 3 == 0 ? 0xff : random());
      }
      if (round % 10 == 9) bytes.resize(random() % bytes.size() + 1);
      LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
    }
  }
  std::printf("%d inputs\n", (argc - 1) * kRounds);
  return argc > 1 ? 0 : 2;
}
#endif
