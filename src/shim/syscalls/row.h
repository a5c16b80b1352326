// SPDX-License-Identifier: Apache-2.0
//
// One row of the system-call table: everything the shim knows about one Linux system call. The same row decides how
// the call is treated, checks descriptors, prints it for --trace, and (on platforms without a shared address space)
// tells one generic routine what to copy out of and back into protected memory. See docs/adding-a-system-call.md.
//
// Rows are constants built by `handled`, `passed` and `refused`; a row that lacks a field does not compile. Where one
// call is really many (ioctl, prctl, fcntl, socket options), an argument of kind kCommand names a second table
// (command.h), which says the same about each command. A pointer may always be null: the call itself decides what that
// means, and nothing is copied for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace redoubt::shim {

struct Call;
// Returns the value for %rax: a result, -errno, or one of the restart codes of abi/restart.h.
using Handler = int64_t (*)(Call&);

enum class Treatment : uint8_t {
  kHandled,  // a function of ours decides; it may still pass the call on, by argument
  kPassed,   // goes to the host as it is; the reason says why that is safe, or that it is not yet
  kRefused,  // answered with a fixed errno; the reason says why
};

// What a name table is for: `kFlags` values are or-ed together, `kEnum` values stand alone.
struct NamedValue {
  uint64_t value;
  const char* name;
};
struct NameTable {
  const NamedValue* values = nullptr;
  size_t count = 0;
  uint64_t choice_mask = 0;  // among flags, the bits that hold one choice: O_ACCMODE of open(2), say
};

struct CommandTable;

enum class ArgKind : uint8_t {
  kNone,          // unused register
  kInt,           // signed 32 bit
  kUint,          // unsigned 32 bit
  kLong,          // signed 64 bit
  kSize,          // size_t, in bytes unless the name says count
  kOffset,        // loff_t by value
  kFd,            // descriptor: one of the shim's own is answered with EBADF before the handler runs
  kDirFd,         // the same, or AT_FDCWD
  kPid,           // pid_t, tid or process group
  kUid,           // uid_t or gid_t
  kSignal,        // signal number
  kMode,          // mode_t, printed octal
  kFlags,         // or-ed bits, printed by `names`
  kEnum,          // one value, printed by `names`
  kCommand,       // one value that decides what the call does and what its kUnbounded argument is: see `commands`
  kAddress,       // an address whose bytes the call neither reads nor writes (mmap's first argument)
  kPath,          // NUL-terminated path, read
  kString,        // NUL-terminated string, read
  kStringArray,   // NULL-terminated array of strings, read (argv)
  kBuffer,        // bytes; direction and size rule apply
  kStruct,        // fixed-size structure; direction and size apply; `shape` prints it
  kIovec,         // struct iovec[count]; the size rule counts elements; direction is that of the bytes
  kMsghdr,        // struct msghdr, with everything it points to; direction is that of the payload
  kMmsghdr,       // struct mmsghdr[count]
  kSockaddr,      // socket address; size by argument (in) or by pointed-to length (out, in-out)
  kFutexWord,     // 32-bit word in app memory that the call compares, waits on or wakes
  kFutexTimeout,  // futex(2)'s fourth: a timespec where the operation waits, else a number
};

enum class Direction : uint8_t { kIn, kOut, kInOut };

// How --trace prints a structure; kOpaque prints the address only.
enum class Shape : uint8_t {
  kOpaque,
  kInt32,  // int or unsigned int
  kInt64,
  kIntPair,  // int[2], as pipe2 fills
  kTimespec,
  kTimeval,
  kItimerval,
  kItimerspec,
  kStat,
  kSigset,     // 8-byte kernel signal set
  kSigaction,  // kernel struct sigaction, 32 bytes
  kSiginfo,
  kStack,  // stack_t
  kRlimit,
  kPollfds,      // array
  kEpollEvents,  // array
  kFdset,
  kWaitStatus,  // int, as wait4 fills
};

// Where the size of a kBuffer (bytes) or of an array (elements) comes from.
enum class SizeRule : uint8_t {
  kFixed,       // `size` is the number of bytes
  kArg,         // argument number `size_arg` times `size` (bytes an element; 1 for a plain buffer)
  kResult,      // the space is argument `size_arg` times `size`; the return value (times `size`) is what was written
  kPointedArg,  // argument `size_arg` points to a 32-bit length (socklen_t)
  kBits,        // argument `size_arg` counts bits, kept in whole 64-bit words (fd_set, node masks)
  kPages,       // one byte for each page of argument `size_arg` (mincore)
  kOwnSize,     // the first 32 bits of the structure are its size; `size` is the most there can be (sched_attr)
  kUnbounded,   // cannot be described (ioctl): only handlers that know the command may pass it on
};

