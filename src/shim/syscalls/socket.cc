// SPDX-License-Identifier: Apache-2.0
//
// socket(2) and socketpair(2) by family. A family that nobody has looked at does not exist (EAFNOSUPPORT, as on a
// kernel built without it): AF_ALG and AF_VSOCK carry plaintext to the host by design, AF_PACKET sees everybody's.
// Within the families that exist, only the transports that the socket shield can cover do.
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>

#include "shim/syscalls/call.h"
#include "shim/syscalls/command.h"
#include "shim/syscalls/reasons.h"

namespace redoubt::shim {
namespace {

using commands::handled;
using commands::passed;

constexpr int kTypeMask = 0xf;
constexpr int kEndOfProtocols = 263;  // IPPROTO_MAX of linux/in.h: Multipath TCP is the last

// TCP, UDP and unprivileged ICMP echo. Multipath TCP is TCP that no shield has seen: Go asks for it first, and falls
// back on this errno as it does on a kernel without it.
int64_t open_internet_socket(Call& call) {
  const int type = call.int_arg(1) & kTypeMask;
  const int protocol = call.int_arg(2);
  if (type == SOCK_RAW || type == SOCK_PACKET) return -EPERM;
  if (protocol < 0 || protocol >= kEndOfProtocols) return -EINVAL;
  switch (protocol) {
    case IPPROTO_IP:
    case IPPROTO_TCP:
    case IPPROTO_UDP:
    case IPPROTO_UDPLITE:
    case IPPROTO_ICMP:
    case IPPROTO_ICMPV6: return pass(call);
    default: return -EPROTONOSUPPORT;
  }
}

// Only the routing table, which every program that lists interfaces reads.
int64_t open_netlink_socket(Call& call) { return call.int_arg(2) == NETLINK_ROUTE ? pass(call) : -EPROTONOSUPPORT; }

constexpr Command kFamilies[] = {
    passed(AF_UNIX, "AF_UNIX", "in the clear: what a unix socket carries"),
    handled(AF_INET, "AF_INET", open_internet_socket, "by type and protocol"),
    handled(AF_INET6, "AF_INET6", open_internet_socket, "by type and protocol"),
    handled(AF_NETLINK, "AF_NETLINK", open_netlink_socket, "by protocol"),
};
static_assert(is_whole(kFamilies));

}  // namespace

constinit const CommandTable kSocketFamilies = command_table(kFamilies, EAFNOSUPPORT);

}  // namespace redoubt::shim
