// SPDX-License-Identifier: Apache-2.0
//
// Socket addresses as --trace writes them. inet_ntop would print the same, and bring stdio and its locale with it.
#include <arpa/inet.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cstring>

#include "shim/memory/app_memory.h"
#include "shim/syscalls/trace_values.h"

namespace redoubt::shim {
namespace {

void put_ipv4(TextBuilder& out, const uint8_t (&bytes)[4]) {
  out.append('"');
  for (int index = 0; index < 4; ++index) out.append(index > 0 ? "." : "").decimal(bytes[index]);
  out.append('"');
}

// RFC 5952: lower case, and "::" for the first longest run of two or more zero groups.
void put_ipv6(TextBuilder& out, const uint8_t (&bytes)[16]) {
  uint16_t groups[8];
  for (size_t index = 0; index < 8; ++index) {
    groups[index] = static_cast<uint16_t>(bytes[2 * index] << 8 | bytes[2 * index + 1]);
  }
  int run_start = -1;
  int run_length = 1;
  for (int index = 0; index < 8; ++index) {
    int end = index;
    while (end < 8 && groups[end] == 0) ++end;
    if (end - index > run_length) {
      run_start = index;
      run_length = end - index;
    }
  }
  out.append('"');
  for (int index = 0; index < 8; ++index) {
    if (index == run_start) {
      out.append("::");
      index += run_length - 1;
      continue;
    }
    const bool after_run = run_start >= 0 && index == run_start + run_length;
    if (index > 0 && !after_run) out.append(':');
    out.hex_digits(groups[index]);
  }
  out.append('"');
}

// A path in the file system, or, after a NUL, a name in the abstract namespace that may hold any byte.
void put_unix(TextBuilder& out, const char* path, size_t size) {
  out.append("{sa_family=AF_UNIX");
  if (size > 0 && path[0] == '\0') {
    out.append(", sun_path=@").quoted({path + 1, size - 1});
  } else if (size > 0) {
    out.append(", sun_path=").quoted({path, strnlen(path, size)});
  }
  out.append('}');
}

}  // namespace

void put_sockaddr(TextBuilder& out, uint64_t address, uint64_t size) {
  union {
    sockaddr_storage storage;
    sockaddr_in inet;
    sockaddr_in6 inet6;
    sockaddr_un unix_path;
    sockaddr_nl netlink;
  } socket;
  size = std::min<uint64_t>(size, sizeof(socket));
  if (size < sizeof(sa_family_t) || address == 0 || !copy_from_app(&socket, address, size)) {
    put_address(out, address);
    return;
  }
  const sa_family_t family = socket.storage.ss_family;
  if (family == AF_UNIX) {
    put_unix(out, socket.unix_path.sun_path, size - offsetof(sockaddr_un, sun_path));
  } else if (family == AF_INET && size >= sizeof(sockaddr_in)) {
    out.append("{sa_family=AF_INET, sin_port=htons(").decimal(ntohs(socket.inet.sin_port)).append("), sin_addr=");
    uint8_t bytes[4];
    std::memcpy(bytes, &socket.inet.sin_addr, sizeof(bytes));
    put_ipv4(out, bytes);
    out.append('}');
  } else if (family == AF_INET6 && size >= sizeof(sockaddr_in6)) {
    out.append("{sa_family=AF_INET6, sin6_port=htons(").decimal(ntohs(socket.inet6.sin6_port));
    put_ipv6(out.append("), sin6_addr="), socket.inet6.sin6_addr.s6_addr);
    out.append('}');
  } else if (family == AF_NETLINK && size >= sizeof(sockaddr_nl)) {
    out.append("{sa_family=AF_NETLINK, nl_pid=").decimal(socket.netlink.nl_pid).append(", nl_groups=");
    out.decimal(socket.netlink.nl_groups).append('}');
  } else {
    out.append("{sa_family=").decimal(family).append(", ...}");
  }
}

}  // namespace redoubt::shim
