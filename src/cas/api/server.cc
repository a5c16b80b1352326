// SPDX-License-Identifier: Apache-2.0
#include "cas/api/server.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <csignal>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <vector>

#include "cas/api/connection.h"
#include "cas/api/own_threads.h"
#include "cas/api/tls.h"
#include "cas/log.h"

namespace redoubt::cas {
namespace {

namespace net = boost::asio;
using boost::system::error_code;
using net::ip::tcp;

constexpr auto kAfterAcceptFailed = std::chrono::milliseconds(100);  // no descriptors left: some come back

// "1.2.3.4:80" or "[::1]:80"; names are not resolved.
std::optional<tcp::endpoint> parse_endpoint(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  uint16_t port = 0;
  const auto [end, bad] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (bad != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  const bool brackets = host.starts_with('[') && host.ends_with(']');
  if (brackets) host = host.substr(1, host.size() - 2);
  error_code error;
  const auto address = net::ip::make_address(std::string(host), error);
  if (error || address.is_v6() != brackets) return std::nullopt;
  return tcp::endpoint(address, port);
}

}  // namespace

struct Server::Parts {
  Parts(ServerOptions options, net::ssl::context tls, Services& services)
      : options(std::move(options)),
        tls(std::move(tls)),
        services(services),
        io(static_cast<int>(this->options.threads)),
        acceptor(net::make_strand(io)),
        stop_signals(io, SIGTERM, SIGINT),
        reload_signal(io, SIGHUP),
        deadline(io),
        gate(static_cast<int>(std::max(1u, this->options.threads / 2))),
        own_threads(this->options.limits.own_threads) {}

  net::awaitable<void> accept();
  void wait_for_stop();
  void wait_for_reload();
  void stop();
  void gone(Connection* connection);
  void run_thread();

  const ServerOptions options;
  net::ssl::context tls;
  Services& services;
  net::io_context io;
  tcp::acceptor acceptor;  // used on its strand: stop() closes it while accept() runs
  net::signal_set stop_signals;
  net::signal_set reload_signal;
  net::steady_timer deadline;
  HeavyGate gate;
  OwnThreads own_threads;

  std::mutex lock;
  std::unordered_map<Connection*, std::shared_ptr<Connection>> connections;  // guarded by lock
  bool stopping = false;                                                     // guarded by lock
};

net::awaitable<void> Server::Parts::accept() {
  net::steady_timer pause(io);
  for (;;) {
    error_code error;
    tcp::socket socket(net::make_strand(io));
    co_await acceptor.async_accept(socket, net::redirect_error(net::use_awaitable, error));
    if (error == net::error::operation_aborted || !acceptor.is_open()) co_return;
    if (error) {
      log(LogLevel::kWarning, "cannot accept a connection: " + error.message());
      pause.expires_after(kAfterAcceptFailed);
      co_await pause.async_wait(net::redirect_error(net::use_awaitable, error));
      continue;
    }
    const std::lock_guard guard(lock);
    if (stopping) co_return;
    if (connections.size() >= options.limits.connections) {
      services.metrics.connection_refused();
      continue;  // the socket closes itself
    }
    auto connection = std::make_shared<Connection>(std::move(socket), tls, services, options.limits, gate, own_threads,
                                                   [this](Connection* one) { gone(one); });
    connections.emplace(connection.get(), connection);
    connection->start();
  }
}

void Server::Parts::gone(Connection* connection) {
  const std::lock_guard guard(lock);
  connections.erase(connection);
  if (stopping && connections.empty()) io.stop();
}

void Server::Parts::wait_for_stop() {
  stop_signals.async_wait([this](const error_code& error, int) {
    if (!error) stop();
  });
}

void Server::Parts::wait_for_reload() {
  reload_signal.async_wait([this](const error_code& error, int) {
    if (error) return;
    if (options.reload) options.reload();
    wait_for_reload();
  });
}

void Server::Parts::stop() {
  const std::lock_guard guard(lock);
  if (stopping) return;
  stopping = true;
  log(LogLevel::kInfo, "stopping; " + std::to_string(connections.size()) + " connections are open");
  net::post(acceptor.get_executor(), [this] {
    error_code ignored;
    acceptor.close(ignored);
  });
  if (connections.empty()) {
    io.stop();
    return;
  }
  for (const auto& [key, connection] : connections) connection->stop();
  deadline.expires_after(options.limits.stopping);
  deadline.async_wait([this](const error_code& error) {
    if (!error) io.stop();
  });
}

void Server::Parts::run_thread() {
  // What a handler of ours lets through is a library's exception (no memory): the other connections go on.
  while (!io.stopped()) {
    try {
      io.run();
    } catch (const std::exception& exception) {
      log(LogLevel::kError, std::string("a thread of the server: ") + exception.what());
    }
  }
}

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Server::~Server() = default;

Result<std::unique_ptr<Server>, Error> Server::create(const ServerOptions& options, const ServerIdentity& identity,
                                                      Services& services) {
  const auto endpoint = parse_endpoint(options.listen);
  if (!endpoint) {
    return fail(ErrorCode::kMalformed,
                "expected a numeric address and a port, such as 127.0.0.1:18765 or [::1]:18765, "
                "found \"" +
                    options.listen + "\"");
  }
  net::ssl::context tls = TRY(make_tls_context(identity));
  auto parts = std::make_unique<Parts>(options, std::move(tls), services);
  error_code error;
  parts->acceptor.open(endpoint->protocol(), error);
  if (!error) parts->acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) parts->acceptor.bind(*endpoint, error);
  if (!error) parts->acceptor.listen(net::socket_base::max_listen_connections, error);
  if (error) return fail(ErrorCode::kFailed, "cannot listen on " + options.listen + ": " + error.message());
  return std::unique_ptr<Server>(new Server(std::move(parts)));
}

std::string Server::address() const {
  error_code error;
  const tcp::endpoint endpoint = parts_->acceptor.local_endpoint(error);
  const std::string host = endpoint.address().to_string();
  return (endpoint.address().is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(endpoint.port());
}

void Server::run() {
  net::co_spawn(parts_->acceptor.get_executor(), parts_->accept(), net::detached);
  parts_->wait_for_stop();
  parts_->wait_for_reload();
  std::vector<std::jthread> threads;
  for (unsigned thread = 1; thread < parts_->options.threads; ++thread) {
    threads.emplace_back([this] { parts_->run_thread(); });
  }
  parts_->run_thread();
  threads.clear();
  parts_->own_threads.join();  // connections and services are there until then
}

}  // namespace redoubt::cas
