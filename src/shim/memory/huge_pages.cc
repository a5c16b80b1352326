// SPDX-License-Identifier: Apache-2.0
//
// How long mappings of huge pages are.
#include "shim/memory/huge_pages.h"

#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include <atomic>

#include "shim/gate/gate.h"
#include "shim/gate/host_answer.h"
#include "shim/memory/pages.h"
#include "shim/syscalls/call.h"

namespace redoubt::shim {
namespace {

constexpr uint64_t kSmallest = uint64_t{2} << 20;

// Of the file's pages if they are huge, else 0.
uint64_t huge_page_size(int fd) {
  struct statfs answer {};
  if (is_error(gate::call(SYS_fstatfs, static_cast<uint64_t>(fd), gate::address_of(&answer)))) return 0;
  return answer.f_type == HUGETLBFS_MAGIC ? static_cast<uint64_t>(answer.f_bsize) : 0;
}

// What MAP_HUGETLB without a size means is set when the kernel starts.
uint64_t default_size() {
  static std::atomic<uint64_t> known = 0;
  uint64_t size = known;
  if (size != 0) return size;
  const int64_t raw = gate::call(SYS_memfd_create, gate::address_of("huge"), MFD_CLOEXEC | MFD_HUGETLB);
  if (is_error(raw)) return kSmallest;
  const int fd = static_cast<int>(raw);
  size = huge_page_size(fd);
  gate::call(SYS_close, static_cast<uint64_t>(fd));
  if (size != 0) known = size;
  return size != 0 ? size : kSmallest;
}

}  // namespace

uint64_t page_size_of(const Call& call) {
  const uint64_t flags = call.args[3];
  if ((flags & MAP_ANONYMOUS) == 0) {
    // Elsewhere the kernel refuses a fixed mapping of huge pages.
    if ((flags & MAP_FIXED) != 0 && call.args[0] % kSmallest != 0) return kPage;
    const uint64_t size = huge_page_size(call.int_arg(4));
    return size != 0 ? size : kPage;
  }
  if ((flags & MAP_HUGETLB) == 0) return kPage;
  const uint64_t shift = flags >> MAP_HUGE_SHIFT & MAP_HUGE_MASK;
  return shift != 0 ? uint64_t{1} << shift : default_size();
}

uint64_t whole_pages(uint64_t length, uint64_t page) {
  if (page <= kPage || length > kUserTop || page > kUserTop) return length;
  return (length + page - 1) & ~(page - 1);
}

}  // namespace redoubt::shim
