// SPDX-License-Identifier: Apache-2.0
//
// A gate whose host is a function of the test: code of the shim that was linked with it asks that function instead of
// the kernel. Without a FakeGate every call reaches the real kernel, so a test replaces only what it is about. Calls of
// all threads go to the same host; nothing is trapped, and interruptible() is call().
#pragma once

#include <array>
#include <cstdint>
#include <functional>

namespace redoubt::gate {

struct HostCall {
  int64_t number;
  std::array<uint64_t, 6> args;
};
using Host = std::function<int64_t(const HostCall&)>;

// Installs `host` for as long as it lives; they nest.
class FakeGate {
 public:
  explicit FakeGate(Host host);
  ~FakeGate();
  FakeGate(const FakeGate&) = delete;
  FakeGate& operator=(const FakeGate&) = delete;

 private:
  Host previous_;
};

// Asks the real kernel: a value, or -errno.
int64_t real_host(const HostCall& call);

}  // namespace redoubt::gate
