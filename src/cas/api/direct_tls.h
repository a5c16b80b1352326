// SPDX-License-Identifier: Apache-2.0
//
// A TLS connection of the library's, read and written on its socket directly for a while. The library puts two buffers in memory between
// TLS and socket, and gives TLS's own back after every record; here a record is one system call each way, and buffers stay.
//
// Precondition: no byte that was received is in the library's buffers, and nobody else uses the connection until this is destroyed.
// What TLS itself holds goes on in either direction. The socket does not block.
#pragma once

#include <openssl/types.h>

#include <cstdint>
#include <span>

#include "base/bytes.h"

namespace redoubt::cas {

class DirectTls {
 public:
  // Does not own the socket.
  DirectTls(SSL* tls, int socket);
  ~DirectTls();
  DirectTls(const DirectTls&) = delete;
  DirectTls& operator=(const DirectTls&) = delete;

  // No memory: use the library.
  bool is_good() const { return is_good_; }

  // kEnd: also an error, or a peer that sends one KeyUpdate after another (RFC 8446 section 4.6.3): the library would serve it without end.
  enum class Read { kBytes, kNothing, kEnd };
  Read read(std::span<uint8_t> into, size_t& count);
  // False: an error, or the peer has not read so much that there is no room.
  bool write(ByteView bytes);

 private:
  SSL* const tls_;
  BIO* const of_library_;
  const long mode_;
  size_t handshake_messages_ = 0;  // that came since bytes did
  bool is_good_ = false;
};

}  // namespace redoubt::cas
