// SPDX-License-Identifier: Apache-2.0
#include "shim/files/proc_path.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <climits>
#include <cstring>

#include "shim/files/window.h"

namespace redoubt::shim {

static bool operator==(const ProcEntry& a, const ProcEntry& b) {
  return a.pid == b.pid && a.is_task == b.is_task && a.name == b.name;
}
static void PrintTo(const ProcEntry& entry, std::ostream* out) {
  *out << entry.pid << (entry.is_task ? " (task) " : " ") << entry.name;
}

namespace {

using Entry = std::optional<ProcEntry>;

TEST(ProcPath, NamesProcessAndFile) {
  EXPECT_EQ(parse_proc_path("/proc/42/maps"), Entry({42, false, "maps"}));
  EXPECT_EQ(parse_proc_path("/proc/42/fd/7"), Entry({42, false, "fd/7"}));
  EXPECT_EQ(parse_proc_path("/proc/42"), Entry({42, false, ""}));
  EXPECT_EQ(parse_proc_path("/proc/42/"), Entry({42, false, ""}));
  EXPECT_EQ(parse_proc_path("/proc//42///maps"), Entry({42, false, "maps"}));
}

TEST(ProcPath, NamesTasks) {
  EXPECT_EQ(parse_proc_path("/proc/42/task/43/stat"), Entry({43, true, "stat"}));
  EXPECT_EQ(parse_proc_path("/proc/42/task/43"), Entry({43, true, ""}));
  EXPECT_EQ(parse_proc_path("/proc/42/task"), Entry({42, false, "task"}));
  EXPECT_EQ(parse_proc_path("/proc/42/task/x/stat"), Entry({42, false, "task/x/stat"}));
}

TEST(ProcPath, WorksWhereverProcIsMounted) {
  EXPECT_EQ(parse_proc_path("/42/maps"), Entry({42, false, "maps"}));
  EXPECT_EQ(parse_proc_path("/srv/root/proc/42/maps"), Entry({42, false, "maps"}));
  EXPECT_EQ(parse_proc_path("/containers/7/proc/42/maps"), Entry({42, false, "maps"}));
  EXPECT_EQ(parse_proc_path("/proc/7/root/proc/42/maps"), Entry({42, false, "maps"}));
}

TEST(ProcPath, OtherPathsNameNoProcess) {
  for (const char* path : {"", "/", "/proc", "/proc/cpuinfo", "/proc/sys/vm", "/proc/-1/maps", "/proc/0/maps",
                           "/proc/4x/maps", "/proc/ 4/maps", "/proc/+4/maps", "/proc/99999999999/maps"}) {
    EXPECT_EQ(parse_proc_path(path), std::nullopt) << path;
  }
  EXPECT_EQ(parse_proc_path("/proc/" + std::to_string(INT_MAX) + "/maps"), Entry({INT_MAX, false, "maps"}));
}

TEST(ProcPath, BytesOfAnyKindAreAllowedInNames) {
  EXPECT_EQ(parse_proc_path(std::string("/proc/42/\n\0x", 12)), Entry({42, false, std::string("\n\0x", 3)}));
}

// The kernel itself says where a descriptor leads; the gate of this test is the real one.
class ProcPathOfDescriptors : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    window::start(*window::choose_base());
    ASSERT_TRUE(window::put(window::Slot::kProc, open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC)));
  }
  static void TearDownTestSuite() {
    close(window::get(window::Slot::kProc));
    window::adopt(0);
  }
};

TEST_F(ProcPathOfDescriptors, FollowsLinksAndDirectories) {
  const int directory = open("/proc/self/task", O_PATH | O_DIRECTORY | O_CLOEXEC);
  const int file = openat(directory, "../fd/../maps", O_RDONLY | O_CLOEXEC);
  ASSERT_GE(file, 0);
  EXPECT_EQ(proc_entry_of(file), Entry({getpid(), false, "maps"}));
  EXPECT_EQ(proc_entry_of(directory), Entry({getpid(), false, "task"}));
  close(file);
  close(directory);
}

TEST_F(ProcPathOfDescriptors, FilesElsewhereAreNoEntries) {
  const int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);  // leads out of /proc
  ASSERT_GE(file, 0);
  EXPECT_EQ(proc_entry_of(file), std::nullopt);
  EXPECT_EQ(proc_entry_of(-1), std::nullopt);
  close(file);
}

TEST_F(ProcPathOfDescriptors, KnowsItsOwnProcess) {
  EXPECT_TRUE(is_own_process(getpid()));
  EXPECT_TRUE(is_own_process(gettid()));
  EXPECT_FALSE(is_own_process(getppid()));
}

}  // namespace
}  // namespace redoubt::shim
