// SPDX-License-Identifier: Apache-2.0
//
// Bytes in sealed memory, with a size that only grows after the bytes are there.
#include "shim/files/injected_files.h"

#include <sys/syscall.h>
#include <time.h>

#include <algorithm>
#include <cstring>

#include "shim/gate/gate.h"
#include "shim/memory/app_memory.h"
#include "shim/memory/sealed.h"

namespace redoubt::shim {
namespace {

constexpr size_t kRoomToGrow = size_t{64} << 10;
constexpr size_t kPage = 4096;

}  // namespace

Result<InjectedFile> InjectedFile::create(uint16_t permission, ByteView content) {
  InjectedFile file;
  file.permission_ = permission & 0777;
  const size_t size = (kContentOffset + content.size() + kRoomToGrow + kPage - 1) & ~(kPage - 1);
  file.memory_ = TRY(sealed::map(size, false));
  std::copy(content.begin(), content.end(), file.bytes());
  file.header().size.store(content.size(), std::memory_order_release);
  file.touch();
  return file;
}

void InjectedFile::touch() {
  timespec now{};
  gate::call(SYS_clock_gettime, CLOCK_REALTIME_COARSE, gate::address_of(&now));
  header().changed.store(now.tv_sec, std::memory_order_relaxed);
}

Result<size_t> InjectedFile::read_to_app(uint64_t offset, uint64_t to, size_t count) const {
  const uint64_t end = size();
  if (offset >= end) return size_t{0};
  const size_t there = std::min<uint64_t>(count, end - offset);
  if (!copy_to_app(to, bytes() + offset, there)) return fail(EFAULT);
  return there;
}

Result<size_t> InjectedFile::write_from_app(uint64_t offset, uint64_t from, size_t count) {
  if (count == 0) return size_t{0};
  if (offset >= capacity()) return fail(ENOSPC);
  const size_t fits = std::min<uint64_t>(count, capacity() - offset);
  const uint64_t before = size();
  if (offset > before) std::memset(bytes() + before, 0, offset - before);
  if (!copy_from_app(bytes() + offset, from, fits)) return fail(EFAULT);
  uint64_t known = before;
  while (known < offset + fits && !header().size.compare_exchange_weak(known, offset + fits)) continue;
  touch();
  return fits;
}

Result<void> InjectedFile::truncate(uint64_t size) {
  if (size > capacity()) return fail(ENOSPC);
  const uint64_t before = this->size();
  if (size > before) std::memset(bytes() + before, 0, size - before);
  if (size < before) explicit_bzero(bytes() + size, before - size);
  header().size.store(size, std::memory_order_release);
  touch();
  return {};
}

}  // namespace redoubt::shim
