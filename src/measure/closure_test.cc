// SPDX-License-Identifier: Apache-2.0
#include "measure/closure.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "measure/elf_builder.h"
#include "measure/runtimes.h"
#include "measure/script_line.h"

namespace redoubt::measure {
namespace {

namespace fs = std::filesystem;

class ClosureTest : public testing::Test {
 protected:
  // Paths of the closure that are below the directory of the test, relative to it.
  std::vector<std::string> files() const {
    std::vector<std::string> out;
    for (const auto& [path, file] : closure_.files()) {
      if (path.starts_with(directory_.path())) out.push_back(path.substr(directory_.path().size() + 1));
    }
    return out;
  }
  std::vector<std::string> links() const {
    std::vector<std::string> out;
    for (const auto& [path, target] : closure_.links()) {
      if (path.starts_with(directory_.path()))
        out.push_back(path.substr(directory_.path().size() + 1) + " -> " + target);
    }
    return out;
  }
  std::string error(const Result<void, Error>& result) { return result ? "" : result.error().message; }

  TemporaryDirectory directory_;
  Closure closure_{[this](const std::string& name) { return name == "prog" ? directory_ / "bin/prog" : std::string(); },
                   ""};
};
using Lines = std::vector<std::string>;

TEST_F(ClosureTest, FollowsLibrariesAndLinks) {
  write_file(directory_ / "usr/bin/prog-1", build_elf({"", {"liba.so.1"}, "", "$ORIGIN/../lib", ""}));
  write_file(directory_ / "usr/lib/liba.so.1.2", build_elf({"", {"libb.so"}, "liba.so.1", "", ""}));
  write_file(directory_ / "usr/lib/libb.so", build_elf({"", {"liba.so.1"}, "libb.so", "", ""}));
  fs::create_symlink("liba.so.1.2", directory_ / "usr/lib/liba.so.1");
  fs::create_symlink("prog-1", directory_ / "usr/bin/prog");
  fs::create_directory_symlink("usr/bin", directory_ / "bin");
  EXPECT_EQ(error(closure_.add_program(directory_ / "bin/prog", "the program")), "");
  EXPECT_EQ(files(), (Lines{"usr/bin/prog-1", "usr/lib/liba.so.1.2", "usr/lib/libb.so"}));
  EXPECT_EQ(links(), (Lines{"bin -> usr/bin", "usr/bin/prog -> prog-1", "usr/lib/liba.so.1 -> liba.so.1.2"}));
  EXPECT_TRUE(closure_.missing_libraries().empty());
  EXPECT_EQ(closure_.files().at(directory_ / "usr/lib/libb.so").why,
            "library of " + (directory_ / "usr/bin/../lib/liba.so.1"));
}

TEST_F(ClosureTest, NamesMissingLibrariesUnlessAnotherObjectCarriesTheName) {
  write_file(directory_ / "prog", build_elf({"", {"libnowhere.so.9", "libcarried.so"}, "", "", ""}));
  EXPECT_EQ(error(closure_.add_program(directory_ / "prog", "the program")), "");
  EXPECT_EQ(closure_.missing_libraries().size(), 2u);
  write_file(directory_ / "other/some-name.so", build_elf({"", {}, "libcarried.so", "", ""}));
  EXPECT_EQ(error(closure_.add_tree(directory_ / "other", "named")), "");
  EXPECT_EQ(closure_.missing_libraries(), Lines{"libnowhere.so.9, which " + (directory_ / "prog") + " needs"});
}

TEST_F(ClosureTest, FollowsScripts) {
  write_file(directory_ / "bin/prog", build_elf({}));
  write_file(directory_ / "first", "#!" + (directory_ / "second") + " -x\n");
  write_file(directory_ / "second", "#! " + (directory_ / "env") + " -S prog -u\n");
  write_file(directory_ / "env", build_elf({}));
  EXPECT_EQ(error(closure_.add_program(directory_ / "first", "the program")), "");
  EXPECT_EQ(files(), (Lines{"bin/prog", "env", "first", "second"}));
  EXPECT_EQ(closure_.notes().size(), 1u);  // that PATH decides
  write_file(directory_ / "circle", "#!" + (directory_ / "circle") + "\n");
  EXPECT_NE(error(closure_.add_program(directory_ / "circle", "the program")), "");
  write_file(directory_ / "data", "neither");
  EXPECT_NE(error(closure_.add_program(directory_ / "data", "the program")).find("neither"), std::string::npos);
}

TEST_F(ClosureTest, TakesTrees) {
  write_file(directory_ / "tree/a/file", "1");
  write_file(directory_ / "tree/b.pyc", "2");
  write_file(directory_ / "elsewhere/deep/file", "3");
  fs::create_directory_symlink("../elsewhere", directory_ / "tree/elsewhere");
  fs::create_directory_symlink("..", directory_ / "tree/a/up");
  fs::create_directory_symlink("/", directory_ / "tree/root");
  fs::create_symlink("nowhere", directory_ / "tree/dangling");
  ASSERT_EQ(mkfifo((directory_ / "tree/fifo").c_str(), 0600), 0);
  EXPECT_EQ(error(closure_.add_tree(directory_ / "tree", "named")), "");
  EXPECT_EQ(files(), (Lines{"elsewhere/deep/file", "tree/a/file", "tree/b.pyc"}));
  EXPECT_EQ(links(),
            (Lines{"tree/a/up -> ..", "tree/dangling -> nowhere", "tree/elsewhere -> ../elsewhere", "tree/root -> /"}));
  EXPECT_EQ(closure_.notes(), Lines{"left out \"" + (directory_ / "tree/fifo") + "\": a device, socket or pipe"});
}

TEST_F(ClosureTest, RefusesWhatCannotBeMeasured) {
  EXPECT_NE(error(closure_.add_tree("/proc/self", "named")), "");
  EXPECT_NE(error(closure_.add_tree(directory_ / "nothing", "named")), "");
  EXPECT_NE(error(closure_.add_program(directory_ / "nothing", "the program")), "");
  EXPECT_NE(error(closure_.add_program(directory_.path(), "the program")), "");
  fs::create_symlink("loop", directory_ / "loop");
  EXPECT_NE(error(closure_.add_file(directory_ / "loop", "named")).find("too many symbolic links"), std::string::npos);
}

TEST(ScriptLine, IsReadAsTheKernelDoes) {
  EXPECT_EQ(read_script_line("#! /bin/sh  -e x \nrest")->interpreter, "/bin/sh");
  EXPECT_EQ(read_script_line("#! /bin/sh  -e x \nrest")->argument, "-e x");
  EXPECT_EQ(read_script_line("#!/bin/sh")->argument, "");
  EXPECT_FALSE(read_script_line("#!\n"));
  EXPECT_FALSE(read_script_line("echo"));
  EXPECT_EQ(program_of_env("python3"), "python3");
  EXPECT_EQ(program_of_env("-S python3 -u"), "python3");
  EXPECT_EQ(program_of_env("-Spython3 -u"), "python3");
  EXPECT_EQ(program_of_env("-i A=b  perl -w"), "perl");
  EXPECT_EQ(program_of_env("-S"), "");
}

TEST(Runtimes, AreKnownByNameAndVersion) {
  EXPECT_TRUE(hint_for({"/usr/bin/python3.11"}).starts_with("python3.11 also reads"));
  EXPECT_TRUE(hint_for({"/opt/app", "/usr/lib/jvm/bin/java"}).starts_with("java also reads"));
  EXPECT_EQ(hint_for({"/usr/bin/redis-server", "/usr/bin/pythonic"}), "");
}

}  // namespace
}  // namespace redoubt::measure
