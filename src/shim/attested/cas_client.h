// SPDX-License-Identifier: Apache-2.0
//
// Requests to CAS over the channel: POST with a wire message, the answer a wire message (wire/attest_protocol.h). Answers lie
// in the pool of sealed memory and stay as long as the client, so that decoded messages may keep views of them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shim/attested/channel.h"
#include "shim/attested/failure.h"
#include "wire/codec.h"

namespace redoubt::shim::attested {

class CasClient {
 public:
  CasClient(Channel& channel, std::string host) : channel_(channel), host_(std::move(host)) {}
  CasClient(const CasClient&) = delete;
  CasClient& operator=(const CasClient&) = delete;
  ~CasClient();  // wipes the answers

  // All answers together, from here on. Otherwise each may take half a minute.
  void expect_answers_by(const Deadline& deadline) { deadline_ = deadline; }

  // The body of a 200. Any other status becomes the failure that CAS's Problem describes, with kRefused.
  Outcome<ByteView> post(std::string_view path, ByteView body);

  template <typename Reply, typename Request>
  Outcome<Reply> exchange(std::string_view path, const Request& request) {
    return decoded<Reply>(path, post(path, wire::encode(request)));
  }
  template <typename Reply>
  Outcome<Reply> exchange(std::string_view path) {
    return decoded<Reply>(path, post(path, {}));
  }

 private:
  template <typename Reply>
  static Outcome<Reply> decoded(std::string_view path, Outcome<ByteView> body) {
    if (!body) return std::unexpected(std::move(body.error()));
    Reply reply;
    if (!wire::decode(*body, reply)) return malformed(path, "another message than the protocol has there");
    return reply;
  }
  static std::unexpected<Failure> malformed(std::string_view path, std::string_view found);

  Channel& channel_;
  std::string host_;
  std::optional<Deadline> deadline_;
  std::vector<uint8_t*> answers_;
};

}  // namespace redoubt::shim::attested