struct Arg {
  const char* name = nullptr;
  ArgKind kind = ArgKind::kNone;
  Direction direction = Direction::kIn;
  SizeRule rule = SizeRule::kFixed;
  uint8_t size_arg = 0;
  Shape shape = Shape::kOpaque;
  uint32_t size = 0;
  uint8_t header = 0;  // bytes before the counted ones, not counted (msgsnd's mtype)
  const NameTable* names = nullptr;
  const CommandTable* commands = nullptr;  // kCommand only
};

// What the return value is, for --trace.
enum class ReturnKind : uint8_t { kInt, kFd, kSize, kAddress, kPid, kMode, kNone };

struct Row {
  uint16_t number;
  const char* name;
  Treatment treatment;
  int refusal;         // errno, for kRefused only
  Handler handler;     // for kHandled only
  const char* reason;  // handled: what for; passed: why no harm is done, or what is missing; refused: why
  ReturnKind returns;
  Arg args[6];
};

// ---- Arguments. Names are the man page's. ----
namespace arg {

constexpr Arg plain(const char* name, ArgKind kind) { return {.name = name, .kind = kind}; }
constexpr Arg integer(const char* name) { return plain(name, ArgKind::kInt); }
constexpr Arg uint(const char* name) { return plain(name, ArgKind::kUint); }
constexpr Arg word(const char* name) { return plain(name, ArgKind::kLong); }
constexpr Arg size(const char* name) { return plain(name, ArgKind::kSize); }
constexpr Arg offset(const char* name) { return plain(name, ArgKind::kOffset); }
constexpr Arg fd(const char* name = "fd") { return plain(name, ArgKind::kFd); }
constexpr Arg dirfd(const char* name = "dirfd") { return plain(name, ArgKind::kDirFd); }
constexpr Arg pid(const char* name = "pid") { return plain(name, ArgKind::kPid); }
constexpr Arg uid(const char* name = "uid") { return plain(name, ArgKind::kUid); }
constexpr Arg signal(const char* name = "sig") { return plain(name, ArgKind::kSignal); }
constexpr Arg mode(const char* name = "mode") { return plain(name, ArgKind::kMode); }
constexpr Arg address(const char* name = "addr") { return plain(name, ArgKind::kAddress); }
constexpr Arg path(const char* name = "pathname") { return plain(name, ArgKind::kPath); }
constexpr Arg string(const char* name) { return plain(name, ArgKind::kString); }
constexpr Arg strings(const char* name) { return plain(name, ArgKind::kStringArray); }
constexpr Arg futex_word(const char* name = "uaddr") { return plain(name, ArgKind::kFutexWord); }

constexpr Arg flags(const char* name, const NameTable& names) {
  return {.name = name, .kind = ArgKind::kFlags, .names = &names};
}
constexpr Arg choice(const char* name, const NameTable& names) {
  return {.name = name, .kind = ArgKind::kEnum, .names = &names};
}

constexpr Arg command(const char* name, const CommandTable& commands) {
  return {.name = name, .kind = ArgKind::kCommand, .commands = &commands};
}

// Bytes read by the call; their number is argument `size_arg`.
constexpr Arg bytes_in(const char* name, uint8_t size_arg) {
  return {.name = name, .kind = ArgKind::kBuffer, .rule = SizeRule::kArg, .size_arg = size_arg, .size = 1};
}
// Bytes written by the call; room for argument `size_arg`, the return value says how many came.
constexpr Arg bytes_out(const char* name, uint8_t size_arg) {
  return {.name = name,
          .kind = ArgKind::kBuffer,
          .direction = Direction::kOut,
          .rule = SizeRule::kResult,
          .size_arg = size_arg,
          .size = 1};
}
// Fixed-size structures of `size` bytes.
constexpr Arg in(const char* name, uint32_t size, Shape shape = Shape::kOpaque) {
  return {.name = name, .kind = ArgKind::kStruct, .shape = shape, .size = size};
}
constexpr Arg out(const char* name, uint32_t size, Shape shape = Shape::kOpaque) {
  return {.name = name, .kind = ArgKind::kStruct, .direction = Direction::kOut, .shape = shape, .size = size};
}
constexpr Arg inout(const char* name, uint32_t size, Shape shape = Shape::kOpaque) {
  return {.name = name, .kind = ArgKind::kStruct, .direction = Direction::kInOut, .shape = shape, .size = size};
}
// Arrays of `size`-byte elements; argument `count_arg` counts them.
constexpr Arg array(const char* name, Direction direction, uint8_t count_arg, uint32_t size,
                    Shape shape = Shape::kOpaque) {
  return {.name = name,
          .kind = ArgKind::kStruct,
          .direction = direction,
          .rule = SizeRule::kArg,
          .size_arg = count_arg,
          .shape = shape,
          .size = size};
}
// Arrays of which the return value says how many elements were written.
constexpr Arg array_out(const char* name, uint8_t count_arg, uint32_t size, Shape shape = Shape::kOpaque) {
  return {.name = name,
          .kind = ArgKind::kStruct,
          .direction = Direction::kOut,
          .rule = SizeRule::kResult,
          .size_arg = count_arg,
          .shape = shape,
          .size = size};
}
// A structure that exists in several sizes: argument `size_arg` is the one the program knows.
constexpr Arg sized_in(const char* name, uint8_t size_arg) { return array(name, Direction::kIn, size_arg, 1); }
constexpr Arg sized_out(const char* name, uint8_t size_arg) { return array(name, Direction::kOut, size_arg, 1); }
// Bit sets; argument `count_arg` counts bits.
constexpr Arg bits(const char* name, Direction direction, uint8_t count_arg, Shape shape = Shape::kOpaque) {
  return {.name = name,
          .kind = ArgKind::kStruct,
          .direction = direction,
          .rule = SizeRule::kBits,
          .size_arg = count_arg,
          .shape = shape,
          .size = 1};
}
constexpr Arg iovec(const char* name, Direction payload, uint8_t count_arg) {
  return {.name = name,
          .kind = ArgKind::kIovec,
          .direction = payload,
          .rule = SizeRule::kArg,
          .size_arg = count_arg,
          .size = 16};
}
constexpr Arg msghdr(const char* name, Direction payload) {
  return {.name = name, .kind = ArgKind::kMsghdr, .direction = payload, .size = 56};
}
constexpr Arg mmsghdr(const char* name, Direction payload, uint8_t count_arg) {
  return {.name = name,
          .kind = ArgKind::kMmsghdr,
          .direction = payload,
          .rule = SizeRule::kArg,
          .size_arg = count_arg,
          .size = 64};
}
constexpr Arg sockaddr_in(const char* name, uint8_t size_arg) {
  return {.name = name, .kind = ArgKind::kSockaddr, .rule = SizeRule::kArg, .size_arg = size_arg, .size = 1};
}
constexpr Arg sockaddr_out(const char* name, uint8_t length_pointer_arg) {
  return {.name = name,
          .kind = ArgKind::kSockaddr,
          .direction = Direction::kOut,
          .rule = SizeRule::kPointedArg,
          .size_arg = length_pointer_arg,
          .size = 1};
}
// Bytes written by the call; argument `length_pointer_arg` points to the room, and afterwards to what came.
constexpr Arg bytes_out_pointed(const char* name, uint8_t length_pointer_arg) {
  return {.name = name,
          .kind = ArgKind::kBuffer,
          .direction = Direction::kOut,
          .rule = SizeRule::kPointedArg,
          .size_arg = length_pointer_arg,
          .size = 1};
}
// The same bytes, which --trace may print as a number (kInt32: when there are four).
constexpr Arg shown_as(Shape shape, Arg arg) {
  arg.shape = shape;
  return arg;
}
// A pointer whose meaning depends on another argument (ioctl, prctl): a handler must decide.
constexpr Arg unbounded(const char* name) {
  return {.name = name, .kind = ArgKind::kBuffer, .direction = Direction::kInOut, .rule = SizeRule::kUnbounded};
}

}  // namespace arg

