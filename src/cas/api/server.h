// SPDX-License-Identifier: Apache-2.0
//
// The HTTPS server: accepts, counts and ends connections, and runs the threads. Signals arrive here too: SIGTERM and SIGINT
// finish what runs (Limits::stopping at most) and end run(); SIGHUP calls `reload`.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/error.h"
#include "cas/api/limits.h"
#include "cas/api/server_identity.h"
#include "cas/api/services.h"

namespace redoubt::cas {

struct ServerOptions {
  std::string listen;  // "127.0.0.1:18765", "[::1]:18765"; port 0: one that is free
  unsigned threads = 1;
  Limits limits;
  std::function<void()> reload;
};

class Server {
 public:
  // Binds and listens; connections are accepted from run() on. kMalformed: the address; kFailed: the system refused it.
  static Result<std::unique_ptr<Server>, Error> create(const ServerOptions& options, const ServerIdentity& identity,
                                                       Services& services);
  ~Server();

  std::string address() const;  // with the real port
  void run();

 private:
  struct Parts;
  explicit Server(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace redoubt::cas
