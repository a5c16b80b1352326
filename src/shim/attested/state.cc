// SPDX-License-Identifier: Apache-2.0
#include "shim/attested/state.h"

#include <cstring>

#include "shim/attested/hardening.h"
#include "shim/attested/openssl_start.h"
#include "shim/attested/tag_keeper.h"
#include "shim/files/namespace.h"
#include "shim/files/window.h"
#include "shim/memory/sealed.h"
#include "shim/net/shield.h"
#include "shim/process/crash.h"
#include "shim/process/wipe.h"
#include "shim/volumes/mounts.h"
#include "wire/codec.h"

namespace redoubt::shim::attested {
namespace {

const State* current = nullptr;
State kept;

struct Saved {
  std::string_view session;
  std::string_view service;
  std::string_view session_hash;
  bool unsealed = false;
  ByteView instance_key;
  std::string_view cas_address;
  ByteArray<32> cas_key{};
  ByteView file_namespace;  // empty: none
  ByteView volumes;
  ByteView network;  // empty: not shielded
};

template <typename Archive>
bool fields(Archive& a, wire::Of<Archive, Saved>& m) {
  return a.text(m.session) && a.text(m.service) && a.text(m.session_hash) && a.flag(m.unsealed) &&
         a.bytes(m.instance_key) && a.text(m.cas_address) && a.array(m.cas_key) && a.bytes(m.file_namespace) &&
         a.bytes(m.volumes) && a.bytes(m.network);
}

std::unexpected<Failure> not_a_state() {
  return failed("exec.handover", "what the program before exec handed over", "something else",
                "start the program again; if it comes back, this is a bug of Redoubt");
}

// What cannot be taken up: almost always for want of memory.
std::unexpected<Failure> not_taken_up(std::string_view what, Errno error) {
  if (error == as_errno(EINVAL)) return not_a_state();
  return failed("exec.memory", "memory for " + std::string(what) + " after exec", name_of(error),
                "raise the limit on locked memory (ulimit -l), or see whether memory is short");
}

Outcome<void> restore_parts(const Saved& saved, bool is_attested) {
  // Only a debug run goes without a namespace. An attested one would see the host's files; volumes are mounted nowhere else.
  if (saved.file_namespace.empty() && (is_attested || !saved.volumes.empty())) return not_a_state();
  if (!saved.file_namespace.empty()) {
    const auto files = file_namespace::restore(saved.file_namespace);
    if (!files) return not_taken_up("the session's files", files.error());
    TRY_VOID(volumes::restore(saved.volumes));
  }
  if (saved.network.empty()) return {};
  const auto network = net::restore(saved.network);
  if (!network) return not_taken_up("the session's network rules", network.error());
  return {};
}

}  // namespace

const State* state() { return current; }
void keep_cas_address(const CasAddress& address) {
  kept.cas_address = address.address;
  kept.cas_key = address.server_key;
}

void set_state(State state) {
  kept = std::move(state);
  current = &kept;
  keep_program_out_of_reports();
}

void save(std::vector<uint8_t>& out) {
  std::vector<uint8_t> files;
  std::vector<uint8_t> volumes;
  if (file_namespace::is_active()) {
    file_namespace::save(files);
    volumes::save(volumes);
  }
  std::vector<uint8_t> network;
  if (net::is_active()) net::save(network);
  Saved saved;
  if (current != nullptr) {
    saved = {.session = current->session,
             .service = current->service,
             .session_hash = current->session_hash,
             .instance_key = {reinterpret_cast<const uint8_t*>(current->instance_key), sizeof(InstanceKey)},
             .cas_address = current->cas_address,
             .cas_key = current->cas_key,
             .file_namespace = {},
             .volumes = {},
             .network = {}};
  }
  saved.unsealed = sealed::is_insecure();
  saved.file_namespace = files;
  saved.volumes = volumes;
  saved.network = network;
  constexpr size_t kAllElse = 8192;  // names, hash, key
  out = wire::encode(saved, files.size() + volumes.size() + network.size() + kAllElse);
  wipe(network);
  wipe(files);
  wipe(volumes);
}

Outcome<void> resume(ByteView bytes) {
  Saved saved;
  if (!wire::decode(bytes, saved)) return not_a_state();
  use_processor_features();          // the code files' hashes
  if (saved.instance_key.empty()) {  // --insecure-manifest: a namespace, and nothing to keep secret
    sealed::adopt(saved.unsealed);
    return restore_parts(saved, false);
  }
  if (saved.instance_key.size() != sizeof(InstanceKey)) return not_a_state();
  forbid_inspection();  // ended with the exec
  wipe_freed_memory();
  sealed::adopt(saved.unsealed);
  const auto allocated = allocate_instance_key();
  if (!allocated) return not_taken_up("the instance key", allocated.error());
  InstanceKey* const key = *allocated;
  std::memcpy(key, saved.instance_key.data(), sizeof(*key));
  set_state({.session = std::string(saved.session),
             .service = std::string(saved.service),
             .session_hash = std::string(saved.session_hash),
             .instance_key = key});
  set_cas_address({.address = saved.cas_address, .server_key = saved.cas_key});
  window::clear(window::Slot::kTags);  // the previous image's connection ended with it
  return restore_parts(saved, true);
}

}  // namespace redoubt::shim::attested
