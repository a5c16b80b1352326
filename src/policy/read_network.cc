// SPDX-License-Identifier: Apache-2.0
//
// services[].network: where the program listens and connects, and which of it is shielded by TLS.
#include <set>

#include "policy/read_parts.h"
#include "policy/syntax.h"

namespace redoubt::policy {
namespace {

using enum Presence;

void read_authority(Reader& reader, const Node& node, std::string purpose, std::string& authority) {
  if (node.kind == Node::Kind::kScalar && node.text == "none") return;
  reader.refer(Target::kSecret, node, std::move(purpose), {SecretKind::kX509Ca});
  authority = node.text;
}

void read_identity(Reader& reader, const Node& node, std::string& identity) {
  reader.refer(Target::kSecret, node, "the identity", {SecretKind::kX509});
  identity = node.text;
}

// What is probably wrong with an address.
std::string address_hint(std::string_view text, bool listens) {
  const size_t colon = text.rfind(':');
  const bool bracketed = text.starts_with('[');
  if (!bracketed && text.find(':') != colon) return "an IPv6 address stands in brackets: \"[::1]:443\"";
  if (colon == std::string_view::npos || (bracketed && text.ends_with(']'))) return "add the port: \"HOST:443\"";
  const std::string_view host = text.substr(0, colon);
  if (bracketed && host.find(':') == std::string_view::npos) return "brackets are for IPv6 addresses";
  const std::string_view port = text.substr(colon + 1);
  const bool digits = !port.empty() && port.find_first_not_of("0123456789") == std::string_view::npos;
  if (port != "*" && (!digits || port.size() > 5 || std::stoi(std::string(port)) > 65535 || port == "0")) {
    return "a port is a number from 1 to 65535, or *";
  }
  if (listens && host.find('/') != std::string_view::npos) return "a program binds to one address, or to *";
  if (host.find('/') != std::string_view::npos) return "a CIDR is such as 10.0.0.0/8:443 or [fd00::/8]:443";
  if (host.find_first_not_of("0123456789.") == std::string_view::npos)
    return "an IPv4 address has four numbers up to 255";
  if (listens) return "write the IP address that the program binds to, or *";
  return "a name has letters, digits and hyphens between dots";
}

void read_address(Reader& reader, const Node& node, bool (*is_address)(std::string_view), bool listens,
                  std::string expected, std::string& address) {
  if (node.kind == Node::Kind::kScalar && is_address(node.text)) {
    address = node.text;
  } else {
    reader.wrong(node, std::move(expected), node.kind == Node::Kind::kScalar ? address_hint(node.text, listens) : "");
  }
}

constexpr Key<ListenRule> kListenKeys[] = {
    {"address", kRequired,
     [](Reader& r, const Node& n, ListenRule& l) {
       read_address(r, n, is_listen_address, true, "an address IP:PORT or *:PORT", l.address);
     }},
    {"tls", kOptional, [](Reader& r, const Node& n, ListenRule& l) { store(l.tls, r.choice(n, kTlsWords)); }},
    {"identity", kOptional, [](Reader& r, const Node& n, ListenRule& l) { read_identity(r, n, l.identity); }},
    {"client_auth", kOptional,
     [](Reader& r, const Node& n, ListenRule& l) { read_authority(r, n, "the authority of clients", l.client_auth); }},
};

constexpr Key<ConnectRule> kConnectKeys[] = {
    {"address", kRequired,
     [](Reader& r, const Node& n, ConnectRule& c) {
       read_address(r, n, is_connect_address, false,
                    "an address HOST:PORT, where HOST is a name, an IP, a CIDR or * and PORT may be *", c.address);
     }},
    {"tls", kOptional, [](Reader& r, const Node& n, ConnectRule& c) { store(c.tls, r.choice(n, kTlsWords)); }},
    {"identity", kOptional, [](Reader& r, const Node& n, ConnectRule& c) { read_identity(r, n, c.identity); }},
    {"server_auth", kOptional,
     [](Reader& r, const Node& n, ConnectRule& c) { read_authority(r, n, "the authority of servers", c.server_auth); }},
    {"server_name", kOptional,
     [](Reader& r, const Node& n, ConnectRule& c) {
       if (n.kind != Node::Kind::kScalar || !(is_host_name(n.text) || is_ip_address(n.text))) {
         return r.wrong(n, "a host name or an IP address");
       }
       c.server_name = n.text;
     }},
};

// tls: required without what it needs, or tls: off with what it would ignore.
template <typename Rule>
void check_tls(Reader& reader, const Node& node, const Rule& rule, std::string_view needed,
               std::span<const std::string_view> tls_keys) {
  if (rule.tls == Tls::kRequired && node.find(needed) == nullptr) {
    reader.error(node.at, "the key " + quoted(needed) + " where TLS is required", "none",
                 "add " + std::string(needed) + ": a secret, or tls: off");
  }
  if (rule.tls == Tls::kOff) {
    reader.warn(node.at, "insecure: tls: off leaves this address unprotected", "use tls: required");
    for (const std::string_view key : tls_keys) {
      if (node.find(key) == nullptr) continue;
      reader.error(node.find(key)->at, "no " + std::string(key) + " where TLS is off", "one", "remove it, or tls: off");
    }
  }
}

constexpr std::string_view kListenTlsKeys[] = {"identity", "client_auth"};
constexpr std::string_view kConnectTlsKeys[] = {"identity", "server_auth", "server_name"};

// One address, one rule: of two, nobody could say which holds.
template <typename Rule>
void check_unique(Reader& reader, const Node& node, const std::vector<Rule>& rules) {
  std::set<std::string> seen;
  for (size_t index = 0; index < rules.size() && index < node.items.size(); ++index) {
    if (rules[index].address.empty() || seen.insert(lower_case(rules[index].address)).second) continue;
    reader.error(node.items[index].at, "each address once", quoted(rules[index].address) + " again",
                 "remove one of them");
  }
}

void read_listen(Reader& reader, const Node& node, Network& network) {
  reader.each(node, [&](const Node& item) {
    ListenRule& rule = network.listen.emplace_back();
    if (read_map(reader, item, kListenKeys, rule)) check_tls(reader, item, rule, "identity", kListenTlsKeys);
  });
  check_unique(reader, node, network.listen);
}

void read_connect(Reader& reader, const Node& node, Network& network) {
  reader.each(node, [&](const Node& item) {
    ConnectRule& rule = network.connect.emplace_back();
    if (!read_map(reader, item, kConnectKeys, rule)) return;
    check_tls(reader, item, rule, "server_auth", kConnectTlsKeys);
    if (rule.tls == Tls::kRequired && rule.server_name.empty() && !rule.address.empty() &&
        one_host_of(rule.address).empty()) {
      reader.warn(item.at, "without server_name any server of that authority is trusted at this address",
                  "add server_name: what the certificate must be for");
    }
  });
  check_unique(reader, node, network.connect);
}

constexpr Key<Network> kKeys[] = {
    {"default", kOptional,
     [](Reader& r, const Node& n, Network& w) {
       store(w.unnamed, r.choice(n, kUnnamedWords));
       if (w.unnamed != Unnamed::kUnprotected) return;
       r.warn(n.at, "insecure: default: unprotected lets the program use addresses not named here in the clear",
              "use default: refuse and name the addresses");
     }},
    {"listen", kOptional, read_listen},
    {"connect", kOptional, read_connect},
};

}  // namespace

void read_network(Reader& reader, const Node& node, Network& network) { read_map(reader, node, kKeys, network); }

}  // namespace redoubt::policy
