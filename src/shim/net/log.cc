// SPDX-License-Identifier: Apache-2.0
#include "shim/net/log.h"

#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>

#include <algorithm>
#include <mutex>

#include "shim/files/standard_error.h"
#include "shim/gate/gate.h"
#include "shim/net/description.h"
#include "shim/net/rules.h"
#include "shim/net/shield.h"

namespace redoubt::shim::net {

constinit Counters counters = {};

namespace {

constexpr int64_t kAtOnce = 10;
constinit std::mutex limit_mutex;
constinit int64_t credit = kAtOnce;
constinit int64_t last_second = 0;
constinit uint64_t left_out = 0;

// Whether a line may be written, and how many were left out before it.
bool may_say(uint64_t& missing) {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const std::lock_guard lock(limit_mutex);
  credit = std::min(kAtOnce, credit + (now.tv_sec - last_second));
  last_second = now.tv_sec;
  if (credit <= 0) {
    ++left_out;
    return false;
  }
  --credit;
  missing = std::exchange(left_out, 0);
  return true;
}

}  // namespace

std::string peer_of(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  if (is_error(gate::call(SYS_getpeername, static_cast<uint64_t>(fd), gate::address_of(&storage),
                          gate::address_of(&size)))) {
    return "a peer that has gone";
  }
  const auto address = address_of(&storage, std::min<size_t>(size, sizeof(storage)));
  return address ? text_of(*address) : "a peer of another family";
}

void say(std::string_view text) {
  uint64_t missing = 0;
  if (!standard_error::is_there() || !may_say(missing)) return;
  Text<1024> line;
  line.append("redoubt: ").append(text);
  if (missing > 0) line.append(" (").decimal(missing).append(" lines like this were left out before)");
  line.append("\n");
  standard_error::write(line.view());
}

void say_refused_peer(std::string_view peer, bool is_server, std::string_view rule, const tls::Failure& failure) {
  Text<768> line;
  line.append(is_server ? "network: refused " : "network: refused the server ").append(peer);
  line.append(is_server ? " at listen " : " of connect ").append(rule).append(": ");
  line.append(tls::name_of(failure.kind)).append(": ").append(failure.detail);
  say(line.view());
}

void say_no_memory(std::string_view peer, bool is_server, std::string_view rule) {
  Text<512> line;
  line.append("network: ended the connection with ").append(peer).append(is_server ? " at listen " : " of connect ");
  line.append(rule).append(
      ": no sealed memory for the keys of one more TLS connection; raise the limit on locked memory ");
  line.append("(ulimit -l, LimitMEMLOCK=), or let the program have fewer connections");
  say(line.view());
}

void say_refused_address(std::string_view action, std::string_view address) {
  ++counters.refused_addresses;
  Text<512> line;
  line.append("network: refused to ").append(action).append(" ").append(address);
  line.append(": no rule of the session's network section names it, and its default is refuse");
  say(line.view());
}

void append_statistics(TextBuilder& line) {
  if (!is_active()) return;
  line.append(",\"network\":{\"accepted\":").decimal(counters.accepted.load());
  line.append(",\"connected\":").decimal(counters.connected.load());
  line.append(",\"handshakes\":").decimal(counters.handshakes.load());
  line.append(",\"bytes_read\":").decimal(counters.bytes_read.load());
  line.append(",\"bytes_written\":").decimal(counters.bytes_written.load());
  line.append(",\"refused_addresses\":").decimal(counters.refused_addresses.load());
  line.append(",\"lost\":").decimal(counters.lost.load());
  line.append(",\"without_memory\":").decimal(counters.without_memory.load());
  line.append(",\"cut_off\":").decimal(counters.cut_off.load());
  line.append(",\"refused\":{");
  bool first = true;
  for (size_t kind = 1; kind < std::size(counters.refused); ++kind) {
    const uint64_t count = counters.refused[kind].load();
    if (count == 0) continue;
    line.append(first ? "\"" : ",\"").append(tls::name_of(static_cast<tls::FailureKind>(kind))).append("\":");
    line.decimal(count);
    first = false;
  }
  line.append("}}");
}

void reset_counters() {
  for (std::atomic<uint64_t>* one :
       {&counters.accepted, &counters.connected, &counters.handshakes, &counters.bytes_read, &counters.bytes_written,
        &counters.refused_addresses, &counters.lost, &counters.without_memory, &counters.cut_off}) {
    one->store(0);
  }
  for (auto& one : counters.refused) one.store(0);
}

}  // namespace redoubt::shim::net
