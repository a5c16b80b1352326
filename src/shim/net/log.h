// SPDX-License-Identifier: Apache-2.0
//
// What people are told: one line on standard error for each refused peer or address, "redoubt: ...", and counters for --stats. A
// peer chooses how often it is refused, so lines are limited: ten at once, then one a second; the next line says how many
// were left out. Texts of peers come without control characters (tls/failure.h).
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/text.h"
#include "tls/endpoint.h"

namespace redoubt::shim::net {

struct Counters {
  std::atomic<uint64_t> accepted, connected, handshakes, bytes_read, bytes_written, refused_addresses, lost,
      without_memory, cut_off;
  std::atomic<uint64_t> refused[static_cast<size_t>(tls::FailureKind::kTruncated) + 1];  // by kind
};
extern Counters counters;

// A whole line without its end.
void say(std::string_view text);

// A peer that failed its check.
// Its address, for people; asked while it is there.
std::string peer_of(int fd);
void say_refused_peer(std::string_view peer, bool is_server, std::string_view rule, const tls::Failure& failure);
// The program sees ECONNRESET.
void say_no_memory(std::string_view peer, bool is_server, std::string_view rule);
// An address that no rule names. `action`: "bind", "connect to", ...
void say_refused_address(std::string_view action, std::string_view address);

// "network":{...} for the line of --stats; nothing when the network is not shielded.
void append_statistics(TextBuilder& line);
void reset_counters();

}  // namespace redoubt::shim::net
