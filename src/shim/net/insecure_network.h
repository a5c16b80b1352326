// SPDX-License-Identifier: Apache-2.0
//
// To try a network section without CAS: `redoubt-run --launch --insecure-network=FILE`. The host gives the keys, so nothing is
// secret, and it says so. Lines of words, files are PEM:
//
//   default refuse                        (or: unprotected)
//   handshakes 60                         seconds that peers of listeners have
//   listen 127.0.0.1:6379 tls identity server.pem server.key clients ca.pem
//   listen 127.0.0.1:8080 off
//   connect db.internal:3306 tls servers ca.pem identity client.pem client.key name db.internal
//
// "identity", "clients", "servers" and "name" may be left out. A line that begins with # is a comment.
#pragma once

#include <string>

namespace redoubt::shim::net {

// What is wrong, for people; empty: started.
std::string start_insecure(const std::string& file);

}  // namespace redoubt::shim::net
