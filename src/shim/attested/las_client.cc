// SPDX-License-Identifier: Apache-2.0
#include "shim/attested/las_client.h"

#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include <cstring>

#include "shim/attested/deadline.h"
#include "shim/gate/gate.h"
#include "shim/gate/host_answer.h"
#include "shim/process/program_file.h"
#include "wire/las_protocol.h"

namespace redoubt::shim::attested {
namespace {

constexpr int64_t kMilliseconds = 10000;  // LAS hashes the runtime's file twice
constexpr char kCheckLas[] = "start LAS on this machine (`redoubt las start`), or name its socket with --las";

Result<OwnedFd> connect_to(std::string_view path) {
  sockaddr_un address{};
  if (path.empty() || path.size() >= sizeof(address.sun_path)) return fail(path.empty() ? ENOENT : ENAMETOOLONG);
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  OwnedFd socket(
      TRY(gate::descriptor_of(gate::call(SYS_socket, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0))));
  TRY(from_raw(
      gate::call(SYS_connect, static_cast<uint64_t>(socket.get()), gate::address_of(&address), sizeof(address))));
  return socket;
}

// One packet; the end of the connection is EPIPE.
Result<Bytes> receive(int fd, const Deadline& deadline) {
  Bytes packet(wire::kLasLargestPacket);
  TRY_VOID(deadline.wait(fd, POLLIN));
  const int64_t raw =
      gate::call(SYS_recvfrom, static_cast<uint64_t>(fd), gate::address_of(packet.data()), packet.size(), 0, 0, 0);
  const size_t size = TRY(gate::count_of(raw, packet.size()));
  if (size == 0) return fail(EPIPE);
  packet.resize(size);
  return packet;
}

// With the credentials that the kernel checks and LAS compares.
Result<void> send(int fd, ByteView packet) {
  const ucred credentials = {.pid = static_cast<pid_t>(gate::call(SYS_getpid)),
                             .uid = static_cast<uid_t>(gate::call(SYS_geteuid)),
                             .gid = static_cast<gid_t>(gate::call(SYS_getegid))};
  alignas(cmsghdr) uint8_t control[CMSG_SPACE(sizeof(ucred))] = {};
  iovec vector = {.iov_base = const_cast<uint8_t*>(packet.data()), .iov_len = packet.size()};
  msghdr message{};
  message.msg_iov = &vector;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_CREDENTIALS;
  header->cmsg_len = CMSG_LEN(sizeof(ucred));
  std::memcpy(CMSG_DATA(header), &credentials, sizeof(credentials));
  const int64_t raw = gate::call(SYS_sendmsg, static_cast<uint64_t>(fd), gate::address_of(&message), MSG_NOSIGNAL);
  if (TRY(gate::count_of(raw, packet.size())) != packet.size()) return fail(EMSGSIZE);
  return {};
}

std::unexpected<Failure> lost(std::string_view expected, Errno error) {
  return failed("las.exchange", std::string(expected), name_of(error), "see LAS's log");
}

}  // namespace

Outcome<Bytes> evidence_from_las(std::string_view socket_path, const ByteArray<64>& report_data, bool debug) {
  const auto socket = connect_to(socket_path);
  if (!socket) {
    return failed("las.connect", "LAS at the socket " + std::string(socket_path), name_of(socket.error()), kCheckLas);
  }
  const Deadline deadline = Deadline::in(kMilliseconds);
  const auto first = receive(socket->get(), deadline);
  if (!first) return lost("a challenge of LAS", first.error());
  wire::LasChallenge challenge;
  if (!wire::decode(*first, challenge) || challenge.version != wire::kLasVersion) {
    return lost("a challenge of LAS in the form of this version", as_errno(EBADMSG));
  }
  const wire::LasRequest request = {
      .version = wire::kLasVersion, .challenge = challenge.challenge, .report_data = report_data, .debug = debug};
  if (const auto sent = send(socket->get(), wire::encode(request)); !sent) {
    return lost("LAS to take a request", sent.error());
  }
  const auto second = receive(socket->get(), deadline);
  if (!second) return lost("evidence from LAS", second.error());
  wire::LasReply reply;
  if (!wire::decode(*second, reply)) return lost("evidence from LAS in the form of this version", as_errno(EBADMSG));
  if (reply.evidence.empty()) return refused(reply.problem, "LAS", kOwnFailure);
  return Bytes(reply.evidence.begin(), reply.evidence.end());
}

}  // namespace redoubt::shim::attested
