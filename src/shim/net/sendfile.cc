// SPDX-License-Identifier: Apache-2.0
//
// Copying between descriptors with a shielded socket at one end: sendfile reads and sends; splice and its kin do not exist there.
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <new>

#include "shim/gate/gate.h"
#include "shim/memory/app_memory.h"
#include "shim/net/calls.h"
#include "shim/syscalls/dispatch.h"

namespace redoubt::shim::net {

namespace {

constexpr size_t kCopied = 65536;  // bytes of a file at a time

// One piece of the source, through whatever stands for the file (a code file, an injected one, a volume's).
int64_t read_source(Call& call, void* into, size_t size, const int64_t* position) {
  const auto fd = static_cast<uint64_t>(call.int_arg(1));
  if (position != nullptr) {
    return perform_other(call, SYS_pread64, fd, gate::address_of(into), size, static_cast<uint64_t>(*position));
  }
  return perform_other(call, SYS_read, fd, gate::address_of(into), size);
}

}  // namespace

// Reads and sends. What could not be sent is left unread: the position of the file goes back.
Answer call_sendfile(Call& call) {
  Answer answer;
  const Reference source = shielded(call.int_arg(1), answer, false);
  if (source || answer) return answer ? answer : Answer(-EINVAL);
  const int fd = call.int_arg(0);
  const Reference socket = shielded(fd, answer, true);
  if (!socket) return answer_of_send(answer, 0);
  int64_t position = 0;
  const bool has_position = call.args[2] != 0;
  if (has_position && !read_app(position, call.args[2])) return -EFAULT;
  if (has_position && position < 0) return -EINVAL;
  // Linux sends out of what can be mapped or has pages: nothing that waits. Where a position is given, reading says so (ESPIPE).
  if (!has_position) {
    const int64_t seekable = perform_other(call, SYS_lseek, static_cast<uint64_t>(call.int_arg(1)), 0, SEEK_CUR);
    if (is_error(seekable)) return seekable == -EBADF ? -EBADF : -EINVAL;
  }
  const size_t size = std::min<uint64_t>(call.args[3], kCopied);
  const std::unique_ptr<uint8_t[]> buffer(new (std::nothrow) uint8_t[size]);  // not zeroed
  if (!buffer) return -ENOMEM;
  int64_t total = 0;
  while (static_cast<uint64_t>(total) < call.args[3]) {
    const size_t wanted = std::min<uint64_t>(size, call.args[3] - static_cast<uint64_t>(total));
    const int64_t got = read_source(call, buffer.get(), wanted, has_position ? &position : nullptr);
    if (got <= 0) {
      if (total == 0) total = got;
      break;
    }
    if (static_cast<size_t>(got) > wanted) return -EIO;  // the host's answer
    Pieces from = Pieces::of_own({buffer.get(), static_cast<size_t>(got)});
    const int64_t sent = send(fd, *socket, from, 0);
    const int64_t taken = std::max<int64_t>(sent, 0);
    if (taken < got && !has_position) {
      perform_other(call, SYS_lseek, static_cast<uint64_t>(call.int_arg(1)), static_cast<uint64_t>(taken - got),
                    SEEK_CUR);
    }
    position += taken;
    total += taken;
    if (taken < got) {
      if (total == 0) total = sent;
      break;
    }
  }
  if (has_position && total > 0 && !write_app(call.args[2], position)) return -EFAULT;
  return total;
}

// EINVAL is what file systems and sockets without splice say: programs read and write instead.
Answer call_splice(Call& call) {
  for (int i = 0; i < 6; ++i) {
    if (call.row->args[i].kind != ArgKind::kFd) continue;
    Answer answer;
    if (shielded(call.int_arg(i), answer, true) || answer) return -EINVAL;
  }
  return std::nullopt;
}

}  // namespace redoubt::shim::net
