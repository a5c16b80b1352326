// SPDX-License-Identifier: Apache-2.0
//
// Arguments and results of one call, in the order of its row. Structures are trace_values.cc's.
#include "shim/syscalls/trace.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>

#include "base/result.h"
#include "base/text.h"
#include "shim/abi/errno_names.h"
#include "shim/abi/restart.h"
#include "shim/memory/app_memory.h"
#include "shim/syscalls/command.h"
#include "shim/syscalls/names/files.h"
#include "shim/syscalls/trace_values.h"

namespace redoubt::shim {
namespace {

struct TracedCall {
  const Row& row;
  const uint64_t (&args)[6];
  std::optional<int64_t> result;
  const Command* command;

  // What the call writes is there to be read only after it has succeeded.
  std::optional<uint64_t> success() const {
    return result && !is_error(*result) ? std::optional(static_cast<uint64_t>(*result)) : std::nullopt;
  }
  uint64_t value(size_t index) const { return args[index]; }
};

// How many elements (bytes, of a plain buffer) there are to show.
uint64_t count_of(const TracedCall& call, const Arg& arg) {
  const uint64_t counted = call.value(arg.size_arg);
  switch (arg.rule) {
    case SizeRule::kFixed:
    case SizeRule::kOwnSize:
    case SizeRule::kUnbounded: return arg.size;
    case SizeRule::kArg:
    case SizeRule::kBits: return counted;
    case SizeRule::kResult: return std::min(counted, call.success().value_or(0));
    case SizeRule::kPages: return counted / 4096 + (counted % 4096 != 0 ? 1 : 0);
    case SizeRule::kPointedArg: {
      uint32_t size = 0;
      return read_app(size, counted) ? size : 0;
    }
  }
  return 0;
}

void put_string_array(TextBuilder& out, uint64_t address) {
  uint64_t element = 0;
  if (address == 0 || !read_app(element, address)) return put_address(out, address);
  out.append('[');
  for (size_t index = 0; read_app(element, address + index * sizeof(element)) && element != 0; ++index) {
    if (index > 0) out.append(", ");
    if (index == kTraceElementLimit) {
      out.append("...");
      break;
    }
    put_string(out, element);
  }
  out.append(']');
}

// Shows the first `byte_count` bytes that the elements hold together.
void put_iovec(TextBuilder& out, uint64_t address, uint64_t count, uint64_t byte_count) {
  iovec element;
  if (address == 0 || (count > 0 && !read_app(element, address))) return put_address(out, address);
  out.append('[');
  for (uint64_t index = 0; index < count; ++index) {
    if (index > 0) out.append(", ");
    if (index == kTraceElementLimit || !read_app(element, address + index * sizeof(element))) {
      out.append("...");
      break;
    }
    const uint64_t shown = std::min<uint64_t>(element.iov_len, byte_count);
    byte_count -= shown;
    put_bytes(out.append("{iov_base="), reinterpret_cast<uint64_t>(element.iov_base), shown);
    out.append(", iov_len=").decimal(element.iov_len).append('}');
  }
  out.append(']');
}

void put_msghdr(TextBuilder& out, uint64_t address, uint64_t byte_count) {
  msghdr message;
  if (!read_app(message, address)) return put_address(out, address);
  put_sockaddr(out.append("{msg_name="), reinterpret_cast<uint64_t>(message.msg_name), message.msg_namelen);
  put_iovec(out.append(", msg_iov="), reinterpret_cast<uint64_t>(message.msg_iov), message.msg_iovlen, byte_count);
  out.append(", msg_controllen=").decimal(message.msg_controllen).append('}');
}

void put_mmsghdr(TextBuilder& out, uint64_t address, uint64_t count, bool received) {
  out.append('[');
  for (uint64_t index = 0; index < count; ++index) {
    if (index > 0) out.append(", ");
    const uint64_t element = address + index * sizeof(mmsghdr);
    uint32_t length = 0;
    if (index == kTraceElementLimit || !read_app(length, element + offsetof(mmsghdr, msg_len))) {
      out.append("...");
      break;
    }
    put_msghdr(out.append("{msg_hdr="), element, received ? length : UINT64_MAX);
    if (received) out.append(", msg_len=").decimal(length);
    out.append('}');
  }
  out.append(']');
}

void put_buffer(TextBuilder& out, const TracedCall& call, const Arg& arg, uint64_t address) {
  const uint64_t size = count_of(call, arg);
  if (arg.shape == Shape::kInt32 && size == sizeof(int32_t)) return put_shape(out, arg.shape, address, 1);
  if (arg.header == sizeof(int64_t)) {
    int64_t header = 0;
    if (!read_app(header, address)) return put_address(out, address);
    put_bytes(out.append('{').decimal(header).append(", "), address + arg.header, size);
    out.append('}');
    return;
  }
  put_bytes(out, address, size);
}

constexpr uint64_t kLockPi2 = 13;  // FUTEX_LOCK_PI2, missing from older headers

bool waits(uint64_t futex_op) {
  switch (futex_op & FUTEX_CMD_MASK) {
    case FUTEX_WAIT:
    case FUTEX_LOCK_PI:
    case FUTEX_WAIT_BITSET:
    case FUTEX_WAIT_REQUEUE_PI:
    case kLockPi2: return true;
    default: return false;
  }
}

// Everything that is in memory and whose type the row knows.
void put_memory(TextBuilder& out, const TracedCall& call, const Arg& arg, uint64_t value) {
  const bool received = arg.direction == Direction::kOut;
  const std::optional<uint64_t> success = call.success();
  if (value == 0 || (received && !success)) return put_address(out, value);
  const uint64_t byte_count = received ? success.value_or(0) : UINT64_MAX;
  switch (arg.kind) {
    case ArgKind::kBuffer: return put_buffer(out, call, arg, value);
    case ArgKind::kStruct: return put_shape(out, arg.shape, value, count_of(call, arg));
    case ArgKind::kIovec: return put_iovec(out, value, count_of(call, arg), byte_count);
    case ArgKind::kMsghdr: return put_msghdr(out, value, byte_count);
    case ArgKind::kMmsghdr: return put_mmsghdr(out, value, received ? byte_count : count_of(call, arg), received);
    case ArgKind::kSockaddr: return put_sockaddr(out, value, count_of(call, arg));
    default: return put_address(out, value);
  }
}

void put_argument(TextBuilder& out, const TracedCall& call, const Arg& arg, uint64_t value) {
  const auto as_int = static_cast<int32_t>(value);
  const auto as_uint = static_cast<uint32_t>(value);
  switch (arg.kind) {
    case ArgKind::kNone: return;
    case ArgKind::kInt:
    case ArgKind::kFd:
    case ArgKind::kPid:
    case ArgKind::kUid: out.decimal(as_int); return;
    case ArgKind::kUint: out.decimal(as_uint); return;
    case ArgKind::kLong:
    case ArgKind::kOffset: out.decimal(static_cast<int64_t>(value)); return;
    case ArgKind::kSize: out.decimal(value); return;
    case ArgKind::kDirFd: as_int == AT_FDCWD ? out.append("AT_FDCWD") : out.decimal(as_int); return;
    case ArgKind::kSignal: return put_signal(out, as_int);
    case ArgKind::kMode: out.octal(as_uint); return;
    case ArgKind::kFlags: return put_flags(out, *arg.names, as_uint);
    case ArgKind::kEnum: return put_choice(out, *arg.names, as_uint);
    case ArgKind::kCommand: call.command != nullptr ? out.append(call.command->name) : out.hex(as_uint); return;
    case ArgKind::kAddress:
    case ArgKind::kFutexWord: return put_address(out, value);
    case ArgKind::kFutexTimeout:
      if (!waits(call.value(1))) {
        out.decimal(as_uint);
      } else if (value == 0) {
        out.append("NULL");
      } else {
        put_shape(out, Shape::kTimespec, value, 1);
      }
      return;
    case ArgKind::kPath:
    case ArgKind::kString: return put_string(out, value);
    case ArgKind::kStringArray: return put_string_array(out, value);
    case ArgKind::kBuffer:
    case ArgKind::kStruct:
    case ArgKind::kIovec:
    case ArgKind::kMsghdr:
    case ArgKind::kMmsghdr:
    case ArgKind::kSockaddr:
      if (arg.rule == SizeRule::kUnbounded) return put_address(out, value);
      return put_memory(out, call, arg, value);
  }
}

// How many of futex(2)'s arguments an operation reads; the others' registers hold rubbish.
size_t futex_argument_count(uint64_t futex_op) {
  switch (futex_op & FUTEX_CMD_MASK) {
    case FUTEX_UNLOCK_PI:
    case FUTEX_TRYLOCK_PI: return 2;
    case FUTEX_WAKE: return 3;
    case FUTEX_WAIT:
    case FUTEX_LOCK_PI:
    case kLockPi2: return 4;
    default: return 6;
  }
}

// Arguments that this call has in its row but does not have.
bool is_absent(const TracedCall& call, size_t index) {
  if (call.row.args[3].kind == ArgKind::kFutexTimeout) return index >= futex_argument_count(call.value(1));
  // open(2) is variadic: it reads the mode with O_CREAT or O_TMPFILE only.
  if (call.row.args[index].kind != ArgKind::kMode || index == 0) return false;
  const bool after_open_flags = call.row.args[index - 1].names == &names::kOpenFlags;
  const uint64_t flags = call.value(index - 1);
  return after_open_flags && (flags & O_CREAT) == 0 && (flags & O_TMPFILE) != O_TMPFILE;
}

void put_arguments(TextBuilder& out, const TracedCall& call) {
  bool first = true;
  for (size_t index = 0; index < 6; ++index) {
    const Arg* arg = &call.row.args[index];
    // The command knows what the argument is that its row leaves open.
    if (arg->rule == SizeRule::kUnbounded && call.command != nullptr) arg = &call.command->argument;
    if (arg->kind == ArgKind::kNone || is_absent(call, index)) continue;
    if (!first) out.append(", ");
    first = false;
    put_argument(out, call, *arg, call.value(index));
  }
}

void put_error(TextBuilder& out, int number) {
  const abi::ErrnoName* name = abi::find_errno(number);
  out.append("-1 ");
  if (name == nullptr) {
    out.append("errno ").decimal(number);
  } else {
    out.append(name->name).append(" (").append(name->text).append(')');
  }
}

void put_result(TextBuilder& out, const Row* row, std::optional<int64_t> result) {
  if (!result) {
    out.append('?');
  } else if (*result == abi::kRestartIfAsked) {
    out.append("? ERESTARTSYS");
  } else if (*result == abi::kRestartAlways) {
    out.append("? ERESTARTNOINTR");
  } else if (is_error(*result)) {
    put_error(out, static_cast<int>(-*result));
  } else if (row != nullptr && row->returns == ReturnKind::kAddress) {
    out.hex(static_cast<uint64_t>(*result));
  } else if (row != nullptr && row->returns == ReturnKind::kMode) {
    out.octal(static_cast<uint64_t>(*result));
  } else {
    out.decimal(*result);
  }
}

}  // namespace

size_t format_call(char* buffer, size_t capacity, const Row* row, uint64_t number, const uint64_t (&args)[6],
                   std::optional<int64_t> result) {
  TextBuilder out(buffer, capacity);
  if (row == nullptr) {
    out.append("syscall_").decimal(number).append('(');
    for (size_t index = 0; index < 6; ++index) out.append(index > 0 ? ", " : "").hex(args[index]);
  } else {
    out.append(row->name).append('(');
    put_arguments(out, TracedCall{*row, args, result, find_command(*row, args)});
  }
  put_result(out.append(") = "), row, result);
  if (out.truncated()) out.end_with("...");
  return out.size();
}

}  // namespace redoubt::shim
