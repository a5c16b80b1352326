// SPDX-License-Identifier: Apache-2.0
//
// Program memory for tests is the test's own. The kernel copies it, so that a bad pointer is an error here too, and not
// the end of the test.
#include <sys/uio.h>
#include <unistd.h>

#include "shim/memory/app_memory.h"

namespace redoubt::shim {
namespace {

iovec at(const void* address, size_t size) { return {const_cast<void*>(address), size}; }

}  // namespace

bool copy_from_app(void* to, uint64_t from, size_t size) {
  const iovec local = at(to, size);
  const iovec remote = at(reinterpret_cast<const void*>(from), size);
  return process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == static_cast<ssize_t>(size);
}

bool copy_to_app(uint64_t to, const void* from, size_t size) {
  const iovec local = at(from, size);
  const iovec remote = at(reinterpret_cast<const void*>(to), size);
  return process_vm_writev(getpid(), &local, 1, &remote, 1, 0) == static_cast<ssize_t>(size);
}

}  // namespace redoubt::shim
