// SPDX-License-Identifier: Apache-2.0
//
// How a runtime gets its configuration from CAS. One TLS 1.3 connection (full handshake, no resumption, no early data), HTTP/1.1
// with keep-alive, these requests in this order, each with the previous one's state of the connection:
//
//   POST /v1/attest/challenge       empty                ─► ChallengeReply      a nonce, for one use on this connection
//   POST /v1/attest                 AttestRequest        ─► CodeManifest        evidence accepted; what may be loaded
//   POST /v1/attest/configuration   CodeReport           ─► Configuration       all code was verified; the secrets
//   POST /v1/attest/templates       TemplateRequest      ─► TemplateReply       only for injection files read from disk
//
// Bodies have the content type kWireType, answers 200. With any other status the body is a Problem, also of type kWireType (to
// requests of another type: application/problem+json), and the connection is good for nothing more. No secret leaves CAS before
// the runtime has reported that every file of the manifest has its hash; a report of the opposite goes to the audit log.
#pragma once

#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "wire/codec.h"
#include "wire/problem.h"

namespace redoubt::wire {

inline constexpr uint16_t kAttestVersion = 1;
inline constexpr std::string_view kWireType = "application/vnd.redoubt.wire";
inline constexpr size_t kLargestAttestRequest = 1 << 20;           // bytes; with the host's arguments and environment
inline constexpr size_t kLargestConfiguration = size_t{16} << 20;  // of any reply

struct ChallengeReply {
  uint16_t version = kAttestVersion;
  ByteArray<32> nonce{};
};

struct HostVariable {
  std::string_view name;
  std::string_view value;
};

struct AttestRequest {
  uint16_t version = kAttestVersion;
  std::string_view session;
  std::string_view service;
  std::string_view one_time_password;     // empty: none
  std::string_view service_access_token;  // empty: none
  ByteArray<64> instance_key{};           // P-256, x || y big-endian, fresh for this process
  ByteView evidence;
  std::vector<std::string_view> host_arguments;  // @@1 is the first
  std::vector<HostVariable> host_environment;    // as the launcher gave it, doubles included; for "@@NAME"
};

enum class CodeKind : uint8_t { kFile, kLink };

struct CodeEntry {
  std::string_view path;  // absolute
  CodeKind kind = CodeKind::kFile;
  ByteArray<32> sha256{};   // kFile
  std::string_view target;  // kLink: of the symbolic link
};

struct CodeManifest {
  uint16_t version = kAttestVersion;
  std::vector<CodeEntry> code;                     // sorted by path
  std::vector<std::string_view> host_directories;  // absolute
  std::vector<std::string_view> host_devices;      // absolute
  std::vector<std::string_view>
      required_features;  // what the runtime must know to keep the session's promises: "volumes"
};

struct CodeReport {
  bool verified = false;
  std::string_view path;  // the file that is not what the session says, when not verified
  Problem problem;
};

struct EnvironmentVariable {
  std::string_view name;
  std::string_view value;
};

struct InjectedFile {
  std::string_view path;       // absolute
  uint16_t permission = 0700;  // mode bits
  bool from_disk = false;      // the content is to be made from the file of that path by TemplateRequest
  ByteView content;
};

enum class StandardStreams : uint8_t { kInherit, kDiscard };

// ---- volumes (docs/volume-format.md, docs/cas-sessions.md) ----

enum class VolumeFiles : uint8_t { kEncrypted, kAuthenticatedOnly };
enum class VolumeUpdates : uint8_t { kRollbackProtected, kEphemeral, kNoRollbackProtection };

struct VolumeTag {
  uint64_t sequence = 0;
  ByteArray<32> mac{};
};

struct MountedVolume {
  std::string_view name;        // in the session; of imported ones the local name
  std::string_view mount_path;  // absolute; the ciphertext lies in the host's directory of the same path
  ByteArray<16> id{};           // CAS's own, random: the name in VolumeTagRequest
  VolumeFiles files = VolumeFiles::kEncrypted;
  bool is_code = false;  // the service's code: {volume: ...}; kAuthenticatedOnly then
  VolumeUpdates updates = VolumeUpdates::kRollbackProtected;
  ByteArray<32> key{};
  uint64_t lease = 0;       // of this instance; one more than any before. A tag with an older lease is refused
  bool initialise = false;  // no tag was ever acknowledged: nothing was written, and what is there may be overwritten
  bool as_found =
      false;      // the owner said to take what is there, once: it is not held against a tag, and its tag is awaited
  VolumeTag tag;  // when neither
};

// ---- network ----

struct NetworkIdentity {
  std::string_view certificates;  // PEM, end entity first; empty: no identity
  std::string_view private_key;   // PEM, PKCS#8
};

struct ListenRule {
  std::string_view address;  // as in the session: "0.0.0.0:6379", "[::]:6379", port may be *
  bool tls = true;           // false: tls: off
  NetworkIdentity identity;
  std::string_view client_authority;  // PEM; empty: clients need no certificate
};

struct ConnectRule {
  std::string_view address;  // host name, IP, CIDR or *, and a port or *
  bool tls = true;
  NetworkIdentity identity;
  std::string_view server_authority;  // PEM
  std::string_view server_name;       // empty: the host of the address
};

struct Network {
  bool is_given = false;        // the service has a network section
  bool refuses_unnamed = true;  // default: refuse
  std::vector<ListenRule> listen;
  std::vector<ConnectRule> connect;
};

struct Configuration {
  uint16_t version = kAttestVersion;
  std::string_view session_hash;            // 64 hexadecimal digits
  std::vector<std::string_view> arguments;  // argv, filled; at least one
  std::vector<EnvironmentVariable> environment;
  std::string_view working_directory;
  StandardStreams standard_streams = StandardStreams::kInherit;
  std::vector<InjectedFile> injected_files;
  std::vector<MountedVolume> volumes;
  Network network;
};

struct Template {
  std::string_view path;
  ByteView text;
};
struct TemplateRequest {
  std::vector<Template> templates;
};
struct TemplateReply {
  std::vector<Template> filled;  // in the order of the request
};

template <typename Archive>
bool fields(Archive& a, Of<Archive, ChallengeReply>& m) {
  return a.number(m.version) && a.array(m.nonce);
}
template <typename Archive>
bool fields(Archive& a, Of<Archive, HostVariable>& m) {
  return a.text(m.name) && a.text(m.value);
}
template <typename Archive>
bool fields(Archive& a, Of<Archive, AttestRequest>& m) {
  return a.number(m.version) && a.text(m.session) && a.text(m.service) && a.text(m.one_time_password) &&
         a.text(m.service_access_token) && a.array(m.instance_key) && a.bytes(m.evidence) &&
         texts(a, m.host_arguments) && messages(a, m.host_environment);
}
template <typename Archive>
bool fields(Archive& a, Of<Archive, CodeEntry>& m) {
  return a.text(m.path) && a.choice(m.kind, CodeKind::kLink) && a.array(m.sha256) && a.text(m.target);
}
template <typename Archive>
bool fields(Archive& a, Of<Archive, CodeManifest>& m) {
  return a.number(m.version) && messages(a, m.code) && texts(a, m.host_directories) && texts(a, m.host_devices) &&
         texts(a, m.required_features);
}
template <typename Archive>
bool fields(Archive& a, Of<Archive, CodeReport>& m) {
  return a.flag(m.verified) && a.text(m.path) && fields(a, m.problem);
}
template <typename Archive>
bool fields(Archive& a, Of<Archive, EnvironmentVariable>& m) {
  return a.text(m.name) && a.text(m.value);
}
template <typename Archive>
bool fields(Archive& a, Of<Archive, InjectedFile>& m) {
  return a.text(m.path) && a.number(m.permission) && a.flag(m.from_disk) && a.bytes(m.content);
}
template <typename Archive>
bool fields(Archive& a, Of<Archive, VolumeTag>& m) {
  return a.number(m.sequence) && a.array(m.mac);
}
template <typename Archive>
bool fields(Archive& a, Of<Archive, MountedVolume>& m) {
  return a.text(m.name) && a.text(m.mount_path) && a.array(m.id) &&
         a.choice(m.files, VolumeFiles::kAuthenticatedOnly) && a.flag(m.is_code) &&
         a.choice(m.updates, VolumeUpdates::kNoRollbackProtection) && a.array(m.key) && a.number(m.lease) &&
         a.flag(m.initialise) && a.flag(m.as_found) && fields(a, m.tag);
}
template <typename Archive>
bool fields(Archive& a, Of<Archive, NetworkIdentity>& m) {
  return a.text(m.certificates) && a.text(m.private_key);
}
template <typename Archive>
bool fields(Archive& a, Of<Archive, ListenRule>& m) {
  return a.text(m.address) && a.flag(m.tls) && fields(a, m.identity) && a.text(m.client_authority);
}
template <typename Archive>
bool fields(Archive& a, Of<Archive, ConnectRule>& m) {
  return a.text(m.address) && a.flag(m.tls) && fields(a, m.identity) && a.text(m.server_authority) &&
         a.text(m.server_name);
}
template <typename Archive>
bool fields(Archive& a, Of<Archive, Network>& m) {
  return a.flag(m.is_given) && a.flag(m.refuses_unnamed) && messages(a, m.listen) && messages(a, m.connect);
}
template <typename Archive>
bool fields(Archive& a, Of<Archive, Configuration>& m) {
  return a.number(m.version) && a.text(m.session_hash) && texts(a, m.arguments) && messages(a, m.environment) &&
         a.text(m.working_directory) && a.choice(m.standard_streams, StandardStreams::kDiscard) &&
         messages(a, m.injected_files) && messages(a, m.volumes) && fields(a, m.network);
}
template <typename Archive>
bool fields(Archive& a, Of<Archive, Template>& m) {
  return a.text(m.path) && a.bytes(m.text);
}
template <typename Archive>
bool fields(Archive& a, Of<Archive, TemplateRequest>& m) {
  return messages(a, m.templates);
}
template <typename Archive>
bool fields(Archive& a, Of<Archive, TemplateReply>& m) {
  return messages(a, m.filled);
}

}  // namespace redoubt::wire
