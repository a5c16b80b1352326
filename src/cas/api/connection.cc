// SPDX-License-Identifier: Apache-2.0
#include "cas/api/connection.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>
#include <limits>
#include <utility>

#include "cas/api/tls.h"
#include "cas/log.h"

namespace redoubt::cas {
namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;

constexpr size_t kBufferSize = size_t{64} * 1024;
constexpr size_t kMostDrained = 8 << 20;  // bytes of a refused body that are read and thrown away
constexpr auto kGatePoll = std::chrono::milliseconds(5);
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

// What a broken header is answered with. Nothing: the peer went away, or took too long and is cut off.
std::optional<Reply> reply_to_broken_header(const error_code& error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return problem_reply(431,
                         {Refusal::kTooLarge, "request.header", "a header of at most 16384 bytes", "a longer one",
                          "send fewer or shorter headers", ""},
                         ProblemForm::kJson);
  }
  if (error.category() != make_error_code(http::error::bad_method).category() || error == http::error::end_of_stream ||
      error == http::error::partial_message) {
    return std::nullopt;
  }
  return problem_reply({Refusal::kMalformed, "request.form", "HTTP/1.1 as RFC 9112 has it", error.message(),
                        "use a client that speaks HTTP/1.1", ""},
                       ProblemForm::kJson);
}

}  // namespace

Connection::Connection(net::ip::tcp::socket socket, net::ssl::context& tls, Services& services, const Limits& limits,
                       HeavyGate& gate, OwnThreads& threads, std::function<void(Connection*)> gone)
    : stream_(beast::tcp_stream(std::move(socket)), tls),
      buffer_(kBufferSize),
      services_(services),
      limits_(limits),
      gate_(gate),
      threads_(threads),
      gone_(std::move(gone)) {}

void Connection::start() {
  net::co_spawn(
      stream_.get_executor(), [self = shared_from_this()] { return self->run(); }, net::detached);
}

void Connection::stop() {
  net::post(stream_.get_executor(), [self = shared_from_this()] {
    self->stopping_ = true;
    if (self->waiting_) self->stream_.next_layer().cancel();
    // Its thread sees the end of the stream when it waits, and not before it has answered.
    if (self->own_threads_socket_ >= 0) shutdown(self->own_threads_socket_, SHUT_RD);
  });
}

void Connection::set_deadline(std::chrono::milliseconds from_now) { stream_.next_layer().expires_after(from_now); }

net::awaitable<void> Connection::run() {
  services_.metrics.connection_opened();
  try {
    const bool shaken = co_await handshake();
    if (!shaken) services_.metrics.handshake_failed();
    bool more = shaken;
    while (more && !stopping_) {
      more = co_await wait_for_request();
      if (more) more = co_await serve_one();
      if (more && is_awaited_) more = co_await serve_on_own_thread();
    }
  } catch (const std::exception& exception) {
    log(LogLevel::kError, std::string("a connection failed: ") + exception.what());
  }
  services_.metrics.connection_closed();
  gone_(this);
}

net::awaitable<bool> Connection::handshake() {
  error_code error;
  stream_.next_layer().socket().set_option(net::ip::tcp::no_delay(true), error);
  set_deadline(limits_.request);
  co_await stream_.async_handshake(net::ssl::stream_base::server, net::redirect_error(net::use_awaitable, error));
  if (error) {
    log(LogLevel::kDebug, "TLS handshake: " + error.message());
    co_return false;
  }
  auto client = client_of(stream_.native_handle());
  if (!client) {
    log(LogLevel::kDebug, "client certificate: " + client.error().message);
    co_return false;
  }
  client_ = std::move(*client);
  co_return true;
}

net::awaitable<bool> Connection::wait_for_request() {
  if (buffer_.size() > 0) co_return true;  // sent ahead
  error_code error;
  set_deadline(limits_.idle);
  waiting_ = true;
  const auto room = buffer_.prepare(limits_.header_size);
  const size_t count = co_await stream_.async_read_some(room, net::redirect_error(net::use_awaitable, error));
  waiting_ = false;
  buffer_.commit(count);
  if (!error) co_return true;
  co_await say_goodbye(false);
  co_return false;
}

