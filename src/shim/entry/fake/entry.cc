// SPDX-License-Identifier: Apache-2.0
//
// Stand-ins for the assembly of entry/, for unit tests: nothing here is ever trapped, so there is no handler that would
// turn a fault in a copy into EFAULT. The kernel copies instead, and reports what is not mapped. Names that are only
// addresses for the shim (handlers told to sigaction) must exist and must not be reached.
#include <sys/uio.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>

#include "shim/patch/patched_call.h"
#include "shim/patch/patcher.h"

extern "C" {

int redoubt_copy(void* to, const void* from, size_t size) {
  const iovec local{to, size};
  const iovec remote{const_cast<void*>(from), size};
  return process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == static_cast<ssize_t>(size) ? 0 : 1;
}

void redoubt_signal_entry() { std::abort(); }
void redoubt_gate_restorer() { std::abort(); }

}  // extern "C"

// Nothing is rewritten either.
namespace redoubt::shim::patch {
void give_back(AddressSpace&, uint64_t, uint64_t) {}
void complete(Thread&, abi::UserContext&) {}
bool stop() { return true; }
uint64_t frame_address(void* shim_stack) { return reinterpret_cast<uint64_t>(shim_stack); }
}  // namespace redoubt::shim::patch
