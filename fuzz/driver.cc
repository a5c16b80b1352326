// SPDX-License-Identifier: Apache-2.0
//
// Runs a fuzz target without libFuzzer: every build has it as a short test, and a finding of libFuzzer is replayed with it.
//
//   fuzz_NAME [--seconds=N] [--seed=N]   mutates the target's seeds for N seconds (default 2)
//   fuzz_NAME FILE...                    replays files
//   fuzz_NAME --write-seeds=DIRECTORY    a corpus for libFuzzer to start from
//
// An input that ends the process is found in crash-NAME in the working directory: it is written before it is tried.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <random>
#include <string_view>

#include "fuzz/target.h"

namespace {

constexpr size_t kLargest = 1 << 16;

// The input under way, in a file that outlives the process. Removed when all went well.
class Evidence {
 public:
  explicit Evidence(std::string path)
      : path_(std::move(path)), fd_(open(path_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) {}
  ~Evidence() {
    close(fd_);
    unlink(path_.c_str());
  }
  Evidence(const Evidence&) = delete;
  Evidence& operator=(const Evidence&) = delete;
  void keep(const std::string& input) {
    if (pwrite(fd_, input.data(), input.size(), 0) < 0 || ftruncate(fd_, static_cast<off_t>(input.size())) != 0) {
      std::perror(path_.c_str());
    }
  }

 private:
  std::string path_;
  int fd_;
};

// Exactly sized, so that a sanitizer sees the first byte beyond.
void try_input(const std::string& input) {
  const std::vector<uint8_t> copy(input.begin(), input.end());
  LLVMFuzzerTestOneInput(copy.data(), copy.size());
}

class Mutator {
 public:
  Mutator(uint64_t seed, const std::vector<std::string>& seeds) : random_(seed), seeds_(seeds) {}

  std::string next() {
    std::string input = pick();
    const auto steps = 1 + random_() % 6;
    for (uint64_t i = 0; i < steps; ++i) change(input);
    if (input.size() > kLargest) input.resize(kLargest);
    return input;
  }

 private:
  const std::string& pick() { return seeds_[random_() % seeds_.size()]; }
  size_t below(size_t limit) { return limit == 0 ? 0 : random_() % limit; }

  void change(std::string& input) {
    const size_t at = below(input.size() + 1);
    switch (random_() % 8) {
      case 0: input.insert(at, 1 + below(16), static_cast<char>(random_())); break;
      case 1: input.erase(at, 1 + below(16)); break;
      case 2: input.resize(at); break;
      case 3: {
        const std::string& other = pick();
        input += other.substr(below(other.size()));
        break;
      }
      case 4:
        if (at < input.size()) input[at] = static_cast<char>(input[at] ^ (1 << below(8)));
        break;
      case 5:
        if (at < input.size()) input[at] = static_cast<char>(random_());
        break;
      default: overwrite_number(input, at); break;
    }
  }

  // Numbers at which arithmetic goes wrong, in the widths that formats use.
  void overwrite_number(std::string& input, size_t at) {
    constexpr uint64_t kInteresting[] = {0,
                                         1,
                                         0x7f,
                                         0xff,
                                         0xfff,
                                         0x1000,
                                         0x7fff,
                                         0xffff,
                                         0x7fffffff,
                                         0x80000000,
                                         0xffffffff,
                                         0x7ffffffff000,
                                         0x7fffffffffffffff,
                                         0x8000000000000000,
                                         0xfffffffffffff000,
                                         0xffffffffffffffff};
    const uint64_t value = kInteresting[below(std::size(kInteresting))] + below(3) - 1;
    const size_t width = size_t{1} << below(4);
    if (random_() % 2 == 0) at -= at % width;
    if (at + width <= input.size()) std::memcpy(input.data() + at, &value, width);
  }

  std::mt19937_64 random_;
  const std::vector<std::string>& seeds_;
};

bool option(std::string_view argument, std::string_view name, std::string& value) {
  if (!argument.starts_with(name) || argument.size() <= name.size() || argument[name.size()] != '=') return false;
  value = argument.substr(name.size() + 1);
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> seeds = fuzz_seeds();
  double seconds = 2;
  uint64_t seed = 1;
  bool replayed = false;
  for (int i = 1; i < argc; ++i) {
    std::string value;
    if (option(argv[i], "--seconds", value)) {
      seconds = std::stod(value);
    } else if (option(argv[i], "--seed", value)) {
      seed = std::stoull(value);
    } else if (option(argv[i], "--write-seeds", value)) {
      for (size_t n = 0; n < seeds.size(); ++n) std::ofstream(value + "/seed-" + std::to_string(n)) << seeds[n];
      replayed = true;
    } else {
      std::ifstream file(argv[i], std::ios::binary);
      if (!file) {
        std::fprintf(stderr, "%s: cannot read %s\n", argv[0], argv[i]);
        return 2;
      }
      try_input(std::string(std::istreambuf_iterator<char>(file), {}));
      replayed = true;
    }
  }
  if (replayed) return 0;

  const std::string_view program(argv[0]);
  Evidence evidence("crash-" + std::string(program.substr(program.rfind('/') + 1)));
  evidence.keep({});
  try_input({});
  for (const std::string& input : seeds) {
    evidence.keep(input);
    try_input(input);
  }
  Mutator mutator(seed, seeds);
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  uint64_t count = 0;
  do {
    for (int i = 0; i < 100; ++i, ++count) {
      const std::string input = mutator.next();
      evidence.keep(input);
      try_input(input);
    }
  } while (std::chrono::steady_clock::now() < end);
  std::printf("%llu inputs, seed %llu\n", static_cast<unsigned long long>(count),
              static_cast<unsigned long long>(seed));
}
