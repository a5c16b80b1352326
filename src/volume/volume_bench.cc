// SPDX-License-Identifier: Apache-2.0
//
// What the engine itself costs: storage in memory that copies and nothing else. Not a test; prints
// microseconds of processor time, page faults of the memory included.
#include <cstdio>
#include <ctime>
#include <random>

#include "volume/test_volume.h"

namespace redoubt::volume {
namespace {

template <typename Body>
void measure(const char* what, int count, size_t size, Body body) {
  const std::clock_t start = std::clock();
  for (int i = 0; i < count; ++i) body(i);
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  std::printf("%-28s %8.2f us/op  %8.0f MB/s\n", what, 1e6 * seconds / count,
              static_cast<double>(size) * count / seconds / 1e6);
}

// Grows without copying what it holds.
class ReservedStorage : public MemoryStorage {
 public:
  ReservedStorage() {
    at(HostFile::kData)->reserve(size_t{1} << 30);
    for (const HostFile log : {HostFile::kLogA, HostFile::kLogB}) at(log)->reserve(size_t{64} << 20);
  }
};

int run() {
  TestVolume test;
  ReservedStorage storage;
  OpenOptions options = test.options();
  options.initialise = true;
  if (test.open(std::move(options), &storage)) return 1;
  Volume& volume = *test.volume;
  const auto create = [&](const char* name) { return *volume.create(kRootInode, name, S_IFREG | 0644, 0, 0); };
  constexpr size_t kFile = size_t{128} << 20;
  const InodeNumber big = create("big"), log = create("log");
  const Bytes megabyte(size_t{1} << 20, 7), block(kBlockSize, 9), line(100, 'x');
  measure("sequential write, 1 MiB", kFile >> 20, megabyte.size(),
          [&](int i) { (void)volume.write(big, static_cast<uint64_t>(i) << 20, megabyte); });
  std::mt19937_64 random(1);
  measure("overwrite, 1 MiB", kFile >> 20, megabyte.size(),
          [&](int i) { (void)volume.write(big, static_cast<uint64_t>(i) << 20, megabyte); });
  (void)volume.barrier();
  measure("random write, 4 KiB", 100000, kBlockSize,
          [&](int) { (void)volume.write(big, random() % (kFile / kBlockSize) * kBlockSize, block); });
  Bytes to(megabyte.size());
  measure("sequential read, 1 MiB", kFile >> 20, to.size(),
          [&](int i) { (void)volume.read(big, static_cast<uint64_t>(i) << 20, to); });
  measure("random read, 4 KiB", 100000, kBlockSize, [&](int) {
    (void)volume.read(big, random() % (kFile / kBlockSize) * kBlockSize, std::span(to).first(kBlockSize));
  });
  measure("append, 100 bytes", 100000, line.size(), [&](int) { (void)volume.append(log, line); });
  measure("create", 20000, 0,
          [&](int i) { (void)volume.create(kRootInode, "file" + std::to_string(i), S_IFREG | 0644, 0, 0); });
  measure("lookup and attributes", 100000, 0,
          [&](int i) { (void)volume.attributes(*volume.lookup(kRootInode, "file" + std::to_string(i % 20000))); });
  measure("checkpoint", 3, 0, [&](int) { (void)volume.checkpoint(); });
  measure("open", 3, 0, [&](int) { (void)test.open(test.options(), &storage); });
  return 0;
}

}  // namespace
}  // namespace redoubt::volume

int main() { return redoubt::volume::run(); }
