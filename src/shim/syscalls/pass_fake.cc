// SPDX-License-Identifier: Apache-2.0
//
// syscalls/dispatch.cc pulls in every handler; the handlers under test need only this much of it.
#include "shim/gate/gate.h"
#include "shim/syscalls/call.h"

namespace redoubt::shim {

int64_t pass(Call& call) {
  return gate::interruptible(static_cast<int64_t>(call.number), call.args[0], call.args[1], call.args[2], call.args[3],
                             call.args[4], call.args[5]);
}

int64_t pass_with(Call& call, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5) {
  return gate::interruptible(static_cast<int64_t>(call.number), a0, a1, a2, a3, a4, a5);
}

}  // namespace redoubt::shim
