// SPDX-License-Identifier: Apache-2.0
//
// Rows of the socket calls. Which families, types and options exist at all is decided in socket.cc and sockopt.cc; what
// an existing socket carries passes until src/tls shields it.
#pragma once

#include "shim/syscalls/names/network.h"
#include "shim/syscalls/rows/dsl.h"

namespace redoubt::shim::rows {

// clang-format off
constexpr Row kNetworkRows[] = {
    handled(nr::socket, "socket", sys_by_command, "known families pass, others are unknown (socket.cc)", kFd,
            command("domain", kSocketFamilies), flags("type", kSocketTypes), integer("protocol")),
    handled(nr::socketpair, "socketpair", sys_by_command, "known families pass, others are unknown (socket.cc)", kInt,
            command("domain", kSocketFamilies), flags("type", kSocketTypes), integer("protocol"),
            out("sv", 8, kIntPair)),
    passed(nr::bind, "bind", reason::kEndpoint, kInt, fd("sockfd"), sockaddr_in("addr", 2), uint("addrlen")),
    passed(nr::connect, "connect", reason::kEndpoint, kInt, fd("sockfd"), sockaddr_in("addr", 2), uint("addrlen")),
    passed(nr::listen, "listen", reason::kEndpoint, kInt, fd("sockfd"), integer("backlog")),
    passed(nr::accept, "accept", reason::kEndpoint, kFd,
           fd("sockfd"), sockaddr_out("addr", 2), inout("addrlen", 4, kInt32)),
    passed(nr::accept4, "accept4", reason::kEndpoint, kFd,
           fd("sockfd"), sockaddr_out("addr", 2), inout("addrlen", 4, kInt32), flags("flags", kAcceptFlags)),
    passed(nr::getsockname, "getsockname", reason::kEndpoint, kInt,
           fd("sockfd"), sockaddr_out("addr", 2), inout("addrlen", 4, kInt32)),
    passed(nr::getpeername, "getpeername", reason::kEndpoint, kInt,
           fd("sockfd"), sockaddr_out("addr", 2), inout("addrlen", 4, kInt32)),
    passed(nr::shutdown, "shutdown", reason::kEndpoint, kInt, fd("sockfd"), choice("how", kShutdownHow)),
    handled(nr::setsockopt, "setsockopt", sys_by_command, "known options pass, others are unknown (sockopt.cc)", kInt,
            fd("sockfd"), choice("level", kOptionLevels), command("optname", kSocketOptions),
            shown_as(kInt32, bytes_in("optval", 4)), uint("optlen")),
    handled(nr::getsockopt, "getsockopt", sys_by_command, "known options pass, others are unknown (sockopt.cc)", kInt,
            fd("sockfd"), choice("level", kOptionLevels), command("optname", kSocketOptions),
            shown_as(kInt32, bytes_out_pointed("optval", 4)), inout("optlen", 4, kInt32)),

    passed(nr::sendto, "sendto", reason::kClearSockets, kSize,
           fd("sockfd"), bytes_in("buf", 2), size("len"), flags("flags", kMessageFlags), sockaddr_in("dest_addr", 5),
           uint("addrlen")),
    passed(nr::recvfrom, "recvfrom", reason::kClearSockets, kSize,
           fd("sockfd"), bytes_out("buf", 2), size("len"), flags("flags", kMessageFlags), sockaddr_out("src_addr", 5),
           inout("addrlen", 4, kInt32)),
    passed(nr::sendmsg, "sendmsg", reason::kClearSockets, kSize,
           fd("sockfd"), msghdr("msg", kIn), flags("flags", kMessageFlags)),
    passed(nr::recvmsg, "recvmsg", reason::kClearSockets, kSize,
           fd("sockfd"), msghdr("msg", kOut), flags("flags", kMessageFlags)),
    passed(nr::sendmmsg, "sendmmsg", reason::kClearSockets, kInt,
           fd("sockfd"), mmsghdr("msgvec", kIn, 2), uint("vlen"), flags("flags", kMessageFlags)),
    passed(nr::recvmmsg, "recvmmsg", reason::kClearSockets, kInt,
           fd("sockfd"), mmsghdr("msgvec", kOut, 2), uint("vlen"), flags("flags", kMessageFlags),
           inout("timeout", 16, kTimespec)),
};
// clang-format on

}  // namespace redoubt::shim::rows
