// SPDX-License-Identifier: Apache-2.0
//
// The table of calls that the network shield has a say in, and the children that share the parent's memory but not its
// descriptors: between vfork and exec nobody serves connections, so these may do with descriptors what they like, and move bytes
// over no internet socket (EIO).
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>

#include "shim/abi/numbers.h"
#include "shim/gate/gate.h"
#include "shim/memory/app_memory.h"
#include "shim/net/calls.h"
#include "shim/net/log.h"
#include "shim/net/shield.h"
#include "shim/net/timeout.h"
#include "shim/net/waits.h"
#include "shim/process/thread.h"

namespace redoubt::shim::net {

constinit bool active = false;

namespace {

namespace nr = abi::nr;

enum class InVfork : uint8_t {
  kPass,    // numbers only
  kRefuse,  // EACCES: addresses
  kMoves,   // bytes: EIO on internet sockets
};

struct Entry {
  uint16_t number;
  Answer (*perform)(Call&);
  InVfork in_vfork;
};

// clang-format off
constexpr Entry kEntries[] = {
    {nr::read,         call_read,          InVfork::kMoves},
    {nr::readv,        call_read,          InVfork::kMoves},
    {nr::preadv2,      call_read,          InVfork::kMoves},
    {nr::write,        call_write,         InVfork::kMoves},
    {nr::writev,       call_write,         InVfork::kMoves},
    {nr::pwritev2,     call_write,         InVfork::kMoves},
    {nr::recvfrom,     call_receive,       InVfork::kMoves},
    {nr::recvmsg,      call_receive,       InVfork::kMoves},
    {nr::recvmmsg,     call_receive_many,  InVfork::kMoves},
    {nr::sendto,       call_send,          InVfork::kMoves},
    {nr::sendmsg,      call_send,          InVfork::kMoves},
    {nr::sendmmsg,     call_send_many,     InVfork::kMoves},
    {nr::sendfile,     call_sendfile,      InVfork::kMoves},
    {nr::splice,       call_splice,        InVfork::kMoves},
    {nr::tee,          call_splice,        InVfork::kMoves},
    {nr::vmsplice,     call_splice,        InVfork::kMoves},

    {nr::socket,       call_socket,        InVfork::kRefuse},
    {nr::bind,         call_bind,          InVfork::kRefuse},
    {nr::listen,       call_listen,        InVfork::kRefuse},
    {nr::connect,      call_connect,       InVfork::kRefuse},
    {nr::accept,       call_accept,        InVfork::kRefuse},
    {nr::accept4,      call_accept,        InVfork::kRefuse},
    {nr::shutdown,     call_shutdown,      InVfork::kMoves},
    {nr::setsockopt,   call_setsockopt,    InVfork::kPass},
    {nr::getsockopt,   call_getsockopt,    InVfork::kPass},
    {nr::ioctl,        call_ioctl,         InVfork::kPass},
    {nr::fcntl,        call_fcntl,         InVfork::kPass},

    {nr::close,        call_close,         InVfork::kPass},
    {nr::close_range,  call_close_range,   InVfork::kPass},
    {nr::dup,          call_dup,           InVfork::kPass},
    {nr::dup2,         call_dup_to,        InVfork::kPass},
    {nr::dup3,         call_dup_to,        InVfork::kPass},

    {nr::epoll_create,  call_epoll_create, InVfork::kPass},
    {nr::epoll_create1, call_epoll_create, InVfork::kPass},
    {nr::epoll_ctl,    call_epoll_ctl,     InVfork::kPass},
    {nr::epoll_wait,   call_epoll_wait,    InVfork::kPass},
    {nr::poll,         call_poll,          InVfork::kPass},
    {nr::select,       call_select,        InVfork::kPass},
};
// clang-format on

constexpr auto kIndex = [] {
  std::array<int8_t, kTableSize> index{};
  for (auto& entry : index) entry = -1;
  for (size_t i = 0; i < std::size(kEntries); ++i) index[kEntries[i].number] = static_cast<int8_t>(i);
  return index;
}();

bool is_internet(int domain) { return domain == AF_INET || domain == AF_INET6; }

Answer in_vfork_child(Call& call, InVfork rule) {
  if (rule == InVfork::kPass) return std::nullopt;
  if (call.number == SYS_socket) return is_internet(call.int_arg(0)) ? Answer(-EACCES) : std::nullopt;
  for (int i = 0; i < 6; ++i) {
    if (call.row->args[i].kind != ArgKind::kFd) continue;
    if (is_internet(domain_of(call.int_arg(i)))) return rule == InVfork::kRefuse ? -EACCES : -EIO;
  }
  return std::nullopt;
}

}  // namespace

bool lists(uint64_t number) {
  constexpr uint64_t kWithMasks[] = {nr::ppoll, nr::pselect6, nr::epoll_pwait, nr::epoll_pwait2};  // hooks.h
  return (number < kTableSize && kIndex[number] >= 0) || std::ranges::find(kWithMasks, number) != std::end(kWithMasks);
}

std::optional<int64_t> intercept(Call& call) {
  const int8_t index = kIndex[call.number];
  if (index < 0) return std::nullopt;
  const Entry& entry = kEntries[index];
  if (call.thread.shares_memory) [[unlikely]]
    return in_vfork_child(call, entry.in_vfork);
  return entry.perform(call);
}

// ---- Waits with a signal mask (hooks.h). ----

namespace {

// A timespec of the program as nanoseconds, or -errno.
int64_t nanoseconds_at(uint64_t at, int64_t& nanoseconds) {
  nanoseconds = Timeout::kForever;
  if (at == 0) return 0;
  timespec time;
  if (!read_app(time, at)) return -EFAULT;
  if (time.tv_sec < 0 || time.tv_nsec < 0 || time.tv_nsec >= 1000000000) return -EINVAL;
  constexpr int64_t kLongest = int64_t{1} << 32;
  nanoseconds = std::min<int64_t>(time.tv_sec, kLongest) * 1000000000 + time.tv_nsec;
  return 0;
}

void give_rest(uint64_t at, int64_t left) {
  if (at == 0) return;
  (void)write_app(at, timespec{.tv_sec = left / 1000000000, .tv_nsec = left % 1000000000});
}

}  // namespace

Answer masked_ppoll(Call& call, uint64_t mask) {
  if (call.thread.shares_memory) return std::nullopt;
  int64_t nanoseconds;
  if (const int64_t problem = nanoseconds_at(call.args[2], nanoseconds); problem != 0) return problem;
  int64_t left = 0;
  const Answer result = wait_poll(call.args[0], static_cast<uint32_t>(call.args[1]), nanoseconds, mask, &left);
  if (result) give_rest(call.args[2], left);
  return result;
}

Answer masked_pselect6(Call& call, uint64_t mask) {
  if (call.thread.shares_memory) return std::nullopt;
  int64_t nanoseconds;
  if (const int64_t problem = nanoseconds_at(call.args[4], nanoseconds); problem != 0) return problem;
  int64_t left = 0;
  const Answer result =
      wait_select(call.int_arg(0), {{call.args[1], call.args[2], call.args[3]}}, nanoseconds, mask, &left);
  if (result) give_rest(call.args[4], left);
  return result;
}

Answer masked_epoll_pwait(Call& call, uint64_t mask) {
  if (call.thread.shares_memory || !table::may_be(call.int_arg(0))) return std::nullopt;
  if (call.number == SYS_epoll_pwait) {
    const int milliseconds = call.int_arg(3);
    return wait_epoll(call.int_arg(0), call.args[1], call.int_arg(2),
                      milliseconds < 0 ? Timeout::kForever : int64_t{milliseconds} * 1000000, false, mask);
  }
  int64_t nanoseconds;
  if (const int64_t problem = nanoseconds_at(call.args[3], nanoseconds); problem != 0) return problem;
  return wait_epoll(call.int_arg(0), call.args[1], call.int_arg(2), nanoseconds, true, mask);
}

}  // namespace redoubt::shim::net
