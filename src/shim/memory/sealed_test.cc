// SPDX-License-Identifier: Apache-2.0
//
// With the running kernel behind the gate where it has secret memory, and with a host that answers as others do.
#include "shim/memory/sealed.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>

#include "shim/gate/fake/fake_gate.h"

namespace redoubt::shim {
namespace {

using gate::FakeGate;
using gate::HostCall;

bool has_secret_memory() {
  const auto fd = static_cast<int>(syscall(SYS_memfd_secret, O_CLOEXEC));
  if (fd >= 0) close(fd);
  return fd >= 0;
}

// What somebody else who may read this process's memory gets.
bool kernel_can_read(const void* at) {
  char byte;
  iovec here = {.iov_base = &byte, .iov_len = 1};
  iovec there = {.iov_base = const_cast<void*>(at), .iov_len = 1};
  return process_vm_readv(getpid(), &here, 1, &there, 1, 0) == 1;
}

TEST(Sealed, MemoryIsZeroedWritableAndNotForTheKernel) {
  if (!has_secret_memory()) GTEST_SKIP() << "this kernel has no memfd_secret";
  ASSERT_TRUE(sealed::start(false));
  EXPECT_FALSE(sealed::is_insecure());
  const auto memory = sealed::map(5000, true);
  ASSERT_TRUE(memory);
  EXPECT_EQ(memory->size(), 8192U);
  EXPECT_TRUE(std::ranges::all_of(*memory, [](uint8_t byte) { return byte == 0; }));
  std::ranges::fill(*memory, 7);
  EXPECT_FALSE(kernel_can_read(memory->data()));
  const char ordinary = 1;
  EXPECT_TRUE(kernel_can_read(&ordinary));
  sealed::unmap(*memory);
}

TEST(Sealed, AFileIsReadOnceMoreByItsDescriptor) {
  if (!has_secret_memory()) GTEST_SKIP() << "this kernel has no memfd_secret";
  ASSERT_TRUE(sealed::start(false));
  auto file = sealed::create_file(100);
  ASSERT_TRUE(file);
  file->memory[99] = 42;
  EXPECT_TRUE(sealed::is_secret(file->descriptor.get()));
  const auto again = sealed::map_file(file->descriptor.get(), 4096);
  ASSERT_TRUE(again);
  EXPECT_EQ((*again)[99], 42);
  EXPECT_FALSE(sealed::map_file(file->descriptor.get(), 4095));
  sealed::unmap(*again);
  EXPECT_EQ(file->memory[99], 0) << "unmap wipes";
  const int other = open("/dev/zero", O_RDWR);
  EXPECT_FALSE(sealed::is_secret(other));
  EXPECT_FALSE(sealed::map_file(other, 4096));
  close(other);
}

TEST(Sealed, WithoutSecretMemoryItStopsUnlessToldOtherwise) {
  for (const int error : {ENOSYS, EPERM, ENOMEM}) {
    const FakeGate gate([error](const HostCall& call) -> int64_t {
      return call.number == SYS_memfd_secret ? -error : gate::real_host(call);
    });
    EXPECT_EQ(sealed::start(false).error(), as_errno(error));
    ASSERT_TRUE(sealed::start(true));
    EXPECT_TRUE(sealed::is_insecure());
    const auto memory = sealed::map(1, true);
    ASSERT_TRUE(memory);
    std::ranges::fill(*memory, 1);
    sealed::unmap(*memory);
  }
  sealed::adopt(false);
}

TEST(Sealed, TheLimitOnLockedMemoryIsNoMemory) {
  const FakeGate gate([](const HostCall& call) -> int64_t {
    if (call.number == SYS_memfd_secret) return 900;
    return call.number == SYS_mmap ? -EAGAIN : 0;
  });
  EXPECT_EQ(sealed::start(false).error(), as_errno(ENOMEM));
}

TEST(Sealed, DescriptorsThatLieAreRefused) {
  for (const int64_t lie : {int64_t{1} << 40, int64_t{-5000}}) {
    const FakeGate gate([lie](const HostCall& call) -> int64_t { return call.number == SYS_memfd_secret ? lie : 0; });
    EXPECT_FALSE(sealed::start(false));
  }
}

}  // namespace
}  // namespace redoubt::shim
