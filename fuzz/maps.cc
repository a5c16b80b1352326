// SPDX-License-Identifier: Apache-2.0
//
// What the kernel writes into /proc/PID/maps, smaps, stat and status, all the way to what the program reads instead. The
// first byte of an input chooses the file.
#include <fcntl.h>

#include "fuzz/target.h"
#include "shim/files/proc_files.h"
#include "shim/files/window.h"
#include "shim/memory/address_space.h"
#include "tests/hostile_host/proc_file_host.h"
#include "tests/hostile_host/test_thread.h"

using namespace redoubt;
using namespace redoubt::shim;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static TestThread thread;
  static const bool prepared = [] {
    window::start(1000);
    window::adopt(1U << static_cast<unsigned>(window::Slot::kProc));
    address_space().owned().add(0x1000, 0x5000);
    address_space().heap() = {.start = 0x3000, .end = 0x4000};
    return true;
  }();
  (void)prepared;
  if (size == 0) return 0;
  constexpr const char* kNames[] = {"maps", "smaps", "stat", "status"};
  ProcFileHost host{.name = kNames[data[0] % 4], .text = {reinterpret_cast<const char*>(data) + 1, size - 1}};
  const gate::FakeGate gate([&](const gate::HostCall& call) { return host(call); });
  FUZZ_CHECK(substitute_proc_file(ProcFileHost::kFile, O_RDONLY) == ProcFileHost::kFile);
  FUZZ_CHECK(host.was_replaced);
  return 0;
}

std::vector<std::string> fuzz_seeds() {
  const std::string maps =
      "00001000-00002000 r--p 00000000 00:00 0                      /bin/x\n"
      "00003000-00006000 rw-p 00000000 00:00 0 \n"
      "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0      [vsyscall]\n";
  return {std::string(1, '\0') + maps,
          "\1"
          "00001000-00002000 r--p 00000000 00:00 0\nSize:  4 kB\nVmFlags: rd\n",
          "\2"
          "42 (na me) S 1 42 42 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 1 0 5 6 7 18446744073709551615 1 2 3 4 5 6 7 8 9 0 0 "
          "0 17 "
          "1 0 0 0 0 0 1 2 3 4 5 6 7 0\n",
          "\3"
          "Name:\tx\nSigQ:\t0/1\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\nSigCgt:\t0000000000000000\n"};
}
