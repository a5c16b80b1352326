// SPDX-License-Identifier: Apache-2.0
//
// Deciding by command. The register holds 64 bits, but every one of these commands is an int or an unsigned int in the
// kernel, so only the low half counts: an upper half full of rubbish must neither hide a command nor invent one.
#include "shim/syscalls/command.h"

#include <cerrno>

#include "shim/files/window.h"
#include "shim/gate/descriptor_state.h"
#include "shim/syscalls/call.h"

namespace redoubt::shim {
namespace {

// The argument that holds the command, or -1.
int command_index(const Row& row) {
  for (int index = 0; index < 6; ++index) {
    if (row.args[index].kind == ArgKind::kCommand) return index;
  }
  return -1;
}

// Whether the argument that the command decides is a descriptor, and one of the shim's own (FICLONE's source).
bool names_own_descriptor(const Call& call, const Command& command) {
  if (command.argument.kind != ArgKind::kFd) return false;
  for (int index = 0; index < 6; ++index) {
    if (call.row->args[index].rule == SizeRule::kUnbounded) return window::contains(call.int_arg(index));
  }
  return false;
}

// The kernel looks at the descriptor before the command: EBADF and ENOTSOCK come first.
int64_t refuse(const Call& call, int error) {
  if (call.row->args[0].kind != ArgKind::kFd) return -error;
  const bool is_socket_call = call.row->args[command_index(*call.row)].commands->level_arg != kNoLevel;
  const int fd = call.int_arg(0);
  const int64_t earlier = is_socket_call ? gate::refusal_of_socket(fd) : gate::refusal_of_descriptor(fd);
  return earlier != 0 ? earlier : -error;
}

}  // namespace

const Command* find_command(const Row& row, const uint64_t (&args)[6]) {
  const int index = command_index(row);
  if (index < 0) return nullptr;
  const CommandTable& table = *row.args[index].commands;
  uint32_t number = static_cast<uint32_t>(args[index]);
  if (table.level_arg != kNoLevel) {
    const uint32_t level = static_cast<uint32_t>(args[table.level_arg]);
    // Beyond 16 bits the two would run into one another; no level or option of Linux reaches that far.
    if (number > 0xffff || level > 0x7fff) return nullptr;
    number = socket_option(static_cast<int>(level), static_cast<int>(number));
  }
  for (size_t entry = 0; entry < table.count; ++entry) {
    if (table.commands[entry].number == number) return &table.commands[entry];
  }
  return nullptr;
}

int64_t sys_by_command(Call& call) {
  const Command* command = find_command(*call.row, call.args);
  if (command == nullptr) return refuse(call, call.row->args[command_index(*call.row)].commands->unknown);
  if (names_own_descriptor(call, *command)) return -EBADF;
  switch (command->treatment) {
    case Treatment::kHandled: return command->handler(call);
    case Treatment::kPassed: return pass(call);
    case Treatment::kRefused: break;
  }
  return refuse(call, command->refusal);
}

}  // namespace redoubt::shim