// True: the connection is good for another request.
net::awaitable<bool> Connection::serve_one() {
  Parser parser;
  parser.header_limit(static_cast<uint32_t>(limits_.header_size));
  parser.body_limit(std::numeric_limits<uint64_t>::max());  // the route says, once it is known
  error_code error;
  set_deadline(limits_.request);
  co_await http::async_read_header(stream_, buffer_, parser, net::redirect_error(net::use_awaitable, error));
  const Route* route = nullptr;
  std::optional<Reply> reply;
  bool without_body = false;
  auto began = std::chrono::steady_clock::now();
  if (error) {
    reply = reply_to_broken_header(error);
    if (!reply) co_return false;
    reply->close = true;
  } else {
    std::optional<uint64_t> content_length;
    if (parser.content_length()) content_length = *parser.content_length();
    auto begun = begin_exchange(parser.get().base(), content_length);
    if (auto* refused = std::get_if<Reply>(&begun)) {
      reply = std::move(*refused);
    } else {
      Exchange& exchange = std::get<Exchange>(begun);
      route = exchange.route;
      without_body = exchange.without_body;
      reply = co_await read_body(parser, exchange);
      began = std::chrono::steady_clock::now();
      if (!reply && parser.is_done()) {
        exchange.request.body = ByteView(parser.get().body().data(), parser.get().body().size());
        reply = co_await answer(exchange);
      }
      if (!reply) co_return false;
    }
  }
  const bool unread = !parser.is_done();
  const bool keep_alive = !reply->close && !unread && parser.keep_alive() && !stopping_;
  SecretBytes message = serialise(*reply, keep_alive, without_body);
  const bool sent = co_await send(std::move(message));
  services_.metrics.request(index_of(route), reply->status, std::chrono::steady_clock::now() - began);
  is_awaited_ = route != nullptr && route->cost == Cost::kAwaited && reply->status == 200;
  if (keep_alive && sent) co_return true;
  if (sent) co_await say_goodbye(unread);
  co_return false;
}

bool Connection::read_what_came() {
  error_code error;
  stream_.next_layer().socket().non_blocking(true, error);
  while (!error && buffer_.size() < limits_.header_size) {
    buffer_.commit(stream_.read_some(buffer_.prepare(limits_.header_size - buffer_.size()), error));
  }
  return error == net::error::would_block;
}

// The socket leaves the event loop meanwhile, which would wake up for every byte.
net::awaitable<bool> Connection::serve_on_own_thread() {
  error_code error;
  auto& socket = stream_.next_layer().socket();
  const auto protocol = socket.local_endpoint(error).protocol();
  if (error || !read_what_came()) co_return true;
  own_threads_socket_ = socket.release(error);
  if (error) co_return false;
  bool more = true;
  {
    net::steady_timer ended(stream_.get_executor(), net::steady_timer::time_point::max());
    DirectTls tls(stream_.native_handle(), own_threads_socket_);
    const auto work = [this, self = shared_from_this(), &ended, &more, &tls] {
      more = serve_while_awaited(tls, own_threads_socket_);
      // On the strand, so not before the coroutine waits for it.
      net::post(stream_.get_executor(), [&ended] { ended.cancel(); });
    };
    const bool runs = tls.is_good() && threads_.run(work);
    if (runs) co_await ended.async_wait(net::redirect_error(net::use_awaitable, error));
  }
  error.clear();
  const int returned = std::exchange(own_threads_socket_, -1);
  socket.assign(protocol, returned, error);
  if (error) {
    close(returned);
    co_return false;
  }
  if (!more || stopping_) co_await say_goodbye(false);
  co_return more;
}

bool Connection::serve_while_awaited(DirectTls& tls, int socket) {
  pollfd polled = {.fd = socket, .events = POLLIN, .revents = 0};
  const auto now = [] { return std::chrono::steady_clock::now(); };
  auto end = now() + limits_.own_thread_idle;  // a byte now and then does not hold the thread
  try {
    while (!stopping_) {
      size_t count = 0;
      const auto room = buffer_.prepare(limits_.header_size);
      const auto read = tls.read({static_cast<uint8_t*>(room.data()), room.size()}, count);
      if (read == DirectTls::Read::kEnd) break;  // the coroutine sees it again, and says goodbye
      buffer_.commit(count);
      const Taken taken = buffer_.size() == 0 ? Taken::kIncomplete : take_request(tls);
      if (taken == Taken::kOver) return false;
      if (taken == Taken::kLeft || buffer_.size() >= limits_.header_size) break;
      if (taken == Taken::kServed) end = now() + limits_.own_thread_idle;
      if (read == DirectTls::Read::kBytes || taken == Taken::kServed) continue;
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - now()).count();
      if (left <= 0 || poll(&polled, 1, static_cast<int>(left)) <= 0) break;
    }
    return true;
  } catch (const std::exception& exception) {
    log(LogLevel::kError, std::string("a connection failed: ") + exception.what());
  }
  return false;
}

