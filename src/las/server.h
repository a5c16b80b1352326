// SPDX-License-Identifier: Apache-2.0
//
// LAS's socket: accepts, gives each process a thread, and says no when there are too many, so that slow or hostile ones
// keep nobody else waiting.
#pragma once

#include <string>

#include "attest/evidence_source.h"
#include "base/error.h"
#include "las/descriptor.h"

namespace redoubt::las {

inline constexpr unsigned kMostConversations = 64;
inline constexpr unsigned kMostOfOneUser = 16;  // root excepted

class Server {
 public:
  // Makes the socket at `path`, with its directory. Replaces a socket that nobody listens on. `path` absolute.
  static Result<Server, Error> listen(const std::string& path);
  Server(Server&&) = default;
  // Removes the socket.
  ~Server();

  // `signals`: a signalfd of blocked signals. SIGIO says that somebody wants to write an executable whose hash is known; any
  // other ends the service, after the conversations, which all end soon.
  void run(const attest::EvidenceSource& source, int signals) const;

 private:
  Server(Descriptor socket, std::string path) : socket_(std::move(socket)), path_(std::move(path)) {}

  Descriptor socket_;
  std::string path_;
};

}  // namespace redoubt::las
