// SPDX-License-Identifier: Apache-2.0
//
// --trace-filter: the words, and which calls they ask for.
#include "shim/syscalls/trace_filter.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/select.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string>

#include "shim/abi/numbers.h"
#include "shim/abi/restart.h"
#include "shim/syscalls/trace_match.h"

namespace redoubt::shim {
namespace {

namespace nr = abi::nr;

struct Made {
  uint64_t number;
  uint64_t args[6];
  std::optional<int64_t> result;
};

template <typename... Args>
Made made(std::optional<int64_t> result, uint64_t number, Args... args) {
  return {number, {static_cast<uint64_t>(args)...}, result};
}

bool shows(std::string_view list, const Made& call) {
  const auto filter = parse_trace_filter(list);
  EXPECT_TRUE(filter) << list;
  return filter && matches(*filter, find_row(call.number), call.number, call.args, call.result);
}

uint64_t address_of(const void* pointer) { return reinterpret_cast<uint64_t>(pointer); }

const Made kRead = made(5, nr::read, 3, 0, 5);
const Made kOpen = made(4, nr::openat, AT_FDCWD, 0, O_RDONLY);
const Made kOpenFailed = made(-ENOENT, nr::openat, AT_FDCWD, 0, O_RDONLY);
const Made kMmap = made(0x7f0000000000, nr::mmap, 0, 4096, 3, 2, 3, 0);
const Made kUnknown = made(-ENOSYS, 9999);
const Made kRefused = made(-ENOSYS, nr::io_uring_setup, 8, 0);
const Made kExecve = made(std::nullopt, nr::execve, 0, 0, 0);

TEST(TraceFilter, NothingIsEverything) {
  for (const Made& call : {kRead, kOpenFailed, kMmap, kUnknown, kExecve}) EXPECT_TRUE(shows("", call));
}

TEST(TraceFilter, Names) {
  EXPECT_TRUE(shows("read", kRead));
  EXPECT_FALSE(shows("read", kOpen));
  EXPECT_TRUE(shows("read,openat", kOpen));
  EXPECT_FALSE(shows("read,openat", kUnknown));
  EXPECT_FALSE(shows("!read", kRead));
  EXPECT_TRUE(shows("!read", kOpen));
  EXPECT_TRUE(shows("!read", kUnknown));
  EXPECT_TRUE(shows("execve", kExecve));
}

TEST(TraceFilter, Families) {
  EXPECT_TRUE(shows("%file", kOpen));
  EXPECT_FALSE(shows("%file", kRead));
  EXPECT_TRUE(shows("%desc", kRead));
  EXPECT_TRUE(shows("%desc", kMmap)) << "has a descriptor";
  EXPECT_TRUE(shows("%desc", made(3, nr::socket, 2, 1, 0))) << "returns one";
  EXPECT_FALSE(shows("%desc", made(0, nr::munmap, 0, 0)));
  EXPECT_TRUE(shows("%memory", kMmap));
  EXPECT_TRUE(shows("%file", kExecve)) << "has a path";
  EXPECT_TRUE(shows("%process", kExecve));
  EXPECT_TRUE(shows("%file,!%process", kOpen));
  EXPECT_FALSE(shows("%file,!%process", kExecve));
  EXPECT_TRUE(shows("%refused", kRefused));
  EXPECT_FALSE(shows("%refused", kRead));
  EXPECT_TRUE(shows("%passed", made(1, nr::getpid)));
  EXPECT_TRUE(shows("%handled", kOpen));
  EXPECT_FALSE(shows("%handled", kUnknown));
}

// Every row is in the family of its file, and in no other of these.
TEST(TraceFilter, FamiliesAreTheTables) {
  for (const RowFamily& family : row_families()) {
    const std::string_view word(family.word);
    ASSERT_TRUE(word.starts_with('%'));
    const auto filter = parse_trace_filter(word);
    ASSERT_TRUE(filter) << word;
    for (const RowFamily& other : row_families()) {
      for (const Row& row : std::span(other.rows, other.count)) {
        const bool by_type = word == "%file" || word == "%desc";
        if (&other == &family || !by_type) {
          EXPECT_EQ(filter->calls[row.number], &other == &family) << word << " " << row.name;
        }
      }
    }
  }
}

TEST(TraceFilter, Endings) {
  EXPECT_TRUE(shows("failed", kOpenFailed));
  EXPECT_TRUE(shows("failed", kUnknown));
  EXPECT_FALSE(shows("failed", kOpen));
  EXPECT_FALSE(shows("failed", kMmap));
  EXPECT_FALSE(shows("failed", kExecve)) << "it has not come back";
  EXPECT_TRUE(shows("!failed", kExecve));
  EXPECT_TRUE(shows("!failed", kOpen));
  EXPECT_FALSE(shows("!failed", kOpenFailed));
  EXPECT_FALSE(shows("failed", made(abi::kRestartIfAsked, nr::read, 0, 0, 0))) << "it is made again";
  EXPECT_TRUE(shows("%file,failed", kOpenFailed));
  EXPECT_FALSE(shows("%memory,failed", kOpenFailed));
}

TEST(TraceFilter, Descriptors) {
  EXPECT_TRUE(shows("fd=3", kRead));
  EXPECT_FALSE(shows("fd=4", kRead));
  EXPECT_TRUE(shows("fd=4", kOpen)) << "where it comes from";
  EXPECT_FALSE(shows("fd=3", kOpen));
  EXPECT_TRUE(shows("fd=3,fd=4", kOpen));
  EXPECT_TRUE(shows("fd=3", kMmap));
  EXPECT_TRUE(shows("fd=9", made(9, nr::dup2, 3, 9)));
  EXPECT_TRUE(shows("fd=9", made(9, nr::fcntl, 3, F_DUPFD_CLOEXEC, 5)));
  EXPECT_FALSE(shows("fd=9", made(9, nr::fcntl, 3, F_GETFD))) << "flags, not a descriptor";
  EXPECT_FALSE(shows("fd=5", kRead)) << "a length, not a descriptor";
  EXPECT_FALSE(shows("fd=3", kUnknown));
  EXPECT_FALSE(shows("read,fd=3", kMmap)) << "both";
  EXPECT_FALSE(shows("!fd=3", kRead));
  EXPECT_TRUE(shows("!fd=3", kOpen));
  EXPECT_TRUE(shows("!fd=3", kUnknown));
  EXPECT_FALSE(shows("fd=9,!fd=3", made(9, nr::dup2, 3, 9)));
}

TEST(TraceFilter, DescriptorsInMemory) {
  const pollfd polled[] = {{.fd = 7, .events = POLLIN, .revents = 0}, {.fd = 12, .events = 0, .revents = 0}};
  const Made poll = made(0, nr::poll, address_of(polled), 2, -1);
  EXPECT_TRUE(shows("fd=12", poll));
  EXPECT_FALSE(shows("fd=2", poll));
  EXPECT_FALSE(shows("fd=12", made(0, nr::poll, address_of(polled), 1, -1))) << "beyond the count";
  EXPECT_FALSE(shows("fd=12", made(-EFAULT, nr::poll, 0x10, 2, -1)));

  fd_set set;
  FD_ZERO(&set);
  FD_SET(65, &set);
  EXPECT_TRUE(shows("fd=65", made(1, nr::select, 66, 0, address_of(&set), 0, 0)));
  EXPECT_FALSE(shows("fd=65", made(1, nr::select, 65, 0, address_of(&set), 0, 0)));
  EXPECT_FALSE(shows("fd=64", made(1, nr::select, 66, 0, address_of(&set), 0, 0)));
  EXPECT_FALSE(shows("fd=2000000000", made(1, nr::select, 66, 0, address_of(&set), 0, 0)));

  const int ends[] = {20, 21};
  EXPECT_TRUE(shows("fd=21", made(0, nr::pipe2, address_of(ends), 0)));
  EXPECT_FALSE(shows("fd=21", made(-EMFILE, nr::pipe2, address_of(ends), 0)));
}

TEST(TraceFilter, WhatIsNoWordIsNamed) {
  const auto first_wrong = [](std::string_view list) {
    const auto filter = parse_trace_filter(list);
    return filter ? "(none)" : "<" + std::string(filter.error()) + ">";
  };
  EXPECT_EQ(first_wrong("read,opneat,x"), "<opneat>");
  EXPECT_EQ(first_wrong("!opneat"), "<!opneat>");
  EXPECT_EQ(first_wrong("%fle"), "<%fle>");
  EXPECT_EQ(first_wrong("file"), "<file>");
  EXPECT_EQ(first_wrong("READ"), "<READ>");
  for (const char* number : {"fd=", "fd=x", "fd=-1", "fd=3x", "fd=99999999999", "fd", "fd= 3"}) {
    EXPECT_EQ(first_wrong(number), "<" + std::string(number) + ">");
  }
  for (const char* empty : {",", "read,", ",read", "read,,write"}) EXPECT_EQ(first_wrong(empty), "<>") << empty;
  EXPECT_EQ(first_wrong("!"), "<!>");
  EXPECT_EQ(first_wrong("!!read"), "<!!read>");
  EXPECT_EQ(first_wrong("%"), "<%>");
  EXPECT_EQ(first_wrong("fd=2147483647"), "(none)");
}

TEST(TraceFilter, EveryWordThatIsOfferedIsOne) {
  const auto words = trace_filter_words();
  EXPECT_GT(words.size(), 350U);
  for (const std::string_view word : words) EXPECT_TRUE(parse_trace_filter(word)) << word;
  for (const Row& row : std::span(row_families()[0].rows, row_families()[0].count)) {
    EXPECT_NE(std::ranges::find(words, row.name), words.end()) << row.name;
  }
}

}  // namespace
}  // namespace redoubt::shim
