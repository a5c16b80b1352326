// SPDX-License-Identifier: Apache-2.0
//
// Names of the constants of socket calls. Families and socket options are commands: socket.cc, sockopt.cc.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include "shim/syscalls/names/name_table.h"

namespace redoubt::shim::names {

inline constexpr NamedValue kSocketTypesValues[] = {
    REDOUBT_NAME(SOCK_STREAM), REDOUBT_NAME(SOCK_DGRAM),     REDOUBT_NAME(SOCK_RAW),
    REDOUBT_NAME(SOCK_RDM),    REDOUBT_NAME(SOCK_SEQPACKET), REDOUBT_NAME(SOCK_DCCP),
    REDOUBT_NAME(SOCK_PACKET), REDOUBT_NAME(SOCK_CLOEXEC),   REDOUBT_NAME(SOCK_NONBLOCK),
};
inline constexpr NameTable kSocketTypes = table_of(kSocketTypesValues, 0xf);

inline constexpr NamedValue kAcceptFlagsValues[] = {
    REDOUBT_NAME(SOCK_CLOEXEC),
    REDOUBT_NAME(SOCK_NONBLOCK),
};
inline constexpr NameTable kAcceptFlags = table_of(kAcceptFlagsValues);

// Of the internet families; another family numbers its own.
inline constexpr NamedValue kProtocolsValues[] = {
    REDOUBT_NAME(IPPROTO_IP),   REDOUBT_NAME(IPPROTO_ICMP),   REDOUBT_NAME(IPPROTO_TCP),  REDOUBT_NAME(IPPROTO_UDP),
    REDOUBT_NAME(IPPROTO_IPV6), REDOUBT_NAME(IPPROTO_ICMPV6), REDOUBT_NAME(IPPROTO_SCTP), REDOUBT_NAME(IPPROTO_UDPLITE),
    REDOUBT_NAME(IPPROTO_RAW),  REDOUBT_NAME(IPPROTO_MPTCP),
};
inline constexpr NameTable kProtocols = table_of(kProtocolsValues);

inline constexpr NamedValue kOptionLevelsValues[] = {
    REDOUBT_NAME(SOL_SOCKET),  REDOUBT_NAME(IPPROTO_IP),   REDOUBT_NAME(IPPROTO_TCP),
    REDOUBT_NAME(IPPROTO_UDP), REDOUBT_NAME(IPPROTO_IPV6), REDOUBT_NAME(IPPROTO_ICMPV6),
    REDOUBT_NAME(SOL_RAW),     REDOUBT_NAME(SOL_NETLINK),  {282, "SOL_TLS"},
};
inline constexpr NameTable kOptionLevels = table_of(kOptionLevelsValues);

inline constexpr NamedValue kMessageFlagsValues[] = {
    REDOUBT_NAME(MSG_OOB),          REDOUBT_NAME(MSG_PEEK),     REDOUBT_NAME(MSG_DONTROUTE), REDOUBT_NAME(MSG_CTRUNC),
    REDOUBT_NAME(MSG_PROXY),        REDOUBT_NAME(MSG_TRUNC),    REDOUBT_NAME(MSG_DONTWAIT),  REDOUBT_NAME(MSG_EOR),
    REDOUBT_NAME(MSG_WAITALL),      REDOUBT_NAME(MSG_FIN),      REDOUBT_NAME(MSG_SYN),       REDOUBT_NAME(MSG_CONFIRM),
    REDOUBT_NAME(MSG_RST),          REDOUBT_NAME(MSG_ERRQUEUE), REDOUBT_NAME(MSG_NOSIGNAL),  REDOUBT_NAME(MSG_MORE),
    REDOUBT_NAME(MSG_WAITFORONE),   REDOUBT_NAME(MSG_BATCH),    REDOUBT_NAME(MSG_ZEROCOPY),  REDOUBT_NAME(MSG_FASTOPEN),
    REDOUBT_NAME(MSG_CMSG_CLOEXEC),
};
inline constexpr NameTable kMessageFlags = table_of(kMessageFlagsValues);

inline constexpr NamedValue kShutdownHowValues[] = {
    REDOUBT_NAME(SHUT_RD),
    REDOUBT_NAME(SHUT_WR),
    REDOUBT_NAME(SHUT_RDWR),
};
inline constexpr NameTable kShutdownHow = table_of(kShutdownHowValues);

}  // namespace redoubt::shim::names
