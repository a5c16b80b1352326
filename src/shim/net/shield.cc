// SPDX-License-Identifier: Apache-2.0
//
// Start, fork, exec and end of the network shield. The session's rules with their keys are kept encoded in sealed memory: contexts
// are made from there, and the next image gets the same bytes.
#include "shim/net/shield.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cstring>

#include "shim/files/window.h"
#include "shim/gate/gate.h"
#include "shim/memory/sealed.h"
#include "shim/net/calls.h"
#include "shim/net/claim.h"
#include "shim/net/epoll.h"
#include "shim/net/epoll_tag.h"
#include "shim/net/farewell.h"
#include "shim/net/handshakes.h"
#include "shim/net/hooks.h"
#include "shim/net/log.h"
#include "shim/process/thread.h"
#include "wire/codec.h"

namespace redoubt::shim::net {

std::optional<int64_t> masked_ppoll(Call& call, uint64_t mask);
std::optional<int64_t> masked_pselect6(Call& call, uint64_t mask);
std::optional<int64_t> masked_epoll_pwait(Call& call, uint64_t mask);

namespace {

struct SavedDescriptor {
  uint32_t fd = 0;
  uint8_t kind = 0;
  uint32_t rule = 0;  // plus one; 0: none
};

struct Saved {
  ByteView network;
  uint64_t mark = 0;
  std::vector<SavedDescriptor> descriptors;
};

template <typename Archive>
bool fields(Archive& a, wire::Of<Archive, SavedDescriptor>& m) {
  return a.number(m.fd) && a.number(m.kind) && a.number(m.rule);
}
template <typename Archive>
bool fields(Archive& a, wire::Of<Archive, Saved>& m) {
  return a.bytes(m.network) && a.number(m.mark) && messages(a, m.descriptors);
}

std::span<uint8_t> kept;  // the encoded wire::Network, in sealed memory
size_t kept_size = 0;

attested::Outcome<void> keep(ByteView encoded) {
  const auto memory = sealed::map((encoded.size() + 4095) & ~size_t{4095}, true);
  if (!memory) {
    return attested::failed("memory.sealed", "sealed memory for the keys of the network section", "less",
                            "raise the limit on locked memory (ulimit -l)");
  }
  kept = *memory;
  kept_size = encoded.size();
  std::memcpy(kept.data(), encoded.data(), encoded.size());
  return {};
}

template <typename WireRule>
Rule rule_of(const WireRule& from, const Pattern& pattern) {
  Rule rule;
  rule.pattern = pattern;
  rule.text = from.address;
  rule.tls = from.tls;
  rule.identity = {.certificates = from.identity.certificates, .private_key = from.identity.private_key};
  return rule;
}

std::unexpected<attested::Failure> bad_rule(std::string_view which, std::string_view address,
                                            const std::string& expected, std::string found) {
  return attested::failed("network.rule", std::string(which) + " " + std::string(address) + ": " + expected,
                          std::move(found), "correct the service's network section in the session");
}

attested::Outcome<void> add_listen(const wire::ListenRule& from) {
  const auto pattern = parse_listen(from.address);
  if (!pattern) return bad_rule("listen", from.address, "an address IP:PORT or *:PORT", "something else");
  Rule rule = rule_of(from, *pattern);
  rule.authority = from.client_authority;
  if (rule.tls && (rule.identity.certificates.empty() || rule.identity.private_key.empty())) {
    return bad_rule("listen", from.address, "an identity, where TLS is required", "none");
  }
  policy.listen.push_back(std::move(rule));
  return {};
}

attested::Outcome<void> add_connect(const wire::ConnectRule& from) {
  const auto pattern = parse_connect(from.address);
  if (!pattern) return bad_rule("connect", from.address, "an address HOST:PORT", "something else");
  Rule rule = rule_of(from, *pattern);
  rule.authority = from.server_authority;
  rule.server_name = from.server_name;
  if (rule.server_name.empty() && pattern->host == Pattern::Host::kName) rule.server_name = pattern->name;
  if (rule.server_name.empty() && pattern->host == Pattern::Host::kLoopback) rule.server_name = pattern->name;
  if (rule.tls && rule.authority.empty()) {
    return bad_rule("connect", from.address, "the authority of servers, where TLS is required", "none");
  }
  if (!rule.tls && pattern->host == Pattern::Host::kName) {
    return bad_rule("connect", from.address, "an IP address, a CIDR or *, where TLS is off",
                    "a host name: which address it has only an untrusted name server says, so the rule would open the "
                    "port to every address");
  }
  if (rule.tls && rule.server_name.starts_with("*.")) {
    return bad_rule("connect", from.address, "server_name, where the host is a pattern", "none");
  }
  policy.connect.push_back(std::move(rule));
  return {};
}

// From the kept bytes.
attested::Outcome<void> make_policy() {
  wire::Network network;
  if (!wire::decode(ByteView(kept.data(), kept_size), network)) {
    return attested::failed("network.rule", "a network section", "bytes that are none",
                            "use one release of CAS and runtime");
  }
  policy.refuses_unnamed = network.refuses_unnamed;
  for (const wire::ListenRule& rule : network.listen) TRY_VOID(add_listen(rule));
  for (const wire::ConnectRule& rule : network.connect) TRY_VOID(add_connect(rule));
  return {};
}

attested::Outcome<void> make_contexts(std::vector<Rule>& rules, bool is_server) {
  for (Rule& rule : rules) {
    if (!rule.tls) continue;
    if (const auto made = context_of(rule, is_server); !made) {
      return bad_rule(is_server ? "listen" : "connect", rule.text, "certificates and keys that TLS can use",
                      made.error().message);
    }
  }
  return {};
}

void settle_all();

constexpr Hooks kHooks = {.ppoll = masked_ppoll,
                          .pselect6 = masked_pselect6,
                          .epoll_pwait = masked_epoll_pwait,
                          .before_fork = before_fork,
                          .after_fork = after_fork,
                          .before_vfork = share_sockets,
                          .settle = settle_all,
                          .append_statistics = append_statistics};

void activate() {
  hooks = &kHooks;
  active = true;
}

}  // namespace

attested::Outcome<void> start(const wire::Network& network) {
  if (!network.is_given) return {};
  Bytes encoded = wire::encode(network);
  const auto done = keep(encoded);
  std::ranges::fill(encoded, uint8_t{0});
  asm volatile("" ::"r"(encoded.data()) : "memory");
  if (!done) return done;
  TRY_VOID(make_policy());
  TRY_VOID(make_contexts(policy.listen, true));
  TRY_VOID(make_contexts(policy.connect, false));
  tag::draw_mark();
  // Standard streams may be sockets: a listener is shielded by its rule, a connection that no rule lets be is lost.
  for (int fd = 0; fd <= 2; ++fd) adopt(fd);
  activate();
  return {};
}

// ---- fork ----

namespace {

std::vector<Reference> locked;  // epoll instances, while the process forks

}  // namespace

void before_fork() {
  lock_sockets_for_fork();
  std::vector<Claim*> claims;
  for (const auto& [fd, description] : table::all()) {
    if (description->connection && !description->connection->claim().is_lost()) {
      claims.push_back(&description->connection->claim());
    }
  }
  const auto words = claims.empty() ? nullptr : ClaimWords::create(claims.size());
  size_t index = 0;
  for (Claim* claim : claims) {
    if (words == nullptr) {
      claim->lose();  // nobody could decide whose it is
    } else if (claim->share(words, index)) {
      ++index;
    }
  }
  for (const auto& [fd, description] : table::all()) {
    if (description->epoll && std::ranges::find(locked, description) == locked.end()) locked.push_back(description);
  }
  for (const Reference& instance : locked)
    instance->mutex.lock();  // all of these before: one instance may watch another
  for (const Reference& instance : locked) instance->epoll->mutex.lock();
  handshakes::lock_for_fork();
  table::lock_for_fork();
}

void after_fork(bool is_child) {
  table::unlock_after_fork();
  handshakes::unlock_after_fork();
  for (const Reference& instance : locked) {
    instance->epoll->mutex.unlock();
    if (is_child) instance->epoll->waiters = 0;  // threads that it does not have
    instance->mutex.unlock();
  }
  locked.clear();
  for (const auto& [fd, description] : table::all()) description->nonblocking_known = false;
  unlock_sockets_after_fork();
  if (is_child) {
    table::finish_replacing_after_fork();
    reset_counters();
    farewell::forget_all();
  }
}

// ---- exec ----

namespace {

bool stays_open(int fd) {
  const int64_t flags = gate::call(SYS_fcntl, static_cast<uint64_t>(fd), F_GETFD);
  return !is_error(flags) && (flags & FD_CLOEXEC) == 0;
}

// Of a vfork child: its own descriptors, whatever its parent's table says.
std::vector<SavedDescriptor> strange_descriptors() {
  std::vector<SavedDescriptor> found;
  const int64_t directory = gate::call(SYS_openat, static_cast<uint64_t>(window::get(window::Slot::kProc)),
                                       gate::address_of("self/fd"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (is_error(directory)) return found;
  std::vector<uint8_t> buffer(32768);
  while (true) {
    const int64_t size =
        gate::call(SYS_getdents64, static_cast<uint64_t>(directory), gate::address_of(buffer.data()), buffer.size());
    if (size <= 0 || static_cast<size_t>(size) > buffer.size()) break;
    for (size_t at = 0; at + offsetof(dirent64, d_name) < static_cast<size_t>(size);) {
      const auto* const entry = reinterpret_cast<const dirent64*>(&buffer[at]);
      if (entry->d_reclen == 0) break;
      at += entry->d_reclen;
      int fd = 0;
      const char* digit = entry->d_name;
      for (; *digit >= '0' && *digit <= '9' && fd < table::kTracked; ++digit) fd = fd * 10 + (*digit - '0');
      if (*digit != '\0' || digit == entry->d_name || window::contains(fd) || !table::fits(fd) || !stays_open(fd))
        continue;
      if (const auto strange = classify(fd)) {
        found.push_back(
            {static_cast<uint32_t>(fd), static_cast<uint8_t>(strange->kind), static_cast<uint32_t>(strange->rule + 1)});
      }
    }
  }
  gate::call(SYS_close, static_cast<uint64_t>(directory));
  return found;
}

std::vector<SavedDescriptor> tracked_descriptors() {
  std::vector<SavedDescriptor> found;
  for (const auto& [fd, description] : table::all()) {
    if (!stays_open(fd)) continue;
    const Kind kind = description->kind == Kind::kConnection ? Kind::kLost : description->kind.load();
    found.push_back(
        {static_cast<uint32_t>(fd), static_cast<uint8_t>(kind), static_cast<uint32_t>(description->rule.load() + 1)});
  }
  return found;
}

bool wait_briefly(int fd, short events, const Timeout& patience) {
  constexpr int kWithoutProgress = 1000;  // milliseconds
  pollfd polled = {.fd = fd, .events = events, .revents = 0};
  const int64_t ready = gate::call(SYS_poll, gate::address_of(&polled), 1,
                                   static_cast<uint64_t>(std::min(kWithoutProgress, patience.milliseconds())));
  return ready > 0 && (polled.revents & events) != 0;
}

void settle(Connection& connection, int fd, const Timeout& patience) {
  if (connection.begin_close(fd)) return;
  for (short wait = 0; !connection.go_on_closing(fd, wait);) {
    if (!wait_briefly(fd, wait, patience)) return;
  }
}

// Connections of this process that end with it: close_notify, and what waits, bounded in all.
void settle_all() {
  constexpr int64_t kPatience = 3000000000;
  const Timeout patience(kPatience);
  for (const auto& [fd, description] : table::all()) {
    if (description->kind != Kind::kConnection) continue;
    const std::unique_lock lock(description->mutex, std::try_to_lock);
    if (lock.owns_lock()) settle(*description->connection, fd, patience);
  }
  farewell::wait_for_all(patience);
}

}  // namespace

void save(std::vector<uint8_t>& out) {
  Saved saved;
  saved.network = ByteView(kept.data(), kept_size);
  saved.mark = tag::mark;
  saved.descriptors = current_thread().shares_memory ? strange_descriptors() : tracked_descriptors();
  out = wire::encode(saved, kept_size + saved.descriptors.size() * sizeof(SavedDescriptor) + 256);
}

Result<void> restore(ByteView bytes) {
  Saved saved;
  if (!wire::decode(bytes, saved)) return fail(EINVAL);
  if (!keep(saved.network)) return fail(ENOMEM);
  if (!make_policy()) return fail(EINVAL);
  tag::mark = saved.mark;
  std::vector<std::pair<uint64_t, Reference>> by_inode;  // numbers of one open file
  for (const SavedDescriptor& one : saved.descriptors) {
    const auto fd = static_cast<int>(one.fd);
    if (one.kind > static_cast<uint8_t>(Kind::kEpoll) || !table::fits(fd) || !stays_open(fd)) continue;
    const auto kind = static_cast<Kind>(one.kind);
    Reference made;
    const uint64_t inode = kind == Kind::kEpoll ? 0 : inode_of(fd);
    const auto known = std::ranges::find(by_inode, inode, &std::pair<uint64_t, Reference>::first);
    if (inode != 0 && known != by_inode.end()) {
      table::exchange(fd, known->second);
      continue;
    }
    if (kind == Kind::kEpoll) {  // what the last image watched is not reported any more
      made = std::make_shared<Description>(kind);
      made->epoll = std::make_unique<Epoll>();
    } else {
      made = make_socket(kind);
    }
    made->rule = static_cast<int>(one.rule) - 1;
    made->nonblocking_known = false;
    made->shared = true;
    if (kind == Kind::kListener && (one.rule == 0 || one.rule > policy.listen.size())) return fail(EINVAL);
    by_inode.emplace_back(inode, made);
    table::exchange(fd, std::move(made));
  }
  activate();
  return {};
}

}  // namespace redoubt::shim::net
