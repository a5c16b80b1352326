// SPDX-License-Identifier: Apache-2.0
#include "las/exchange.h"

#include <sys/random.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cstring>

#include "crypto/constant_time.h"
#include "crypto/hex.h"
#include "las/log.h"
#include "wire/las_protocol.h"

namespace redoubt::las {
namespace {

constexpr const char* kReadProtocol = "speak version 1 of Redoubt's LAS protocol; use a runtime of the same release";

struct Received {
  Bytes packet;
  ucred credentials{};
};

// The credentials of the sender; descriptors that came along are closed.
bool take_credentials(msghdr& message, ucred& credentials) {
  bool found = false;
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET) continue;
    if (part->cmsg_type == SCM_CREDENTIALS && part->cmsg_len == CMSG_LEN(sizeof(ucred))) {
      std::memcpy(&credentials, CMSG_DATA(part), sizeof(credentials));
      found = true;
    } else if (part->cmsg_type == SCM_RIGHTS) {
      for (size_t offset = 0; offset + sizeof(int) <= part->cmsg_len - CMSG_LEN(0); offset += sizeof(int)) {
        int fd;
        std::memcpy(&fd, CMSG_DATA(part) + offset, sizeof(fd));
        close(fd);
      }
    }
  }
  return found;
}

Checked<Received> receive(const Descriptor& connection) {
  Received received;
  received.packet.resize(512);  // a request has 99 bytes
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(ucred))];
  iovec part{received.packet.data(), received.packet.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  ssize_t size;
  do {
    size = recvmsg(connection.get(), &message, MSG_CMSG_CLOEXEC);
  } while (size < 0 && errno == EINTR);
  if (size < 0 && errno == EAGAIN) {
    return refuse("request.timeout", "a request within " + std::to_string(kPatience) + " seconds of the challenge",
                  "none", "answer at once");
  }
  const bool credentials = size >= 0 && take_credentials(message, received.credentials);
  if (size <= 0) return refuse("request.format", "a request", "nothing", kReadProtocol);
  if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
    return refuse("request.format", "one request and its sender's credentials", "a longer packet, or descriptors",
                  kReadProtocol);
  }
  if (!credentials) {
    return refuse("request.credentials", "the sender's credentials", "none", "send them as SCM_CREDENTIALS");
  }
  received.packet.resize(static_cast<size_t>(size));
  return received;
}

// The sender is the process that was measured, and has seen the challenge.
Checked<wire::LasRequest> check_request(const Received& received, const Peer& peer, const wire::LasChallenge& sent) {
  wire::LasRequest request;
  if (!wire::decode(received.packet, request) || request.version != wire::kLasVersion) {
    return refuse("request.format", "a request of version 1",
                  std::to_string(received.packet.size()) + " bytes of something else", kReadProtocol);
  }
  const ucred& sender = received.credentials;
  if (sender.pid != peer.pid || sender.uid != peer.uid) {
    return refuse("request.credentials",
                  "process " + std::to_string(peer.pid) + " of user " + std::to_string(peer.uid) + ", which connected",
                  "process " + std::to_string(sender.pid) + " of user " + std::to_string(sender.uid),
                  "connect and ask from the same process");
  }
  if (!crypto::equal_in_constant_time(request.challenge, sent.challenge)) {
    return refuse("request.challenge", "the challenge of this connection", "another", "repeat the challenge");
  }
  return request;
}

bool send(const Descriptor& connection, const Bytes& packet, int flags = 0) {
  ssize_t sent;
  do {
    sent = ::send(connection.get(), packet.data(), packet.size(), MSG_NOSIGNAL | flags);
  } while (sent < 0 && errno == EINTR);
  return sent == static_cast<ssize_t>(packet.size());
}

void send_refusal(const Descriptor& connection, const attest::EvidenceSource& source, const Finding& why, int flags) {
  const std::string platform = source.description();
  const wire::LasReply reply{{}, {why.check, why.expected, why.actual, why.remedy}, platform};
  static_cast<void>(send(connection, wire::encode(reply), flags));
}

struct Evidence {
  Bytes bytes;
  attest::ProcessClaims claims;
};

Checked<Evidence> evidence_for(const Descriptor& connection, const Peer& peer, const attest::EvidenceSource& source,
                               KnownHashes& hashes) {
  const MeasuredProcess process = TRY(MeasuredProcess::measure(peer, hashes));
  wire::LasChallenge challenge;
  if (getrandom(challenge.challenge.data(), challenge.challenge.size(), 0) !=
          static_cast<ssize_t>(challenge.challenge.size()) ||
      !send(connection, wire::encode(challenge))) {
    return refuse("request.format", "a process that reads its challenge", "one that does not", kReadProtocol);
  }
  const Received received = TRY(receive(connection));
  const wire::LasRequest request = TRY(check_request(received, peer, challenge));
  TRY_VOID(process.measure_again());
  const attest::ProcessClaims claims{process.executable().sha256, request.debug};
  auto bytes = source.evidence(claims, request.report_data);
  if (!bytes) {
    return refuse("evidence", source.description(), bytes.error().message, "see the log of redoubt-las on this node");
  }
  return Evidence{*std::move(bytes), claims};
}

std::string name_of(const Peer& peer) {
  return "process " + std::to_string(peer.pid) + " of user " + std::to_string(peer.uid);
}

}  // namespace

bool prepare_connection(const Descriptor& connection) {
  const int on = 1;
  const timeval patience{kPatience, 0};
  return setsockopt(connection.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) == 0 &&
         setsockopt(connection.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == 0 &&
         setsockopt(connection.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) == 0;
}

void converse(const Descriptor& connection, const Peer& peer, const attest::EvidenceSource& source,
              KnownHashes& hashes) {
  const auto evidence = evidence_for(connection, peer, source, hashes);
  if (!evidence) {
    log_line("refused " + name_of(peer) + ": " + describe(evidence.error()));
    send_refusal(connection, source, evidence.error(), 0);
    return;
  }
  const std::string platform = source.description();
  const bool sent = send(connection, wire::encode(wire::LasReply{evidence->bytes, {}, platform}));
  log_line((sent ? "gave evidence to " : "had evidence, not taken, for ") + name_of(peer) + ": measurement " +
           crypto::to_hex(evidence->claims.executable_sha256) + (evidence->claims.debug ? ", debug" : "") + ", " +
           platform);
}

void turn_away(const Descriptor& connection, const attest::EvidenceSource& source, const Finding& why) {
  send_refusal(connection, source, why, MSG_DONTWAIT);
}

}  // namespace redoubt::las
