// SPDX-License-Identifier: Apache-2.0
//
// Calls that are many calls in one (ioctl, fcntl, prctl, socket, socket options, semctl) decide by command. Each has a
// constexpr table of the commands that are known, with the same three treatments as a row, its reason, and the type of
// the argument whose meaning the command decides. What is not in the table is refused with the errno that Linux gives
// for a command it does not know, so nothing new reaches the host before somebody has looked at it.
//
// The tables serve twice: `sys_by_command` decides by them, and --trace decodes by them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "shim/syscalls/row.h"

namespace redoubt::shim {

struct Command {
  uint32_t number;
  const char* name;
  Treatment treatment;
  int refusal;         // errno, for kRefused only
  Handler handler;     // for kHandled only
  const char* reason;  // as in Row
  Arg argument;        // what the row's kUnbounded argument is under this command
};

inline constexpr int kNoLevel = -1;

struct CommandTable {
  const Command* commands;
  size_t count;
  int unknown;               // errno for a command that is not listed
  int level_arg = kNoLevel;  // socket options: the argument that holds the level; see `socket_option`
};

// The command that a call of this row makes, or nullptr: the row has none, or its table does not list it.
const Command* find_command(const Row& row, const uint64_t (&args)[6]);

// The handler of every row that has a kCommand argument: passes, refuses or hands on, by table.
int64_t sys_by_command(Call& call);

// Socket options are known by level and name together.
constexpr uint32_t socket_option(int level, int option) {
  return static_cast<uint32_t>(level) << 16 | static_cast<uint32_t>(option);
}

namespace commands {

template <size_t kReasonSize>
constexpr Command handled(uint32_t number, const char* name, Handler handler, const char (&reason)[kReasonSize],
                          Arg argument = {}) {
  static_assert(kReasonSize > 1);
  return {number, name, Treatment::kHandled, 0, handler, reason, argument};
}
template <size_t kReasonSize>
constexpr Command passed(uint32_t number, const char* name, const char (&reason)[kReasonSize], Arg argument = {}) {
  static_assert(kReasonSize > 1);
  return {number, name, Treatment::kPassed, 0, nullptr, reason, argument};
}
template <size_t kReasonSize>
constexpr Command refused(uint32_t number, const char* name, int error, const char (&reason)[kReasonSize]) {
  static_assert(kReasonSize > 1);
  return {number, name, Treatment::kRefused, error, nullptr, reason, {}};
}

}  // namespace commands

// Whether an array of commands can be a table: none is there twice, exactly the refused ones have an errno, and what
// passes can be copied. `static_assert(is_whole(kCommands));`
template <size_t kCount>
constexpr bool is_whole(const Command (&commands)[kCount]) {
  for (size_t index = 0; index < kCount; ++index) {
    const Command& entry = commands[index];
    if ((entry.treatment == Treatment::kRefused) != (entry.refusal > 0)) return false;
    const bool undescribed = entry.argument.rule == SizeRule::kUnbounded;
    if (undescribed && entry.treatment == Treatment::kPassed) return false;
    for (size_t other = 0; other < index; ++other) {
      if (commands[other].number == entry.number) return false;
    }
  }
  return true;
}

template <size_t kCount>
constexpr CommandTable command_table(const Command (&commands)[kCount], int unknown, int level_arg = kNoLevel) {
  return {commands, kCount, unknown, level_arg};
}

// One table a call, in the file of the same name.
extern const CommandTable kIoctlCommands;         // ioctl.cc
extern const CommandTable kFcntlCommands;         // fcntl.cc
extern const CommandTable kPrctlCommands;         // prctl.cc
extern const CommandTable kSocketFamilies;        // socket.cc
extern const CommandTable kSocketOptions;         // sockopt.cc
extern const CommandTable kSemaphoreCommands;     // ipc_control.cc
extern const CommandTable kSharedMemoryCommands;  // ipc_control.cc
extern const CommandTable kMessageQueueCommands;  // ipc_control.cc

}  // namespace redoubt::shim
