// SPDX-License-Identifier: Apache-2.0
//
// Lengths and branches of every instruction of a C library, as objdump prints them.
#include "shim/patch/instruction.h"

#include <gtest/gtest.h>

#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace redoubt::shim::patch {
namespace {

struct Line {
  uint64_t address;
  std::vector<uint8_t> bytes;
  std::string text;
};

// "  address:\tbytes \ttext", as objdump -d -w prints it.
bool parse(const char* line, Line& out) {
  char* end;
  out.address = std::strtoull(line, &end, 16);
  if (end == line || *end != ':' || end[1] != '\t') return false;
  const char* at = end + 2;
  out.bytes.clear();
  while (std::isxdigit(static_cast<unsigned char>(at[0])) && std::isxdigit(static_cast<unsigned char>(at[1])) &&
         at[2] == ' ') {
    out.bytes.push_back(static_cast<uint8_t>(std::strtoul(at, nullptr, 16)));
    at += 3;
  }
  while (*at == ' ' || *at == '\t') ++at;
  out.text.assign(at, std::strcspn(at, "\n"));
  return !out.bytes.empty();
}

bool is_mnemonic_of_direct_branch(const std::string& text) {
  for (const char* prefix : {"j", "call", "loop", "bnd j", "bnd call", "notrack"}) {
    if (text.starts_with(prefix)) return text.find(" *") == std::string::npos;
  }
  return false;
}

// What may be executed at another address: by its name.
bool is_plain_work(const std::string& text) {
  for (const char* name : {"mov",  "lea", "add", "or",  "adc", "sbb", "and", "sub", "xor", "cmp", "test",
                           "cmov", "not", "neg", "rol", "ror", "rcl", "rcr", "shl", "shr", "sar"}) {
    if (text.starts_with(name)) return true;
  }
  return false;
}

TEST(Instruction, AgreesWithObjdump) {
  const std::string command = std::string("objdump -d -w ") + TESTED_LIBRARY;
  FILE* listing = popen(command.c_str(), "r");
  ASSERT_NE(listing, nullptr);
  char* buffer = nullptr;
  size_t capacity = 0;
  size_t count = 0, unknown = 0, branches = 0, movable = 0;
  Line line;
  while (getline(&buffer, &capacity, listing) > 0) {
    if (!parse(buffer, line) || line.text.find("(bad)") != std::string::npos) continue;
    // What objdump prints as an instruction of its own and the processor takes for a prefix of the next.
    if (line.text.starts_with("rex") || line.text == "data16" || line.text == "lock" || line.text.starts_with("fwait"))
      continue;
    ++count;
    const auto instruction = decode(line.bytes);
    if (!instruction) {
      ++unknown;
      continue;
    }
    EXPECT_EQ(instruction->length, line.bytes.size()) << buffer;
    if (instruction->is_movable) {
      ++movable;
      EXPECT_EQ(line.text.find("%rip"), std::string::npos) << buffer;
      EXPECT_TRUE(is_plain_work(line.text)) << buffer;
    }
    if (is_mnemonic_of_direct_branch(line.text)) {
      ++branches;
      ASSERT_TRUE(instruction->branch.has_value()) << buffer;
      const size_t operand = line.text.find_first_of("0123456789abcdef", line.text.find(' '));
      const uint64_t target = std::strtoull(line.text.c_str() + operand, nullptr, 16);
      EXPECT_EQ(line.address + line.bytes.size() + static_cast<uint64_t>(*instruction->branch), target) << buffer;
    } else if (!line.text.starts_with("xbegin")) {
      EXPECT_FALSE(instruction->branch.has_value()) << buffer;
    }
    if (HasFailure()) break;
  }
  free(buffer);
  pclose(listing);
  EXPECT_GT(count, 100000U) << command;
  EXPECT_GT(branches, 10000U);
  EXPECT_GT(movable, count / 2);
  EXPECT_LT(unknown * 1000, count) << "of " << count;
}

TEST(Instruction, RefusesWhatProcessorsDisagreeAbout) {
  EXPECT_FALSE(decode(std::vector<uint8_t>{0x66, 0xe8, 0, 0, 0, 0, 0, 0}));
  EXPECT_FALSE(decode(std::vector<uint8_t>{0x66, 0x0f, 0x84, 0, 0, 0, 0, 0}));
}

TEST(Instruction, RefusesWhatIsCutShortOrTooLong) {
  EXPECT_FALSE(decode({}));
  EXPECT_FALSE(decode(std::vector<uint8_t>{0xb8, 1, 2, 3}));
  EXPECT_FALSE(decode(std::vector<uint8_t>(20, 0x66)));
}

}  // namespace
}  // namespace redoubt::shim::patch
