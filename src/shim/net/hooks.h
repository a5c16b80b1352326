// SPDX-License-Identifier: Apache-2.0
//
// Where the rest of the shim calls the network shield, as pointers: null while it is not active, so that who never uses it need not
// be linked with it.
#pragma once

#include <cstdint>
#include <optional>

namespace redoubt {
class TextBuilder;
}

namespace redoubt::shim {

struct Call;

namespace net {

struct Hooks {
  // process/signal_calls.cc, with the address of the kernel's mask for the wait, or 0. Nothing: the row's own way.
  std::optional<int64_t> (*ppoll)(Call& call, uint64_t mask);
  std::optional<int64_t> (*pselect6)(Call& call, uint64_t mask);
  std::optional<int64_t> (*epoll_pwait)(Call& call, uint64_t mask);
  // process/fork_lock.h
  void (*before_fork)();
  void (*after_fork)(bool is_child);
  // process/vfork.cc
  void (*before_vfork)();
  // process/exec_calls.cc, exit: output that waits, close_notify of what ends
  void (*settle)();
  void (*append_statistics)(TextBuilder& line);
};

inline constinit const Hooks* hooks = nullptr;

}  // namespace net
}  // namespace redoubt::shim
