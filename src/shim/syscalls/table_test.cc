// SPDX-License-Identifier: Apache-2.0
//
// The table against the world: what the compiler can check, it checks in table.cc; what only the installed headers or a
// reader of reasons can tell is checked here.
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <string>

#include "shim/abi/numbers.h"
#include "shim/syscalls/command.h"
#include "shim/syscalls/row.h"

namespace redoubt::shim {
namespace {

const Row& row_of(uint16_t number) { return *find_row(number); }

// The header may be newer than the list: then a number that Linux has and the table lacks must be seen.
TEST(Table, HasARowForEveryNumberOfTheInstalledHeader) {
  std::ifstream header(UNISTD_HEADER);
  ASSERT_TRUE(header) << "cannot read " << UNISTD_HEADER << " (package linux-libc-dev)";
  int found = 0;
  for (std::string line; std::getline(header, line);) {
    constexpr std::string_view kPrefix = "#define __NR_";
    if (!line.starts_with(kPrefix)) continue;
    const size_t space = line.find(' ', kPrefix.size());
    ASSERT_NE(space, std::string::npos) << line;
    const std::string name = line.substr(kPrefix.size(), space - kPrefix.size());
    const Row* row = find_row(std::stoul(line.substr(space)));
    ASSERT_NE(row, nullptr) << name << " has no row: see docs/adding-a-system-call.md";
    EXPECT_EQ(row->name, name);
    EXPECT_EQ(row->number, std::stoul(line.substr(space)));
    ++found;
  }
  EXPECT_GE(found, 361) << UNISTD_HEADER << " is not the header it should be";
}

TEST(Table, HasNoRowWhereLinuxHasNoCall) {
  for (uint64_t number = 337; number < 424; ++number) EXPECT_EQ(find_row(number), nullptr) << number;
  EXPECT_EQ(find_row(kTableSize), nullptr);
  EXPECT_EQ(find_row(512), nullptr);  // x32
  EXPECT_EQ(find_row(UINT64_MAX), nullptr);
  EXPECT_EQ(find_row(uint64_t{1} << 32), nullptr) << "a number must not be cut to its low half";
}

TEST(Table, KnowsWhatCameAfterTheHeadersOfDebian12) {
  EXPECT_STREQ(row_of(451).name, "cachestat");
  EXPECT_STREQ(row_of(462).name, "mseal");
  EXPECT_STREQ(row_of(469).name, "file_setattr");
}

// A reason is a sentence for a person who asks why; one word explains nothing.
TEST(Table, GivesReasonsThatSaySomething) {
  for (const auto& [number, name] : abi::kSystemCalls) {
    const std::string_view reason = row_of(number).reason;
    EXPECT_GE(reason.size(), 10U) << name;
    EXPECT_EQ(reason.find('\n'), std::string_view::npos) << name;
    EXPECT_NE(reason.back(), '.') << name << ": reasons are clauses";
  }
}

// What a shield will have to see says so, and says it so that it can be found.
TEST(Table, MarksEveryCallThatStillCarriesPlaintext) {
  for (const uint16_t number :
       {abi::nr::read, abi::nr::write, abi::nr::pread64, abi::nr::pwritev2, abi::nr::sendfile, abi::nr::splice,
        abi::nr::tee, abi::nr::vmsplice, abi::nr::copy_file_range, abi::nr::sendmsg, abi::nr::recvmmsg, abi::nr::sendto,
        abi::nr::setxattr, abi::nr::memfd_create, abi::nr::shmget, abi::nr::msgsnd, abi::nr::mq_timedsend,
        abi::nr::rename}) {
    EXPECT_EQ(row_of(number).treatment, Treatment::kPassed) << row_of(number).name;
    EXPECT_TRUE(std::string_view(row_of(number).reason).starts_with("in the clear")) << row_of(number).name;
  }
}

// What could switch the shim off, or go round it, never passes.
TEST(Table, RefusesWhatWouldGoRoundTheShim) {
  for (const uint16_t number :
       {abi::nr::seccomp, abi::nr::ptrace, abi::nr::bpf, abi::nr::io_uring_setup, abi::nr::io_uring_enter,
        abi::nr::io_submit, abi::nr::rseq, abi::nr::userfaultfd, abi::nr::pidfd_getfd, abi::nr::open_by_handle_at,
        abi::nr::landlock_restrict_self, abi::nr::setns, abi::nr::mount, abi::nr::pivot_root, abi::nr::modify_ldt,
        abi::nr::kexec_load, abi::nr::init_module, abi::nr::perf_event_open, abi::nr::keyctl}) {
    EXPECT_EQ(row_of(number).treatment, Treatment::kRefused) << row_of(number).name;
  }
}

TEST(Table, DecidesByArgumentWhereOneCallIsMany) {
  for (const auto& [number, name] : abi::kSystemCalls) {
    for (const Arg& arg : row_of(number).args) {
      EXPECT_EQ(arg.kind == ArgKind::kCommand, arg.commands != nullptr) << name;
      if (arg.kind != ArgKind::kCommand) continue;
      EXPECT_EQ(row_of(number).handler, sys_by_command) << name;
    }
  }
  for (const uint16_t number :
       {abi::nr::ioctl, abi::nr::fcntl, abi::nr::prctl, abi::nr::socket, abi::nr::socketpair, abi::nr::setsockopt,
        abi::nr::getsockopt, abi::nr::semctl, abi::nr::shmctl, abi::nr::msgctl}) {
    EXPECT_EQ(row_of(number).handler, sys_by_command) << row_of(number).name;
  }
}

// The names that --trace prints must be tried in an order in which each can be found.
TEST(Table, HidesNoFlagBehindAnother) {
  std::set<const NameTable*> tables;
  for (const auto& [number, name] : abi::kSystemCalls) {
    for (const Arg& arg : row_of(number).args) {
      if (arg.kind == ArgKind::kFlags) tables.insert(arg.names);
    }
  }
  for (const NameTable* table : tables) {
    for (size_t index = 0; index < table->count; ++index) {
      const NamedValue& later = table->values[index];
      for (size_t before = 0; before < index; ++before) {
        const NamedValue& earlier = table->values[before];
        if ((earlier.value & ~table->choice_mask) == 0 || (later.value & ~table->choice_mask) == 0) continue;
        EXPECT_NE(earlier.value & later.value, earlier.value)
            << later.name << " is never printed: " << earlier.name << " takes its bits";
      }
    }
  }
}

}  // namespace
}  // namespace redoubt::shim
