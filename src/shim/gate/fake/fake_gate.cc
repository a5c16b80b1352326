// SPDX-License-Identifier: Apache-2.0
//
// gate.h on top of a std::function. What only makes sense in a process that runs a program ends the test.
#include "shim/gate/fake/fake_gate.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

#include "shim/gate/gate.h"

namespace redoubt::gate {
namespace {

Host& current_host() {
  static Host host = real_host;
  return host;
}

}  // namespace

int64_t real_host(const HostCall& call) {
  const auto& a = call.args;
  const long result = ::syscall(call.number, a[0], a[1], a[2], a[3], a[4], a[5]);
  return result == -1 ? -errno : result;
}

FakeGate::FakeGate(Host host) : previous_(std::exchange(current_host(), std::move(host))) {}
FakeGate::~FakeGate() { current_host() = std::move(previous_); }

int64_t call(int64_t number, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5) {
  return current_host()({.number = number, .args = {a0, a1, a2, a3, a4, a5}});
}

int64_t interruptible(int64_t number, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5) {
  return call(number, a0, a1, a2, a3, a4, a5);
}

int64_t enable_dispatch(volatile uint8_t*) { return 0; }
void disable_dispatch() {}
int64_t clone_vfork(uint64_t, void*, uint64_t, uint64_t, uint64_t) { std::abort(); }
void resume(const void*) { std::abort(); }

}  // namespace redoubt::gate
