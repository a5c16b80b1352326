// SPDX-License-Identifier: Apache-2.0
#include "measure/file_hashes.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <thread>

namespace redoubt::measure {
namespace {

constexpr size_t kMaxThreads = 8;

}  // namespace

Result<std::map<std::string, FileHash>, Error> hash_files(const std::vector<std::string>& paths,
                                                          const Progress& progress) {
  std::vector<std::optional<Result<FileHash, Error>>> results(paths.size());
  std::atomic<size_t> next = 0;
  std::mutex lock;  // guards the two counts and the call of progress
  size_t files_done = 0;
  uint64_t bytes_done = 0;
  const auto work = [&] {
    for (size_t index = next++; index < paths.size(); index = next++) {
      results[index] = hash_file(paths[index]);
      const std::lock_guard guard(lock);
      bytes_done += *results[index] ? (*results[index])->size : 0;
      ++files_done;
      if (progress) progress(files_done, bytes_done);
    }
  };
  {
    const size_t count = std::clamp<size_t>(std::thread::hardware_concurrency(), 1, kMaxThreads);
    std::vector<std::jthread> threads;
    for (size_t index = 1; index < count && index < paths.size(); ++index) threads.emplace_back(work);
    work();
  }
  std::map<std::string, FileHash> hashes;
  for (size_t index = 0; index < paths.size(); ++index) {
    if (!*results[index]) return std::unexpected(results[index]->error());
    hashes.emplace(paths[index], **results[index]);
  }
  return hashes;
}

}  // namespace redoubt::measure
