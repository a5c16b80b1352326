// SPDX-License-Identifier: Apache-2.0
#include "shim/attested/cas_client.h"

#include <algorithm>

#include "base/text.h"
#include "shim/attested/http_response.h"
#include "shim/attested/pool.h"
#include "wire/attest_protocol.h"

namespace redoubt::shim::attested {
namespace {

constexpr int64_t kAnswerMilliseconds = 30000;  // CAS verifies, asks its store, makes keys

std::string_view as_received(std::span<uint8_t> bytes, size_t size) { return as_text(ByteView(bytes).first(size)); }

}  // namespace

CasClient::~CasClient() {
  for (uint8_t* answer : answers_) pool::release(answer);
}

std::unexpected<Failure> CasClient::malformed(std::string_view path, std::string_view found) {
  return failed("cas.protocol", "an answer to POST " + std::string(path) + " in the form of this version",
                std::string(found), "check that the address is that of a CAS of this version");
}

Outcome<ByteView> CasClient::post(std::string_view path, ByteView body) {
  Text<512> head;
  head.append("POST ").append(path).append(" HTTP/1.1\r\nHost: ").append(host_).append("\r\nContent-Type: ");
  head.append(wire::kWireType).append("\r\nContent-Length: ").decimal(body.size()).append("\r\n\r\n");
  channel_.expect_answer_by(deadline_ ? *deadline_ : Deadline::in(kAnswerMilliseconds));
  TRY_VOID(channel_.send({as_bytes(head.view()), body}));

  // Any byte may be a secret from here on.
  const std::span<uint8_t> first = pool::bytes(kLargestHead);
  if (first.empty()) return malformed(path, "no sealed memory left");
  answers_.push_back(first.data());
  size_t received = 0;
  ResponseHead answer;
  HeadState state = HeadState::kIncomplete;
  while (state == HeadState::kIncomplete) {
    received += TRY(channel_.receive(first.subspan(received)));
    state = parse_head(as_received(first, received), wire::kLargestConfiguration, answer);
  }
  if (state == HeadState::kMalformed) return malformed(path, "something else than HTTP/1.1 with a content length");
  size_t filled = received - answer.head_size;
  if (filled > answer.body_size) return malformed(path, "more bytes than its content length");
  const std::span<uint8_t> room = pool::bytes(std::max<size_t>(answer.body_size, 1));
  if (room.empty()) {
    return failed("memory.sealed", "room for an answer of CAS in sealed memory", "ENOMEM",
                  "raise the limit on locked memory (ulimit -l), or make the configuration smaller");
  }
  const std::span<uint8_t> content = room.first(answer.body_size);
  std::ranges::copy(first.subspan(answer.head_size, filled), content.begin());
  pool::release(first.data());
  answers_.back() = room.data();
  while (filled < content.size()) filled += TRY(channel_.receive(content.subspan(filled)));

  if (answer.status == 200 && answer.is_wire) return content;
  wire::Problem problem;
  if (!answer.is_wire || !wire::decode(content, problem)) {
    Text<64> status;
    status.append("HTTP status ").decimal(answer.status).append(" without a reason");
    return malformed(path, status.view());
  }
  return refused(problem, "CAS", kRefused);
}

}  // namespace redoubt::shim::attested
