// SPDX-License-Identifier: Apache-2.0
#include "shim/files/passed_descriptors.h"

#include <fcntl.h>
#include <sys/syscall.h>

#include <algorithm>

#include "shim/abi/restart.h"
#include "shim/files/control_messages.h"
#include "shim/files/special_descriptors.h"
#include "shim/files/window.h"
#include "shim/gate/gate.h"
#include "shim/memory/app_memory.h"
#include "shim/memory/scratch.h"
#include "shim/process/thread.h"
#include "shim/syscalls/call.h"

namespace redoubt::shim::passed_descriptors {
namespace {

constexpr size_t kMostSent = size_t{1} << 20;       // bytes; net.core.optmem_max is far lower
constexpr size_t kMostReceived = size_t{16} << 10;  // more than all kinds of control messages together
constexpr uint32_t kMostMessages = 1024;            // UIO_MAXIOV

}  // namespace

Result<Control> copy(const msghdr& message) {
  if (message.msg_controllen > kMostSent) return fail(ENOBUFS);
  Control control(message.msg_controllen);
  if (!copy_from_app(control.data(), gate::address_of(message.msg_control), control.size())) return fail(EFAULT);
  return control;
}

Result<void> may_pass(std::span<const uint8_t> control) {
  for (const int fd : descriptors_in(control)) {
    if (window::contains(fd)) return fail(EBADF);
    if (special::is_ours(fd)) return fail(EPERM);
  }
  return {};
}

namespace {

struct Incoming {
  msghdr given{};   // as the program has it
  Control control;  // where the kernel writes
};

// The number stays taken, by a file in which there is nothing: the program may use what it believes to have got.
void make_empty(int fd) {
  const int64_t flags = gate::call(SYS_fcntl, static_cast<uint64_t>(fd), F_GETFD);
  const uint64_t close_on_exec = !is_error(flags) && (flags & FD_CLOEXEC) != 0 ? O_CLOEXEC : 0;
  const auto empty = special::memory_file("received");
  const bool is_replaced =
      empty && special::seal(empty->get()) &&
      !is_error(gate::call(SYS_dup3, static_cast<uint64_t>(empty->get()), static_cast<uint64_t>(fd), close_on_exec));
  if (!is_replaced) gate::call(SYS_close, static_cast<uint64_t>(fd));
}

void take(std::span<const uint8_t> control, void (*adopt)(int fd)) {
  for (const int fd : descriptors_in(control)) {
    if (window::contains(fd)) continue;  // no answer of an honest kernel
    if (special::is_ours(fd)) make_empty(fd);
    if (adopt != nullptr) adopt(fd);
  }
}

// What the kernel wrote, to where the program wants it. Where that cannot be written the descriptors are not the program's, as
// scm_detach_fds has it.
void give_control(Incoming& message, msghdr& got) {
  const size_t size = std::min(got.msg_controllen, message.control.size());
  if (size == 0 || copy_to_app(gate::address_of(message.given.msg_control), message.control.data(), size)) return;
  for (const int fd : descriptors_in({message.control.data(), size})) {
    if (!window::contains(fd)) gate::call(SYS_close, static_cast<uint64_t>(fd));
  }
  message.control.clear();
  got.msg_controllen = 0;
  got.msg_flags |= MSG_CTRUNC;
}

// Fields that the kernel sets. `at`: of the program's msghdr.
bool give_header(uint64_t at, const msghdr& given, const msghdr& got) {
  return (given.msg_name == nullptr || write_app(at + offsetof(msghdr, msg_namelen), got.msg_namelen)) &&
         write_app(at + offsetof(msghdr, msg_controllen), got.msg_controllen) &&
         write_app(at + offsetof(msghdr, msg_flags), got.msg_flags);
}

bool prepare(uint64_t at, Incoming& message, msghdr& ours) {
  if (!read_app(message.given, at)) return false;
  ours = message.given;
  if (ours.msg_control == nullptr) return true;
  message.control.resize(std::min(ours.msg_controllen, kMostReceived));
  ours.msg_control = message.control.data();
  ours.msg_controllen = message.control.size();
  return true;
}

// A message whose bytes could not be written may have brought descriptors all the same: the kernel has installed them, and tells
// no length. The buffer was all zeros.
size_t size_written(std::span<const uint8_t> control) {
  ControlMessages messages(control);
  while (messages.next()) {
  }
  return messages.size();
}

void take_of_failed(Incoming& message, void (*adopt)(int fd)) {
  msghdr got{};
  got.msg_controllen = size_written(message.control);
  give_control(message, got);
  take({message.control.data(), std::min<size_t>(got.msg_controllen, message.control.size())}, adopt);
}

bool finish(uint64_t at, Incoming& message, msghdr& got, void (*adopt)(int fd)) {
  give_control(message, got);
  take({message.control.data(), std::min<size_t>(got.msg_controllen, message.control.size())}, adopt);
  return give_header(at, message.given, got);
}

int64_t receive_one(Call& call, void (*adopt)(int fd)) {
  Incoming message;
  msghdr ours;
  if (!prepare(call.args[1], message, ours)) return -EFAULT;
  const int64_t result = pass_with(call, call.args[0], gate::address_of(&ours), call.args[2]);
  if (abi::is_restart(result)) return result;
  if (is_error(result)) {
    take_of_failed(message, adopt);
    return result;
  }
  return finish(call.args[1], message, ours, adopt) ? result : -EFAULT;
}

int64_t receive_many(Call& call, void (*adopt)(int fd)) {
  auto count = std::min(static_cast<uint32_t>(call.args[2]), kMostMessages);
  std::vector<Incoming> messages(count);
  std::vector<mmsghdr> ours(count);
  const auto at = [&](uint32_t i) { return call.args[1] + i * sizeof(mmsghdr); };
  for (uint32_t i = 0; i < count; ++i) {
    if (prepare(at(i), messages[i], ours[i].msg_hdr)) continue;
    if (i == 0) return -EFAULT;
    count = i;
  }
  const int64_t result =
      pass_with(call, call.args[0], gate::address_of(ours.data()), count, call.args[3], call.args[4]);
  if (abi::is_restart(result)) return result;
  const auto done = static_cast<uint32_t>(std::clamp<int64_t>(result, 0, count));
  bool is_given = true;
  for (uint32_t i = 0; i < done; ++i) {
    is_given = finish(at(i), messages[i], ours[i].msg_hdr, adopt) && is_given;
    is_given = write_app(at(i) + offsetof(mmsghdr, msg_len), ours[i].msg_len) && is_given;
  }
  if (done < count) take_of_failed(messages[done], adopt);
  return is_given ? result : -EFAULT;
}

}  // namespace

int64_t receive(Call& call, void (*adopt)(int fd)) {
  const ScratchScope scratch(call.thread.shares_memory);
  return call.number == SYS_recvmmsg ? receive_many(call, adopt) : receive_one(call, adopt);
}

}  // namespace redoubt::shim::passed_descriptors
