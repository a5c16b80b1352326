// SPDX-License-Identifier: Apache-2.0
//
// What the kernel says of a descriptor before it looks at the rest of a call, for calls whose rest the host is not asked about: 0, or
// -EBADF, -ENOTSOCK.
#pragma once

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstdint>

#include "shim/gate/gate.h"

namespace redoubt::gate {

// Of a call that takes no O_PATH descriptor, as F_GETSIG.
inline int64_t refusal_of_descriptor(int fd) {
  return call(SYS_fcntl, static_cast<uint64_t>(fd), F_GETSIG) == -EBADF ? -EBADF : 0;
}

inline int64_t refusal_of_socket(int fd) {
  int type = 0;
  socklen_t size = sizeof(type);
  const int64_t known =
      call(SYS_getsockopt, static_cast<uint64_t>(fd), SOL_SOCKET, SO_TYPE, address_of(&type), address_of(&size));
  return known == -EBADF || known == -ENOTSOCK ? known : 0;
}

}  // namespace redoubt::gate
