// SPDX-License-Identifier: Apache-2.0
//
// The order of an attested start, one step a call. What comes from outside is nothing but a request (of the host) until CAS has
// accepted the evidence, and code and configuration (of CAS) after that. No secret exists in this process before `configuration`.
#include "shim/attested/start.h"

#include <algorithm>
#include <cstring>

#include "attest/report_data.h"
#include "base/text.h"
#include "shim/attested/cas_client.h"
#include "shim/attested/channel.h"
#include "shim/attested/code.h"
#include "shim/attested/configuration.h"
#include "shim/attested/connect.h"
#include "shim/attested/hardening.h"
#include "shim/attested/instance_key.h"
#include "shim/attested/las_client.h"
#include "shim/attested/openssl_start.h"
#include "shim/attested/pool.h"
#include "shim/attested/request.h"
#include "shim/attested/state.h"
#include "shim/attested/stopwatch.h"
#include "shim/attested/tag_keeper.h"
#include "shim/files/namespace.h"
#include "shim/launch.h"
#include "shim/memory/sealed.h"
#include "shim/net/shield.h"
#include "shim/process/wipe.h"
#include "shim/volumes/mounts.h"

namespace redoubt::shim::attested {
namespace {

constexpr int64_t kConnectMilliseconds = 30000;  // to one of several addresses

Outcome<void> start_sealed_memory(bool insecure) {
  if (const auto started = sealed::start(insecure); !started) {
    const bool limit = started.error() == as_errno(ENOMEM);
    return failed("memory.sealed", "memory that the kernel cannot read (memfd_secret, Linux 5.14)",
                  name_of(started.error()),
                  limit ? "raise the limit on locked memory (ulimit -l) to 8192 or more"
                        : "before Linux 6.5 boot with secretmem.enable=1; or accept that root can read the keys: "
                          "--insecure-unsealed-keys");
  }
  if (start_openssl()) return {};
  return failed("memory.sealed", "1 MiB of sealed memory", "less",
                "raise the limit on locked memory (ulimit -l) to 8192 or more");
}

// Evidence about this process that is good for this connection, this key and this challenge only.
Outcome<Bytes> evidence(const Request& request, const Channel& channel, const InstanceKey& key, CasClient& cas) {
  const auto challenge = TRY(cas.exchange<wire::ChallengeReply>("/v1/attest/challenge"));
  if (challenge.version != wire::kAttestVersion) {
    return failed("cas.protocol", "attestation protocol version 1", "another version",
                  "use CAS and runtime of one release");
  }
  attest::ChannelBinding binding = {
      .exporter = channel.exporter(), .instance_key = {}, .cas_key = channel.server_key(), .nonce = challenge.nonce};
  std::memcpy(binding.instance_key.data(), key.public_key, binding.instance_key.size());
  // Whoever starts the run chooses both, so the evidence must say what they allow: others can look at this process.
  const bool observable = request.launch.trace || sealed::is_insecure();
  return evidence_from_las(request.launch.las_socket, attest::report_data_of(binding), observable);
}

Outcome<wire::CodeManifest> attest(const Request& request, const InstanceKey& key, ByteView evidence, CasClient& cas) {
  wire::AttestRequest message;
  message.session = request.launch.session;
  message.service = request.launch.service;
  message.one_time_password = request.launch.one_time_password;
  message.service_access_token = request.launch.service_access_token;
  std::memcpy(message.instance_key.data(), key.public_key, message.instance_key.size());
  message.evidence = evidence;
  message.host_arguments = request.arguments;
  message.host_environment = request.environment;
  Bytes encoded = wire::encode(message);
  if (encoded.size() > wire::kLargestAttestRequest) {
    return failed("launch.request", "at most 1 MiB of evidence, arguments and environment of the host", "more",
                  "start the run with fewer arguments or a smaller environment");
  }
  const auto body = cas.post("/v1/attest", encoded);
  wipe(encoded);
  wire::CodeManifest manifest;
  if (!body) return std::unexpected(body.error());
  if (!wire::decode(*body, manifest) || manifest.version != wire::kAttestVersion) {
    return failed("cas.protocol", "a code manifest of version 1", "another message",
                  "use CAS and runtime of one release");
  }
  return manifest;
}

Outcome<wire::Configuration> configuration(CasClient& cas) {
  wire::CodeReport report;
  report.verified = true;
  auto received = TRY(cas.exchange<wire::Configuration>("/v1/attest/configuration", report));
  if (received.version != wire::kAttestVersion) {
    return failed("cas.protocol", "a configuration of version 1", "another version",
                  "use CAS and runtime of one release");
  }
  return received;
}

Outcome<void> set_working_directory(std::string_view path) {
  if (path.empty()) path = "/";
  const auto set = file_namespace::set_working_directory(std::string(path));
  if (set) return {};
  return failed("configuration.pwd", "a directory that exists in this run",
                std::string(path) + ": " + name_of(set.error()), "correct the service's pwd in the session");
}

// Views of the answers are used up when this returns.
Outcome<void> apply(CasClient& cas, const wire::Configuration& received, Handover& handover) {
  TRY_VOID(volumes::start(received.volumes));
  TRY_VOID(inject_files(cas, received));
  TRY_VOID(set_working_directory(received.working_directory));
  handover.environment = TRY(environment_of(received));
  handover.files = TRY(find_program(received));
  TRY_VOID(net::start(received.network));
  TRY_VOID(volumes::claim());  // it ends other instances: nothing that may fail comes after it
  if (received.standard_streams == wire::StandardStreams::kDiscard) TRY_VOID(discard_standard_streams());
  return {};
}

// Whether OpenSSL and its pool stay for the program's run: for its connections, or those to CAS with tags of volumes.
bool needs_openssl(const wire::Configuration& received) {
  return received.network.is_given || std::ranges::any_of(received.volumes, [](const wire::MountedVolume& volume) {
           // The tag of a sealed tree was kept when it was mounted: nothing changes it while the program runs.
           return volume.files == wire::VolumeFiles::kEncrypted &&
                  (volume.updates == wire::VolumeUpdates::kRollbackProtected || volume.initialise || volume.as_found);
         });
}

Outcome<bool> attested_start(const Request& request, Handover& handover) {
  Stopwatch watch(request.launch.stats);
  TRY_VOID(leave_inherited_descriptors());
  forbid_inspection();
  forbid_core_files();
  launch::open_descriptors(
      handover, {.trace = std::string(request.launch.trace_output), .stats = std::string(request.launch.stats_output)});
  TRY_VOID(start_sealed_memory(request.launch.insecure_unsealed_keys));
  watch.lap("sealed memory, OpenSSL");
  InstanceKey* key = TRY(make_instance_key());
  watch.lap("instance key");
  CasSocket cas_socket = TRY(connect_to_cas(request.launch.cas_addresses, Deadline::in(kConnectMilliseconds)));
  Channel channel = TRY(Channel::open(std::move(cas_socket.socket), request.launch.cas_key, attest::kExporterLabel,
                                      Channel::handshake_deadline()));
  watch.lap("connect, TLS handshake");
  CasClient cas(channel, std::string(request.launch.cas_addresses.front()));
  const Bytes quote = TRY(evidence(request, channel, *key, cas));
  watch.lap("challenge, evidence of LAS");
  const wire::CodeManifest manifest = TRY(attest(request, *key, quote, cas));
  watch.lap("attestation");
  TRY_VOID(verify_code(cas, manifest));
  watch.lap("code");
  const wire::Configuration received = TRY(configuration(cas));
  watch.lap("configuration");
  // Before volumes are opened: the first tag of a new one is kept there.
  set_state({.session = std::string(request.launch.session),
             .service = std::string(request.launch.service),
             .session_hash = std::string(received.session_hash),
             .instance_key = key});
  set_cas_address({.address = cas_socket.address, .server_key = channel.server_key()});
  TRY_VOID(apply(cas, received, handover));
  watch.lap("files, program");
  channel.close();
  watch.lap("close");
  return needs_openssl(received);
}

}  // namespace

Handover start(const char* descriptor, int argc, char** argv, char** environment, uint64_t host_signals) {
  wipe_freed_memory();
  const auto request = read_request(descriptor, argc, argv, environment);
  if (!request) report_and_exit(request.error());
  Handover handover;
  handover.signal_mask = host_signals;
  handover.options.trace = request->launch.trace;
  handover.options.trace_filter = request->launch.trace_filter;
  handover.options.stats = request->launch.stats;
  if (request->launch.chooses_patching) {
    handover.options.patch_after = std::min(request->launch.patch_after, Options::kLargestPatchAfter);
  }
  const auto done = attested_start(*request, handover);
  if (!done) report_and_exit(done.error());
  if (*done) {
    keep_openssl();
  } else {
    close_tag_connection();
    stop_openssl();
    pool::end();
  }
  forget_request();
  wipe_stack_below();
  return handover;
}

}  // namespace redoubt::shim::attested
