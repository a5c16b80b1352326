// SPDX-License-Identifier: Apache-2.0
//
// Runs a fuzz target without libFuzzer: the seeds, then mutations of them. Usage: TARGET [ITERATIONS [SEED]]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "fuzz/attest/target.h"

namespace {

using redoubt::Bytes;

class Mutator {
 public:
  explicit Mutator(uint64_t seed) : random_(seed) {}

  Bytes mutate(const Bytes& seed) {
    Bytes bytes = seed;
    for (size_t count = 1 + below(4); count > 0; --count) change(bytes);
    return bytes;
  }

  size_t below(size_t limit) { return limit == 0 ? 0 : random_() % limit; }

 private:
  void change(Bytes& bytes) {
    const size_t place = below(bytes.size() + 1), length = below(16);
    const auto at = bytes.begin() + static_cast<std::ptrdiff_t>(place);
    switch (below(6)) {
      case 0: bytes.resize(place); break;
      case 1: bytes.insert(at, length, static_cast<uint8_t>(random_())); break;
      case 2: bytes.erase(at, at + static_cast<std::ptrdiff_t>(std::min(length, bytes.size() - place))); break;
      case 3:  // an extreme value: lengths, counts
        if (place < bytes.size()) bytes[place] = below(2) ? 0xFF : 0x80;
        break;
      case 4: {  // a piece of itself somewhere else
        const Bytes piece(at, at + static_cast<std::ptrdiff_t>(std::min(length, bytes.size() - place)));
        bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(below(bytes.size() + 1)), piece.begin(), piece.end());
        break;
      }
      default:
        if (place < bytes.size()) bytes[place] ^= static_cast<uint8_t>(1U << below(8));
    }
  }

  std::mt19937_64 random_;
};

}  // namespace

int main(int argc, char** argv) {
  const long iterations = argc > 1 ? std::atol(argv[1]) : 20000;
  Mutator mutator(argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1);
  const std::vector<Bytes> seeds = redoubt::fuzz::seeds();
  for (const Bytes& seed : seeds) LLVMFuzzerTestOneInput(seed.data(), seed.size());
  for (long run = 0; run < iterations; ++run) {
    const Bytes input = mutator.mutate(seeds[mutator.below(seeds.size())]);
    LLVMFuzzerTestOneInput(input.data(), input.size());
  }
  std::printf("%ld inputs from %zu seeds\n", iterations, seeds.size());
}
