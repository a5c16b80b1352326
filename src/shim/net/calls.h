// SPDX-License-Identifier: Apache-2.0
//
// Calls of the program that the network shield has a say in, one function each: the result, or nothing when the row decides.
// intercept.cc has the table.
#pragma once

#include <cstdint>
#include <optional>

#include "shim/net/description.h"
#include "shim/net/pieces.h"
#include "shim/syscalls/call.h"

namespace redoubt::shim::net {

using Answer = std::optional<int64_t>;

// ---- sockets.cc, accept.cc, connect.cc: which address, which rule ----
Answer call_socket(Call& call);
Answer call_bind(Call& call);
Answer call_listen(Call& call);
Answer call_accept(Call& call);
Answer call_connect(Call& call);
Answer call_shutdown(Call& call);

// ---- transfers.cc: bytes ----
Answer call_read(Call& call);
Answer call_write(Call& call);

// ---- messages.cc, sendfile.cc ----
Answer call_receive(Call& call);
Answer call_send(Call& call);
Answer call_receive_many(Call& call);
Answer call_send_many(Call& call);
Answer call_sendfile(Call& call);
Answer call_splice(Call& call);

// ---- options.cc ----
Answer call_setsockopt(Call& call);
Answer call_getsockopt(Call& call);
Answer call_ioctl(Call& call);
Answer call_fcntl(Call& call);

// ---- descriptors.cc ----
Answer call_close(Call& call);
Answer call_close_range(Call& call);
Answer call_dup(Call& call);
Answer call_dup_to(Call& call);

// ---- epoll.cc, epoll_wait.cc, poll.cc ----
Answer call_epoll_create(Call& call);
Answer call_epoll_ctl(Call& call);
Answer call_epoll_wait(Call& call);
Answer call_poll(Call& call);
Answer call_select(Call& call);

// ---- what they share ----

// The last descriptor of this process goes: close_notify, bounded.
void end_description(const Reference& description, int fd);
// -EIO, and a line the first time.
int64_t lost(int fd, Description& description);
// A descriptor the program must not have.
int64_t close_and_fail(int fd, int error);

// One transfer on a shielded connection, waiting as the program asked. Used by every call that moves bytes.
int64_t receive(int fd, Description& description, Pieces& to, int flags);
int64_t send(int fd, Description& description, Pieces& from, int flags);

// The shielded connection behind an argument. Null: not one, or `answer` says what the call returns. `sends`: the call gives the
// kernel bytes, which on a socket that another process has too must not go where they may not any more.
Reference shielded(int fd, Answer& answer, bool sends);
// What a sending call says for such an answer. As tcp_sendmsg on a socket that is not connected: EPIPE with its signal.
Answer answer_of_send(Answer answer, int flags);

// What an internet socket is of which nobody knows where it comes from (another process, the start, exec by a vfork child).
// Nothing: it is none, or of datagrams that may go where they go.
struct Strange {
  Kind kind = Kind::kLost;
  int rule = -1;
};
std::optional<Strange> classify(int fd);
uint64_t inode_of(int fd);  // 0: not open
int domain_of(int fd);      // AF_INET...; AF_UNSPEC: no socket
bool is_internet(int fd);   // AF_INET or AF_INET6
int type_of(int fd);        // SOCK_STREAM...; -1: no socket
int state_of(int fd);       // TCP_CLOSE...; -1: no TCP

// A wildcard address as a destination becomes the one that the kernel would take it for, here and for the kernel: what is looked at
// is where it goes.
void make_explicit(int fd, Address& address, sockaddr_storage& storage);

// A descriptor that the program has and the table does not.
void adopt(int fd);

}  // namespace redoubt::shim::net