// ---- Rows. ----
// A reason is a text and a handler is a function: neither can be left out, nor be a null pointer.
template <size_t kReasonSize, typename... Args>
constexpr Row handled(uint16_t number, const char* name, Handler handler, const char (&reason)[kReasonSize],
                      ReturnKind returns, Args... args) {
  static_assert(sizeof...(Args) <= 6 && kReasonSize > 1);
  return {number, name, Treatment::kHandled, 0, handler, reason, returns, {args...}};
}
template <size_t kReasonSize, typename... Args>
constexpr Row handled(uint16_t number, const char* name, std::nullptr_t handler, const char (&reason)[kReasonSize],
                      ReturnKind returns, Args... args) = delete;

template <size_t kReasonSize, typename... Args>
constexpr Row passed(uint16_t number, const char* name, const char (&reason)[kReasonSize], ReturnKind returns,
                     Args... args) {
  static_assert(sizeof...(Args) <= 6 && kReasonSize > 1);
  return {number, name, Treatment::kPassed, 0, nullptr, reason, returns, {args...}};
}

template <size_t kReasonSize, typename... Args>
constexpr Row refused(uint16_t number, const char* name, int error, const char (&reason)[kReasonSize], Args... args) {
  static_assert(sizeof...(Args) <= 6 && kReasonSize > 1);
  return {number, name, Treatment::kRefused, error, nullptr, reason, ReturnKind::kInt, {args...}};
}

// One past the highest number that has a row: asm/unistd_64.h of Linux 6.18 ends at 469.
inline constexpr uint16_t kTableSize = 470;

// The row for a number, or nullptr: unknown numbers get ENOSYS.
const Row* find_row(uint64_t number);

// All rows, as rows/ has them.
struct RowFamily {
  const char* word;  // of --trace-filter
  const char* title;
  const Row* rows;
  size_t count;
};
std::span<const RowFamily> row_families();

}  // namespace redoubt::shim
