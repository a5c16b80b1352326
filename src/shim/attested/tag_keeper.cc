// SPDX-License-Identifier: Apache-2.0
//
// One connection a process, in a slot of the window of descriptors, which the program cannot touch. It is built aside and then
// published, so that a child of fork finds either none or a whole one, whatever the parent's other threads were doing.
#include "shim/attested/tag_keeper.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <memory>
#include <mutex>
#include <new>

#include "crypto/hex.h"
#include "shim/attested/cas_client.h"
#include "shim/attested/channel.h"
#include "shim/attested/connect.h"
#include "shim/attested/openssl_start.h"
#include "shim/attested/openssl_use.h"
#include "shim/attested/state.h"
#include "shim/files/window.h"
#include "shim/gate/gate.h"
#include "wire/instance_protocol.h"

namespace redoubt::shim::attested {
namespace {

constexpr int64_t kMilliseconds = 10000;  // for one tag, everything included
constexpr int64_t kPauseMilliseconds = 50;

class Connection {
 public:
  Connection(Channel channel, std::string host) : channel_(std::move(channel)), host_(std::move(host)) {}

  Outcome<ByteView> introduce(const State& state, const Deadline& deadline) {
    CasClient cas(channel_, host_);
    cas.expect_answers_by(deadline);
    const auto challenge = TRY(cas.exchange<wire::ChallengeReply>("/v1/instance/challenge"));
    Bytes message(wire::kInstanceSignatureLabel.begin(), wire::kInstanceSignatureLabel.end());
    for (const ByteView part : {ByteView(channel_.exporter()), ByteView(state.cas_key), ByteView(challenge.nonce)}) {
      message.insert(message.end(), part.begin(), part.end());
    }
    wire::InstanceHello hello;
    std::ranges::copy(state.instance_key->public_key, hello.instance_key.begin());
    const auto signature = [&] {
      const OpensslUse use;
      return sign(*state.instance_key, message);
    }();
    if (!signature) return out_of_memory();
    hello.signature = *signature;
    return cas.post("/v1/instance", wire::encode(hello));
  }

  Outcome<ByteView> keep(const wire::VolumeTagRequest& request, const Deadline& deadline) {
    CasClient cas(channel_, host_);
    cas.expect_answers_by(deadline);
    return cas.post("/v1/volumes/tag", wire::encode(request));
  }

  static std::unexpected<Failure> out_of_memory() {
    return failed("memory.sealed", "room for a connection to CAS in sealed memory", "ENOMEM",
                  "raise the limit on locked memory (ulimit -l) to 8192 or more");
  }

 private:
  Channel channel_;
  std::string host_;
};

struct Shared {
  std::mutex lock;  // outermost of attested/; guards the rest
  Connection* connection = nullptr;
};
// Rebuilt in a child of fork, in which the lock may be held by nobody that is there.
alignas(Shared) uint8_t shared_memory[sizeof(Shared)];
Shared& shared() {
  static Shared* const made = new (shared_memory) Shared;
  return *made;
}
// Whose memory this is. Another process that is here shares it.
constinit int64_t owner = 0;

int64_t own_pid() { return gate::call(SYS_getpid); }

Outcome<std::unique_ptr<Connection>> connect(const State& state, bool in_window, const Deadline& deadline) {
  if (!ensure_openssl()) return Connection::out_of_memory();
  CasSocket made = TRY(connect_to_cas({state.cas_address}, deadline));
  OwnedFd socket = std::move(made.socket);
  if (in_window) {
    if (const auto moved = window::put_for_this_image(window::Slot::kTags, socket.release()); !moved) {
      return failed("cas.connect", "a descriptor for the connection to CAS", name_of(moved.error()),
                    "raise the limit on open files (ulimit -n)");
    }
    socket = OwnedFd(window::get(window::Slot::kTags));
  }
  auto channel =
      TRY(Channel::open(std::move(socket), crypto::to_hex(state.cas_key), wire::kInstanceExporterLabel, deadline));
  auto connection = std::unique_ptr<Connection>(new Connection(std::move(channel), state.cas_address));
  const auto known = connection->introduce(state, deadline);
  if (!known) return std::unexpected(known.error());
  return connection;
}

void drop(Shared& mine) {
  delete mine.connection;
  mine.connection = nullptr;
  window::clear(window::Slot::kTags);
}

Outcome<ByteView> keep_on_own(const State& state, const wire::VolumeTagRequest& request, const Deadline& deadline) {
  Shared& mine = shared();
  const std::lock_guard guard(mine.lock);
  if (mine.connection != nullptr) {
    auto kept = mine.connection->keep(request, deadline);
    // A refusal is an answer. Anything else may be a CAS that was restarted, and a tag that it has or has not.
    if (kept || kept.error().status == kRefused) return kept;
    drop(mine);
  }
  auto made = connect(state, true, deadline);
  if (!made) {
    window::clear(window::Slot::kTags);
    return std::unexpected(made.error());
  }
  mine.connection = made->release();
  auto kept = mine.connection->keep(request, deadline);
  if (!kept) drop(mine);
  return kept;
}

// In a process that shares its parent's memory: the descriptors are copies, or the parent's, and the connection is not ours.
Outcome<ByteView> keep_on_another(const State& state, const wire::VolumeTagRequest& request, const Deadline& deadline) {
  const auto connection = TRY(connect(state, false, deadline));
  return connection->keep(request, deadline);
}

}  // namespace

Result<void> CasTagKeeper::keep(const volume::Tag& tag) {
  const State* state = attested::state();
  if (state == nullptr || state->instance_key == nullptr) return fail(EIO);
  wire::VolumeTagRequest request;
  request.volume = volume_;
  request.lease = lease_;
  request.tag = {.sequence = tag.sequence, .mac = tag.mac};
  const Deadline deadline = Deadline::in(kMilliseconds);
  const bool shares_memory = owner != own_pid();
  const auto send = [&] {
    return shares_memory ? keep_on_another(*state, request, deadline) : keep_on_own(*state, request, deadline);
  };
  auto kept = send();
  // A CAS that was restarted, or a connection that broke before the answer: the same tag again. CAS takes the one that it has.
  while (!kept && kept.error().status != kRefused && kept.error().check.starts_with("cas.") &&
         deadline.pause(kPauseMilliseconds)) {
    kept = send();
  }
  if (kept) return {};
  report_in_one_line("CAS did not keep the tag of a volume, which takes no more changes", kept.error());
  return fail(EIO);
}

void set_cas_address(const CasAddress& address) {
  keep_cas_address(address);
  owner = own_pid();
}

void close_tag_connection() {
  Shared& mine = shared();
  const std::lock_guard guard(mine.lock);
  drop(mine);
}

void forget_connection_after_fork() {
  if (owner == 0) return;
  Shared& mine = shared();
  // A connection in the middle of a request is left as it is: another thread of the parent was using it.
  Connection* const connection = mine.lock.try_lock() ? mine.connection : nullptr;
  new (&mine) Shared;
  owner = own_pid();
  if (connection != nullptr) delete connection;
  if (window::get(window::Slot::kTags) >= 0) window::clear(window::Slot::kTags);
}

}  // namespace redoubt::shim::attested
