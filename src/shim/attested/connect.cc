// SPDX-License-Identifier: Apache-2.0
#include "shim/attested/connect.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <charconv>
#include <cstring>

#include "shim/attested/deadline.h"
#include "shim/gate/gate.h"
#include "shim/gate/host_answer.h"

namespace redoubt::shim::attested {
namespace {

constexpr int64_t kConnectMilliseconds = 5000;
constexpr char kStart[] = "start CAS (`redoubt cas start`) or give its address with --cas";

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

bool parse_port(std::string_view text, in_port_t& port) {
  uint16_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number == 0) return false;
  port = htons(number);
  return true;
}

bool parse_address(std::string_view text, Address& address) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return false;
  std::string host(text.substr(0, colon));
  in_port_t port;
  if (!parse_port(text.substr(colon + 1), port)) return false;
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
    sockaddr_in6 six{};
    six.sin6_family = AF_INET6;
    six.sin6_port = port;
    if (inet_pton(AF_INET6, host.c_str(), &six.sin6_addr) != 1) return false;
    std::memcpy(&address.storage, &six, sizeof(six));
    address.size = sizeof(six);
    return true;
  }
  sockaddr_in four{};
  four.sin_family = AF_INET;
  four.sin_port = port;
  if (inet_pton(AF_INET, host.c_str(), &four.sin_addr) != 1) return false;
  std::memcpy(&address.storage, &four, sizeof(four));
  address.size = sizeof(four);
  return true;
}

Result<OwnedFd> connect_to(const Address& address, const Deadline& deadline) {
  OwnedFd socket(TRY(gate::descriptor_of(
      gate::call(SYS_socket, address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP))));
  const auto fd = static_cast<uint64_t>(socket.get());
  const int on = 1;  // requests are written whole
  gate::call(SYS_setsockopt, fd, IPPROTO_TCP, TCP_NODELAY, gate::address_of(&on), sizeof(on));
  const int64_t begun = gate::call(SYS_connect, fd, gate::address_of(&address.storage), address.size);
  if (begun == 0) return socket;
  if (begun != -EINPROGRESS && begun != -EINTR) return fail(static_cast<int>(-begun));
  TRY_VOID(deadline.at_most(kConnectMilliseconds).wait(socket.get(), POLLOUT));
  int error = 0;
  socklen_t size = sizeof(error);
  TRY(from_raw(
      gate::call(SYS_getsockopt, fd, SOL_SOCKET, SO_ERROR, gate::address_of(&error), gate::address_of(&size))));
  if (error != 0) return fail(error);
  return socket;
}

}  // namespace

Outcome<CasSocket> connect_to_cas(const std::vector<std::string_view>& addresses, const Deadline& deadline) {
  std::string tried;
  for (const std::string_view text : addresses) {
    if (!tried.empty()) tried += "; ";
    tried += text;
    Address address;
    if (!parse_address(text, address)) {
      return failed("cas.address", "numeric addresses with a port, such as 127.0.0.1:18765 or [::1]:18765",
                    std::string(text), "give another address of CAS");
    }
    auto socket = connect_to(address, deadline);
    if (socket) return CasSocket{.socket = std::move(*socket), .address = text};
    tried += ": " + name_of(socket.error());
  }
  if (addresses.empty()) return failed("cas.address", "an address of CAS", "none", kStart);
  return failed("cas.connect", "a connection to CAS", std::move(tried), kStart);
}

}  // namespace redoubt::shim::attested
