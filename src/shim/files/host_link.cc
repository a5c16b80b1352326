// SPDX-License-Identifier: Apache-2.0
//
// readlinkat into a buffer of the shim's.
#include "shim/files/host_link.h"

#include <limits.h>
#include <sys/syscall.h>

#include "shim/gate/gate.h"
#include "shim/gate/host_answer.h"

namespace redoubt::shim {

Result<std::string> read_host_link(int directory, const char* path) {
  char target[PATH_MAX];
  const int64_t raw = gate::call(SYS_readlinkat, static_cast<uint64_t>(directory), gate::address_of(path),
                                 gate::address_of(target), sizeof(target));
  const size_t size = TRY(gate::count_of(raw, sizeof(target)));
  return std::string(target, size);
}

}  // namespace redoubt::shim
