// SPDX-License-Identifier: Apache-2.0
#include "las/client.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <cstring>

#include "wire/las_protocol.h"

namespace redoubt::las {
namespace {

std::unexpected<Error> failed(const std::string& what) {
  return fail(ErrorCode::kFailed, what + ": " + std::strerror(errno));
}

Result<Bytes, Error> receive(const Descriptor& connection) {
  Bytes packet(wire::kLasLargestPacket);
  ssize_t size;
  do {
    size = recv(connection.get(), packet.data(), packet.size(), MSG_TRUNC);
  } while (size < 0 && errno == EINTR);
  if (size < 0) return failed("LAS does not answer");
  if (size == 0) return fail(ErrorCode::kFailed, "LAS closed the connection");
  if (static_cast<size_t>(size) > packet.size())
    return fail(ErrorCode::kMalformed, "an answer that is too long for LAS");
  packet.resize(static_cast<size_t>(size));
  return packet;
}

// With this process's credentials.
Result<void, Error> send_request(const Descriptor& connection, const wire::LasRequest& request) {
  Bytes packet = wire::encode(request);
  iovec part{packet.data(), packet.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(ucred))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_CREDENTIALS;
  header->cmsg_len = CMSG_LEN(sizeof(ucred));
  const ucred own{getpid(), getuid(), getgid()};
  std::memcpy(CMSG_DATA(header), &own, sizeof(own));
  if (sendmsg(connection.get(), &message, MSG_NOSIGNAL) < 0) return failed("LAS takes no request");
  return {};
}

}  // namespace

Result<Descriptor, Error> connect_to_las(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) {
    return fail(ErrorCode::kFailed, "expected at most 107 bytes for the path of LAS's socket, found \"" + path + "\"");
  }
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  Descriptor connection(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  const timeval patience{10, 0};
  if (!connection || setsockopt(connection.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) != 0 ||
      setsockopt(connection.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) != 0 ||
      connect(connection.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return failed("cannot connect to LAS at \"" + path + "\"");
  }
  return connection;
}

Result<LasAnswer, Error> ask_las(const Descriptor& connection, const ByteArray<64>& report_data, bool debug) {
  Bytes packet = TRY(receive(connection));
  wire::LasChallenge challenge;
  // A refusal comes instead of the challenge; its first bytes are the length of no evidence, which is no version.
  if (wire::decode(packet, challenge) && challenge.version == wire::kLasVersion) {
    TRY_VOID(send_request(connection, {wire::kLasVersion, challenge.challenge, report_data, debug}));
    packet = TRY(receive(connection));
  }
  wire::LasReply reply;
  if (!wire::decode(packet, reply)) {
    return fail(ErrorCode::kMalformed, "expected an answer of LAS, version 1, found something else");
  }
  const wire::Problem& problem = reply.problem;
  return LasAnswer{Bytes(reply.evidence.begin(), reply.evidence.end()),
                   std::string(problem.check),
                   std::string(problem.expected),
                   std::string(problem.actual),
                   std::string(problem.remedy),
                   std::string(reply.platform)};
}

}  // namespace redoubt::las
