// SPDX-License-Identifier: Apache-2.0
#include "las/mappings.h"

#include <gtest/gtest.h>

namespace redoubt::las {
namespace {

constexpr const char* kText =
    "55d000000000-55d000001000 r--p 00000000 fe:00 1234                       /usr/bin/program\n"
    "Size:                  4 kB\n"
    "Anonymous:             8 kB\n"
    "Swap:                  0 kB\n"
    "VmFlags: rd mr mw me sd \n"
    "55d000001000-55d000002000 r-xp 00001000 fe:00 1234                       /usr/bin/a program-1: x\n"
    "Anonymous:             4 kB\n"
    "Swap:                 12 kB\n"
    "SwapPss:               1 kB\n"
    "VmFlags: rd ex mr mw me sd \n"
    "7ffe00000000-7ffe00002000 r-xp 00000000 00:00 0                          [vdso]\n"
    "Anonymous:             0 kB\n"
    "Swap:                  0 kB\n"
    "7ffe00003000-7ffe00004000 rwxp 00000000 00:00 0 \n"
    "Anonymous:             0 kB\n"
    "Swap:                  0 kB\n";

TEST(Mappings, FindsWhatCanBeExecuted) {
  const auto mappings = executable_mappings(kText);
  ASSERT_TRUE(mappings);
  ASSERT_EQ(mappings->size(), 3U);
  const ExecutableMapping& file = (*mappings)[0];
  EXPECT_EQ(file.name, "/usr/bin/a program-1: x");
  EXPECT_EQ(file.inode, 1234U);
  EXPECT_EQ(file.device_major, 0xFEU);
  EXPECT_EQ(file.start, 0x55d000001000U);
  EXPECT_EQ(file.changed, 16U);
  EXPECT_FALSE(file.writable || is_kernels(file));
  EXPECT_TRUE(is_kernels((*mappings)[1]));
  EXPECT_TRUE((*mappings)[2].writable);
  EXPECT_FALSE(is_kernels((*mappings)[2]));
}

TEST(Mappings, RefusesWhatLinuxDoesNotWrite) {
  const std::string text = kText;
  EXPECT_TRUE(executable_mappings("")->empty());
  EXPECT_FALSE(executable_mappings("nonsense\n"));
  EXPECT_FALSE(executable_mappings(text.substr(0, text.rfind("Swap:"))));
  std::string changed = text;
  changed.replace(changed.find("Swap:                 12"), 24, "Swap:                 1x");
  EXPECT_FALSE(executable_mappings(changed));
  changed = text;
  changed.replace(changed.find("r-xp"), 4, "r-x");
  EXPECT_FALSE(executable_mappings(changed));
  changed = text;
  changed.erase(changed.find("Anonymous:"), changed.find("Swap:") - changed.find("Anonymous:"));
  EXPECT_FALSE(executable_mappings(changed));
}

// A file may be called like the vDSO; it has an inode.
TEST(Mappings, IsNotFooledByNames) {
  const auto mappings =
      executable_mappings("7f0000000000-7f0000001000 r-xp 00000000 fe:00 99 [vdso]\nAnonymous: 0 kB\nSwap: 0 kB\n");
  ASSERT_TRUE(mappings);
  EXPECT_FALSE(is_kernels(mappings->front()));
}

}  // namespace
}  // namespace redoubt::las
