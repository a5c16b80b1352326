// SPDX-License-Identifier: Apache-2.0
//
// Sealed memory on memfd_secret. One mapping a request: the descriptor lives between two calls of ours, since whoever can
// take it (pidfd_getfd) reads the memory through it.
#include "shim/memory/sealed.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include "shim/files/raised_limit.h"
#include "shim/gate/gate.h"
#include "shim/gate/host_answer.h"

namespace redoubt::shim::sealed {
namespace {

constexpr size_t kPage = 4096;
constexpr uint64_t kReadWrite = PROT_READ | PROT_WRITE;

bool insecure_memory = false;

size_t whole_pages(size_t size) { return (size + kPage - 1) & ~(kPage - 1); }

Result<uint64_t> map_descriptor(int fd, size_t size) {
  const auto at = from_raw(gate::call(SYS_mmap, 0, size, kReadWrite, MAP_SHARED, static_cast<uint64_t>(fd), 0));
  // The kernel's answer when the limit on locked memory would be exceeded.
  if (!at && at.error() == as_errno(EAGAIN)) return fail(ENOMEM);
  if (at) gate::call(SYS_madvise, *at, size, MADV_DONTDUMP);
  return at;
}

Result<OwnedFd> create_descriptor(size_t size) {
  const char name[] = "redoubt-sealed";
  OwnedFd file(
      TRY(gate::descriptor_of(insecure_memory ? gate::call(SYS_memfd_create, gate::address_of(name), MFD_CLOEXEC)
                                              : gate::call(SYS_memfd_secret, O_CLOEXEC))));
  const RaisedSoftLimit raised(RLIMIT_FSIZE, RLIM_INFINITY);  // counts this file too, and would raise SIGXFSZ
  TRY(from_raw(gate::call(SYS_ftruncate, static_cast<uint64_t>(file.get()), size)));
  return file;
}

std::span<uint8_t> as_span(uint64_t at, size_t size) { return {reinterpret_cast<uint8_t*>(at), size}; }

}  // namespace

Result<void> start(bool insecure) {
  insecure_memory = false;
  const auto trial = map(kPage, true);
  if (trial) {
    unmap(*trial);
    return {};
  }
  if (!insecure) return std::unexpected(trial.error());
  insecure_memory = true;
  return {};
}

bool is_insecure() { return insecure_memory; }
void adopt(bool insecure) { insecure_memory = insecure; }

Result<std::span<uint8_t>> map(size_t size, bool populate) {
  const SealedFile file = TRY(create_file(size));
  if (populate) {  // MAP_POPULATE does nothing for secret memory: the kernel may not look at it
    for (size_t offset = 0; offset < file.memory.size(); offset += kPage) {
      *static_cast<volatile uint8_t*>(&file.memory[offset]) = 0;
    }
  }
  return file.memory;
}

void unmap(std::span<uint8_t> memory) {
  if (memory.empty()) return;
  explicit_bzero(memory.data(), memory.size());
  gate::call(SYS_munmap, gate::address_of(memory.data()), memory.size());
}

void leave(std::span<uint8_t> memory) {
  if (!memory.empty()) gate::call(SYS_munmap, gate::address_of(memory.data()), memory.size());
}

Result<std::span<uint8_t>> reserve(size_t size) {
  constexpr uint64_t kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  return as_span(TRY(from_raw(gate::call(SYS_mmap, 0, size, PROT_NONE, kFlags, static_cast<uint64_t>(-1), 0))), size);
}

Result<void> move(std::span<uint8_t> memory, uint8_t* to) {
  TRY(from_raw(gate::call(SYS_mremap, gate::address_of(memory.data()), memory.size(), memory.size(),
                          MREMAP_MAYMOVE | MREMAP_FIXED, gate::address_of(to))));
  return {};
}

Result<SealedFile> create_file(size_t size) {
  if (size == 0 || size > SIZE_MAX - kPage) return fail(EINVAL);
  const size_t length = whole_pages(size);
  SealedFile file;
  file.descriptor = TRY(create_descriptor(length));
  file.memory = as_span(TRY(map_descriptor(file.descriptor.get(), length)), length);
  return file;
}

Result<std::span<uint8_t>> map_file(int fd, size_t limit) {
  struct stat status;
  TRY(from_raw(gate::call(SYS_fstat, static_cast<uint64_t>(fd), gate::address_of(&status))));
  if (!S_ISREG(status.st_mode) || status.st_size <= 0) return fail(EINVAL);
  const auto size = static_cast<size_t>(status.st_size);
  if (size > limit || size % kPage != 0) return fail(EINVAL);
  return as_span(TRY(map_descriptor(fd, size)), size);
}

bool is_secret(int fd) {
  struct statfs status;
  return !is_error(gate::call(SYS_fstatfs, static_cast<uint64_t>(fd), gate::address_of(&status))) &&
         status.f_type == SECRETMEM_MAGIC;
}

}  // namespace redoubt::shim::sealed