// Nothing that it leaves is taken out of the buffer: the coroutine reads the request from its beginning.
Connection::Taken Connection::take_request(DirectTls& tls) {
  error_code error;
  const auto began = std::chrono::steady_clock::now();
  Parser parser;
  parser.eager(true);
  parser.header_limit(static_cast<uint32_t>(limits_.header_size));
  parser.body_limit(limits_.header_size);
  const size_t used = parser.put(buffer_.data(), error);
  if (error == http::error::need_more || (!error && !parser.is_done())) return Taken::kIncomplete;
  if (error) return Taken::kLeft;
  std::optional<uint64_t> content_length;
  if (parser.content_length()) content_length = *parser.content_length();
  auto begun = begin_exchange(parser.get().base(), content_length);
  auto* exchange = std::get_if<Exchange>(&begun);
  if (exchange == nullptr || exchange->route->cost != Cost::kAwaited || exchange->wants_continue) return Taken::kLeft;
  const ByteView body(parser.get().body().data(), parser.get().body().size());
  if (body.size() > exchange->route->largest_body) return Taken::kLeft;
  buffer_.consume(used);

  exchange->request.body = body;
  const Reply reply = run_exchange(services_, *exchange, client_, [this] { return attestation(); });
  const bool keep_alive = !reply.close && parser.keep_alive() && !stopping_;
  const SecretBytes message = serialise(reply, keep_alive, exchange->without_body);
  const bool written = tls.write(message.view());
  services_.metrics.request(index_of(exchange->route), reply.status, std::chrono::steady_clock::now() - began);
  return keep_alive && written ? Taken::kServed : Taken::kOver;
}

// Reads the body; a reply refuses it. Neither a body nor a reply: the peer is gone.
net::awaitable<std::optional<Reply>> Connection::read_body(Parser& parser, const Exchange& exchange) {
  std::optional<Reply> refused;
  if (parser.is_done()) co_return refused;
  parser.body_limit(exchange.route->largest_body);
  set_deadline(limits_.request);
  error_code error;
  if (exchange.wants_continue) {
    co_await net::async_write(stream_, net::buffer(kContinue), net::redirect_error(net::use_awaitable, error));
    if (error) co_return refused;
  }
  co_await http::async_read(stream_, buffer_, parser, net::redirect_error(net::use_awaitable, error));
  if (error == http::error::body_limit) {
    refused = too_large(*exchange.route, exchange.form);
  } else if (error) {
    refused = reply_to_broken_header(error);
    if (refused) refused->close = true;
  }
  co_return refused;
}

net::awaitable<Reply> Connection::answer(const Exchange& exchange) {
  const bool heavy = exchange.route->cost == Cost::kHeavy;
  if (heavy) {
    const bool entered = co_await enter_gate();
    if (!entered) {
      co_return problem_reply({Refusal::kUnavailable, "service.busy", "fewer sessions sent at the same time",
                               "too many", "try again in a moment", ""},
                              exchange.form);
    }
  }
  Reply reply = run_exchange(services_, exchange, client_, [this] { return attestation(); });
  if (heavy) gate_.leave();
  co_return reply;
}

net::awaitable<bool> Connection::enter_gate() {
  const auto give_up = std::chrono::steady_clock::now() + limits_.heavy_wait;
  net::steady_timer timer(stream_.get_executor());
  while (!gate_.try_enter()) {
    if (stopping_ || std::chrono::steady_clock::now() > give_up) co_return false;
    timer.expires_after(kGatePoll);
    error_code error;
    co_await timer.async_wait(net::redirect_error(net::use_awaitable, error));
  }
  co_return true;
}

net::awaitable<bool> Connection::send(SecretBytes message) {
  error_code error;
  set_deadline(limits_.request);
  const ByteView bytes = message.view();
  co_await net::async_write(stream_, net::buffer(bytes.data(), bytes.size()),
                            net::redirect_error(net::use_awaitable, error));
  co_return !error;
}

// Says the end of TLS. Bytes that nobody read would make the kernel reset the connection, and the peer lose the reply: they are
// read and thrown away for a moment.
net::awaitable<void> Connection::say_goodbye(bool unread) {
  error_code error;
  set_deadline(limits_.linger);
  for (size_t drained = 0; unread && !error && drained < kMostDrained;) {
    buffer_.clear();
    const auto room = buffer_.prepare(kBufferSize);
    drained += co_await stream_.async_read_some(room, net::redirect_error(net::use_awaitable, error));
  }
  if (!unread) co_await stream_.async_shutdown(net::redirect_error(net::use_awaitable, error));
}

Result<Attestation*, Error> Connection::attestation() {
  if (!attestation_) {
    const Exporters exporters = TRY(exporters_of(stream_.native_handle()));
    attestation_.emplace(services_.attestations, exporters);
  }
  return &*attestation_;
}

}  // namespace redoubt::cas
