// SPDX-License-Identifier: Apache-2.0
//
// The lookup of a program, against a small tree of directories made for each test.
#include "cli/find_program.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace redoubt::cli {
namespace {

class FindProgram : public testing::Test {
 protected:
  void SetUp() override {
    root_ = testing::TempDir() + "find_program." + std::to_string(getpid());
    std::filesystem::create_directories(root_ + "/a/folder");
    std::filesystem::create_directories(root_ + "/b");
    make("/a/plain", 0644);
    make("/a/both", 0644);
    make("/b/both", 0755);
    make("/b/tool", 0755);
    path_ = root_ + "/missing:" + root_ + "/a:" + root_ + "/b";
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  void make(const std::string& name, mode_t mode) const {
    std::ofstream(root_ + name) << "#!/bin/true\n";
    chmod((root_ + name).c_str(), mode);
  }

  std::string root_;
  std::string path_;
};

TEST_F(FindProgram, SearchesPathInOrder) { EXPECT_EQ(find_program("tool", path_).value(), root_ + "/b/tool"); }

TEST_F(FindProgram, SkipsWhatCannotBeExecuted) { EXPECT_EQ(find_program("both", path_).value(), root_ + "/b/both"); }

TEST_F(FindProgram, ReportsAFileWithoutPermission) {
  EXPECT_EQ(find_program("plain", path_).error().status, ExitStatus::kCannotExecute);
  EXPECT_EQ(find_program(root_ + "/a/plain", "").error().status, ExitStatus::kCannotExecute);
}

TEST_F(FindProgram, ReportsWhatIsMissing) {
  EXPECT_EQ(find_program("nothing", path_).error().status, ExitStatus::kNotFound);
  EXPECT_EQ(find_program(root_ + "/a/nothing", "").error().status, ExitStatus::kNotFound);
  EXPECT_EQ(find_program("", path_).error().status, ExitStatus::kNotFound);
}

TEST_F(FindProgram, DirectoryIsNoProgram) {
  EXPECT_EQ(find_program("folder", path_).error().status, ExitStatus::kNotFound);
  EXPECT_EQ(find_program(root_ + "/a/folder", "").error().status, ExitStatus::kCannotExecute);
}

TEST_F(FindProgram, PathThroughAFileIsAbsent) {
  EXPECT_EQ(find_program(root_ + "/b/tool/inside", "").error().status, ExitStatus::kCannotExecute);
}

TEST_F(FindProgram, EmptyElementIsTheCurrentDirectory) {
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(root_ + "/b");
  EXPECT_EQ(find_program("tool", root_ + "/a:").value(), "tool");
  EXPECT_EQ(find_program("tool", "").value(), "tool");
  std::filesystem::current_path(before);
}

}  // namespace
}  // namespace redoubt::cli
