// SPDX-License-Identifier: Apache-2.0
//
// sealed.h on ordinary shared memory, until memory/sealed.cc is there. Weak, so that the real one wins where both are linked.
#include <sys/mman.h>
#include <sys/syscall.h>

#include "shim/gate/gate.h"
#include "shim/memory/sealed.h"

namespace redoubt::shim::sealed {

[[gnu::weak]] Result<std::span<uint8_t>> map(size_t size, bool populate) {
  const uint64_t at =
      TRY(from_raw(gate::call(SYS_mmap, 0, size, PROT_READ | PROT_WRITE,
                              static_cast<uint64_t>(MAP_SHARED | MAP_ANONYMOUS | (populate ? MAP_POPULATE : 0)),
                              static_cast<uint64_t>(-1), 0)));
  gate::call(SYS_madvise, at, size, MADV_DONTDUMP);
  return std::span(reinterpret_cast<uint8_t*>(at), size);
}

}  // namespace redoubt::shim::sealed
