// SPDX-License-Identifier: Apache-2.0
#include "shim/volumes/secret_chunks.h"

#include <algorithm>
#include <mutex>

#include "shim/memory/sealed.h"

namespace redoubt::shim::volumes {
namespace {

constexpr size_t kAlignment = 64;
constexpr size_t kChunk = size_t{16} << 10;

std::mutex mutex;
std::span<uint8_t> rest;

}  // namespace

std::span<uint8_t> allocate_secret(size_t size) {
  const size_t wanted = (size + kAlignment - 1) & ~(kAlignment - 1);
  const std::lock_guard lock(mutex);
  if (rest.size() < wanted) {
    constexpr size_t kPage = 4096;
    const auto chunk = sealed::map(std::max(kChunk, (wanted + kPage - 1) & ~(kPage - 1)), true);
    if (!chunk) return {};
    rest = *chunk;
  }
  const auto given = rest.first(size);
  rest = rest.subspan(wanted);
  return given;
}

void drop_secret_chunk() { rest = {}; }

}  // namespace redoubt::shim::volumes
