// SPDX-License-Identifier: Apache-2.0
//
// A Context serves all threads of a program at once: connections of several threads come about and speak at the same time, and what one
// thread's peer does wrong is that connection's failure only. Run it under ThreadSanitizer, too (docs/debugging.md).
#include <gtest/gtest.h>

#include <thread>

#include "tls/test_peers.h"

namespace redoubt::tls {
namespace {

using namespace test;

TEST(TlsThreads, ShareContexts) {
  constexpr int kThreads = 4, kRounds = 12;
  const Keyed authority = make_authority("an authority"), other = make_authority("another authority");
  const Keyed server_identity = make_server(authority), client_identity = make_client(authority),
              stranger_identity = make_client(other);
  const auto server = Context::server(identity(server_identity), authority.certificate, clock);
  const auto client = Context::client(identity(client_identity), authority.certificate, clock);
  const auto stranger = Context::client(identity(stranger_identity), authority.certificate, clock);
  ASSERT_TRUE(server && client && stranger);
  const auto connect = [&](int thread) {
    for (int round = 0; round < kRounds; ++round) {
      const bool is_stranger = (thread + round) % 4 == 0;
      auto accepting = Endpoint::accept(*server);
      auto connecting = Endpoint::connect(is_stranger ? *stranger : *client, "server.test");
      ASSERT_TRUE(accepting && connecting);
      talk(*accepting, *connecting);
      if (is_stranger) {
        EXPECT_EQ(accepting->state(), State::kFailed);
        continue;
      }
      ASSERT_EQ(accepting->state(), State::kOpen) << accepting->failure().detail;
      ASSERT_EQ(connecting->state(), State::kOpen) << connecting->failure().detail;
      const std::string text = std::to_string(thread) + " says " + std::to_string(round) + std::string(20'000, 'x');
      for (auto* end : {&*accepting, &*connecting}) {
        const auto written = end->write(as_bytes(text));
        ASSERT_TRUE(written && *written == text.size());
      }
      std::string from_client, from_server;
      for (int i = 0; i < 10; ++i) {  // an endpoint takes no more while it holds what nobody has read
        talk(*accepting, *connecting);
        from_client += read_all(*accepting);
        from_server += read_all(*connecting);
      }
      EXPECT_TRUE(from_client == text && from_server == text);
    }
  };
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int thread = 0; thread < kThreads; ++thread) threads.emplace_back(connect, thread);
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace redoubt::tls
