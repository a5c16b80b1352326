// SPDX-License-Identifier: Apache-2.0
//
// Addresses of AF_UNIX sockets that are paths: resolved like any path, and only below host directories, since a socket is always
// somebody else's: in a volume bind is EPERM, as on a file system without sockets (mknod(2)), and connect ECONNREFUSED.
// The kernel gets the canonical path, so that getsockname shows what the program would expect.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "shim/files/attested_calls.h"
#include "shim/files/host_path.h"
#include "shim/files/passed_descriptors.h"
#include "shim/files/permission.h"
#include "shim/files/volume_calls.h"
#include "shim/gate/gate.h"
#include "shim/memory/app_memory.h"
#include "shim/syscalls/shim_time.h"

namespace redoubt::shim::file_namespace {
namespace {

constexpr size_t kPathOffset = offsetof(sockaddr_un, sun_path);

// The address for the kernel, if `at` holds one with a path; nothing for every other address.
Result<std::optional<sockaddr_un>> translate(uint64_t at, uint64_t size, bool creates, size_t& new_size) {
  sockaddr_un address{};
  if (at == 0 || size <= kPathOffset || size > sizeof(address)) return std::nullopt;  // the kernel knows the errno
  if (!copy_from_app(&address, at, size)) return fail(EFAULT);
  if (address.sun_family != AF_UNIX || address.sun_path[0] == '\0') return std::nullopt;
  const std::string path(address.sun_path, strnlen(address.sun_path, size - kPathOffset));
  const Place place = TRY(place_of(AT_FDCWD, path, creates ? Follow::kNo : Follow::kYes));
  if (place.kind == PlaceKind::kMissing && !creates) return fail(ENOENT);
  if (place.kind != PlaceKind::kMissing && creates) return fail(EADDRINUSE);
  if (is_in_volume(place)) {
    if (creates) return fail(EPERM);
    TRY_VOID(permission::may(place.attributes, credentials(), W_OK));
    return fail(ECONNREFUSED);
  }
  const bool is_host = place.mount != kNoNode && state().tree.node(place.mount).kind == NodeKind::kHost;
  if (!is_host) return fail(creates ? EROFS : EACCES);
  if (place.host_path.size() >= sizeof(address.sun_path)) return fail(ENAMETOOLONG);
  std::memset(address.sun_path, 0, sizeof(address.sun_path));
  place.host_path.copy(address.sun_path, place.host_path.size());
  new_size = kPathOffset + place.host_path.size() + 1;
  return address;
}

}  // namespace

int64_t attested_bind(Call& call, const PathRule& rule) {
  size_t size = 0;
  const auto size_arg = static_cast<size_t>(rule.path) + 1;
  const auto address =
      translate(call.args[rule.path], static_cast<uint32_t>(call.args[size_arg]), call.number == SYS_bind, size);
  if (!address) return -number_of(address.error());
  const auto& translated = *address;
  if (!translated) return pass(call);
  uint64_t a[6];
  for (int i = 0; i < 6; ++i) a[i] = call.args[i];
  a[rule.path] = gate::address_of(&*translated);
  a[size_arg] = size;
  return pass_with(call, a[0], a[1], a[2], a[3], a[4], a[5]);
}

namespace {

// With a copy of its address and of its control messages, in which no descriptor of the shim's may be (passed_descriptors.h).
int64_t send_message(Call& call, uint64_t at, uint64_t flags) {
  msghdr message;
  if (!read_app(message, at)) return -EFAULT;
  sockaddr_storage given{};
  if (message.msg_name == nullptr) message.msg_namelen = 0;
  if (static_cast<int32_t>(message.msg_namelen) < 0) return -EINVAL;
  message.msg_namelen = std::min<socklen_t>(message.msg_namelen, sizeof(given));  // as __copy_msghdr
  if (!copy_from_app(&given, gate::address_of(message.msg_name), message.msg_namelen)) return -EFAULT;
  message.msg_name = message.msg_namelen > 0 ? &given : nullptr;
  size_t size = 0;
  auto address = translate(gate::address_of(message.msg_name), message.msg_namelen, false, size);
  if (!address) return -number_of(address.error());
  if (auto& translated = *address) {
    message.msg_name = &*translated;
    message.msg_namelen = static_cast<socklen_t>(size);
  }
  passed_descriptors::Control control;
  if (message.msg_control != nullptr) {
    auto copied = passed_descriptors::copy(message);
    if (!copied) return -number_of(copied.error());
    control = *std::move(copied);
    if (const auto allowed = passed_descriptors::may_pass(control); !allowed) return -number_of(allowed.error());
    message.msg_control = control.data();
  }
  return host_for_program(SYS_sendmsg, call.args[0], gate::address_of(&message), flags);
}

}  // namespace

int64_t attested_sendmsg(Call& call, const PathRule&) { return send_message(call, call.args[1], call.args[2]); }

// One by one, as the kernel does: an error ends the batch, and is told when nothing was sent.
int64_t attested_sendmmsg(Call& call, const PathRule&) {
  const auto count = std::min<uint32_t>(static_cast<uint32_t>(call.args[2]), 1024);  // UIO_MAXIOV
  for (uint32_t i = 0; i < count; ++i) {
    const uint64_t at = call.args[1] + i * sizeof(mmsghdr);
    const int64_t sent = send_message(call, at, call.args[3]);
    if (sent < 0) return i > 0 ? i : sent;
    if (!write_app(at + offsetof(mmsghdr, msg_len), static_cast<unsigned>(sent))) return i > 0 ? i : -EFAULT;
  }
  return count;
}

}  // namespace redoubt::shim::file_namespace
