// SPDX-License-Identifier: Apache-2.0
//
// How much of CAS one client may take. Everything a peer can make grow or last has a bound here or in the route's row.
#pragma once

#include <chrono>
#include <cstddef>

namespace redoubt::cas {

struct Limits {
  size_t connections = 1024;                                     // more are closed at once
  std::chrono::milliseconds request = std::chrono::seconds(20);  // for each: handshake, header, body, sending the reply
  std::chrono::milliseconds idle = std::chrono::seconds(75);  // between requests; a runtime verifies its code meanwhile
  std::chrono::milliseconds linger = std::chrono::seconds(2);    // after a refused body, until the reply has been read
  std::chrono::milliseconds stopping = std::chrono::seconds(5);  // for what runs when CAS is told to stop
  std::chrono::milliseconds heavy_wait = std::chrono::seconds(10);  // until an expensive request gets its turn
  size_t own_threads = 64;  // connections that have a thread to themselves at a time; the others share --threads
  std::chrono::milliseconds own_thread_idle = std::chrono::seconds(1);  // without a request, until it is given back
  size_t header_size = size_t{16} * 1024;
};

}  // namespace redoubt::cas
