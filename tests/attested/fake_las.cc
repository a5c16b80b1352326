// SPDX-License-Identifier: Apache-2.0
#include "tests/attested/fake_las.h"

#include <sys/socket.h>
#include <unistd.h>

#include "tests/attested/fake_settings.h"
#include "wire/las_protocol.h"

namespace redoubt::fake {

void serve_las(int listener) {
    while (true) {
        const int fd = accept(listener, nullptr, nullptr);
        if (fd < 0) return;
        wire::LasChallenge challenge;
        challenge.challenge.fill(7);
        Bytes packet = wire::encode(challenge);
        if (settings.hostile == "las-refuses-early") {
            wire::LasReply early;
            early.problem = {
                .check = "las.measure", .expected = "a file", .actual = "none", .remedy = "start it again"};
            packet = wire::encode(early);
        }
        if (settings.hostile == "las-garbage") packet.assign(100, 0xff);
        if (settings.hostile == "las-large") packet.assign(60000, 0);
        if (settings.hostile == "las-closes") {
            close(fd);
            continue;
        }
        send(fd, packet.data(), packet.size(), MSG_NOSIGNAL);
        Bytes received(wire::kLasLargestPacket);
        alignas(cmsghdr) char control[256];
        iovec vector = {received.data(), received.size()};
        msghdr message{};
        message.msg_iov = &vector;
        message.msg_iovlen = 1;
        message.msg_control = control;
        message.msg_controllen = sizeof(control);
        const ssize_t size = recvmsg(fd, &message, 0);
        wire::LasRequest request;
        const cmsghdr* header = CMSG_FIRSTHDR(&message);
        const bool credentials = header != nullptr && header->cmsg_type == SCM_CREDENTIALS;
        Bytes evidence;
        wire::LasReply reply;
        if (size > 0 && wire::decode(ByteView(received).first(static_cast<size_t>(size)), request) && credentials &&
            request.challenge == challenge.challenge) {
            evidence.assign(request.report_data.begin(), request.report_data.end());
            evidence.push_back(request.debug ? 1 : 0);
            reply.evidence = evidence;
        } else {
            reply.problem = {.check = "las.request", .expected = "a request", .actual = "none", .remedy = "none"};
        }
        if (settings.hostile == "las-refuses") {
            reply = {};
            reply.problem = {
                .check = "las.traced", .expected = "no tracer", .actual = "one\x1b[2J", .remedy = "stop it"};
        }
        packet = wire::encode(reply);
        if (settings.hostile == "las-garbage-reply") packet.assign(50, 0xee);
        send(fd, packet.data(), packet.size(), MSG_NOSIGNAL);
        close(fd);
    }
}

}  // namespace redoubt::fake
