// SPDX-License-Identifier: Apache-2.0
//
// One client's connection: TLS handshake, then requests one after the other. A coroutine on a strand, so nothing here is
// entered twice at a time; handlers run in it and may block their thread. Holds what belongs to the connection alone: who the
// client is, and the state of its attestation.
//
// On a thread of its own (own_threads.h) the coroutine waits, and nothing else touches the connection. There it serves requests of routes
// that are awaited, when they come whole; anything else it leaves, unread, to the coroutine.
#pragma once

#include <utility>  // Boost 1.74's awaitable.hpp needs it and does not include it

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/vector_body.hpp>
#include <functional>
#include <memory>
#include <optional>

#include "cas/api/direct_tls.h"
#include "cas/api/exchange.h"
#include "cas/api/heavy_gate.h"
#include "cas/api/limits.h"
#include "cas/api/own_threads.h"
#include "cas/api/wiping_allocator.h"

namespace redoubt::cas {

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  // `gone` is called once, when the connection is over.
  Connection(boost::asio::ip::tcp::socket socket, boost::asio::ssl::context& tls, Services& services,
             const Limits& limits, HeavyGate& gate, OwnThreads& threads, std::function<void(Connection*)> gone);

  void start();
  // Ends it when it waits for a request, or else after the request that runs. From any thread.
  void stop();

 private:
  using Body = boost::beast::http::vector_body<uint8_t, WipingAllocator<uint8_t>>;
  using Parser = boost::beast::http::request_parser<Body>;
  template <typename T>
  using Awaitable = boost::asio::awaitable<T>;

  Awaitable<void> run();
  Awaitable<bool> handshake();
  Awaitable<bool> wait_for_request();
  Awaitable<bool> serve_one();
  // True: the connection goes on here.
  Awaitable<bool> serve_on_own_thread();
  // Into buffer_, until there are no more. False: it is full, or the peer has gone.
  bool read_what_came();
  // On that thread. False: the connection is over.
  bool serve_while_awaited(DirectTls& tls, int socket);
  enum class Taken { kServed, kIncomplete, kLeft, kOver };
  Taken take_request(DirectTls& tls);
  Awaitable<std::optional<Reply>> read_body(Parser& parser, const Exchange& exchange);
  Awaitable<Reply> answer(const Exchange& exchange);
  Awaitable<bool> enter_gate();
  Awaitable<bool> send(SecretBytes message);
  Awaitable<void> say_goodbye(bool unread);
  Result<Attestation*, Error> attestation();
  void set_deadline(std::chrono::milliseconds from_now);

  boost::asio::ssl::stream<boost::beast::tcp_stream> stream_;
  boost::beast::basic_flat_buffer<WipingAllocator<char>> buffer_;
  Services& services_;
  const Limits& limits_;
  HeavyGate& gate_;
  OwnThreads& threads_;
  const std::function<void(Connection*)> gone_;
  Client client_;
  std::optional<Attestation> attestation_;
  std::atomic<bool> stopping_ = false;
  bool is_awaited_ = false;      // the last request was of such a route, and granted
  int own_threads_socket_ = -1;  // while another thread has it; of the coroutine's strand
  bool waiting_ = false;         // for the first byte of a request
};

}  // namespace redoubt::cas
