// SPDX-License-Identifier: Apache-2.0
//
// The model of a session: what its YAML says, with defaults filled in, as plain values. Whoever holds a Session from
// check_session (check.h) holds one without mistakes: names resolve, sizes fit, forms exist. Nothing here knows YAML, lines
// or files. Text that may hold variables ($$SCONE::name:form$$) is kept as written; template.h reads it and substitute.h
// fills it. docs/policy.md says what each key means; session_form.cc lists every field once more, for the hash.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "policy/choices.h"

namespace redoubt::policy {

using Hex = std::string;           // lower-case hexadecimal digits; the length was checked where it was read
using TemplateText = std::string;  // text with variables in it

// --- attestation of a service ---

struct Signer {
  Hex mrsigner;  // 32 bytes
  std::optional<uint16_t> isvprodid;
  std::optional<uint16_t> isvsvn_min;  // inclusive; `isvsvn: n` sets both
  std::optional<uint16_t> isvsvn_max;
};

// All factors that are present must hold; at least one is present.
struct AttestationVariant {
  std::vector<Hex> mrenclave;  // empty: not asked for; else one of these, 32 bytes each
  std::optional<Signer> signer;
  std::map<std::string, Hex> tdx;    // mrtd, rtmr0 to rtmr3: 48 bytes each
  std::map<std::string, Hex> snp;    // measurement (48), host_data (32), id_key_digest (48)
  std::map<std::string, Hex> nitro;  // pcr0 to pcr8: 48 bytes each
};

// --- services ---

// What may be loaded, executed and read as configuration: files by hash, or everything on an authenticated volume.
struct Code {
  std::map<std::string, Hex> files;          // absolute path -> SHA-256
  std::map<std::string, std::string> links;  // absolute path -> target of a symbolic link; in YAML `link:TARGET`
  std::string volume;                        // empty: none
};

struct ListenRule {
  std::string address;
  Tls tls = Tls::kRequired;
  std::string identity;     // an x509 secret
  std::string client_auth;  // an x509-ca secret; empty: none
};

struct ConnectRule {
  std::string address;
  Tls tls = Tls::kRequired;
  std::string identity;     // empty: none
  std::string server_auth;  // an x509-ca secret
  std::string server_name;  // empty: the host of the address
};

struct Network {
  Unnamed unnamed = Unnamed::kRefuse;  // the key `default`
  std::vector<ListenRule> listen;
  std::vector<ConnectRule> connect;
};

struct Host {
  std::vector<std::string> directories;
  std::vector<std::string> devices;
};

// A volume for the root file system, in SCONE's older form.
struct RootVolume {
  std::string path;
  TemplateText key;  // 32 bytes of hex, or a variable
  Hex tag;           // 16 bytes; empty: not checked
};

struct Service {
  std::string name;
  std::vector<TemplateText> command;                // may hold @@1, @@2, ... too
  std::map<std::string, TemplateText> environment;  // a key "@@NAME" takes the host's value of NAME
  std::string pwd = "/";
  std::string image_name;                       // empty: none
  std::vector<AttestationVariant> attestation;  // one must hold
  std::vector<std::string> platforms;           // empty: any
  std::string one_time_password_shared_secret;  // text with a variable; empty: none
  std::optional<RootVolume> root_volume;
  std::optional<Code> code;
  std::optional<Network> network;
  bool memory_sealed = false;
  Host host;
  Stdio stdio = Stdio::kInherit;
};

// --- images ---

struct Mount {
  std::string volume;  // a volume of this session
  std::string path;    // absolute
  UpdatePolicy update_policy = UpdatePolicy::kRollbackProtected;
};

struct InjectionFile {
  std::string path;                     // absolute
  std::optional<TemplateText> content;  // absent: the template is the file of that path in the file system
  uint16_t permission = 0700;
};

struct Image {
  std::string name;
  std::vector<Mount> volumes;
  std::vector<InjectionFile> injection_files;
  std::optional<std::vector<std::string>> provide_secrets;  // absent: templates read from disk may name any secret
};

// --- volumes ---

struct VolumeExport {
  std::string session;
  Hex session_hash;  // empty: not pinned
  UpdatePolicy update_policy = UpdatePolicy::kRollbackProtected;
  std::string volume_alias;  // empty: the volume's own name
};

struct VolumeImport {
  std::string session;
  std::string volume;
};

struct Volume {
  std::string name;
  FileProtection files = FileProtection::kEncrypted;
  TemplateText fspf_key;  // empty: made by CAS
  Hex fspf_tag;           // 40 bytes, or SCONE's 16; empty: initialised once, on first use
  std::vector<VolumeExport> exports;
  std::optional<VolumeImport> import;
};

// --- secrets ---

struct SecretExport {
  std::string session;  // either this, perhaps pinned by session_hash (empty: not pinned),
  Hex session_hash;
  std::string name_space;  // or every session below this one
};

struct SecretImport {
  std::string session;
  std::string secret;
};

// One structure for every kind: which fields mean something for which kind is a table, in secret_kinds.cc.
struct Secret {
  std::string name;
  SecretKind kind = SecretKind::kImported;
  std::optional<std::string> value;  // absent: generated by CAS (or imported). `binary`: hex digits
  std::vector<SecretExport> exports;
  bool export_public = false;
  std::optional<SecretImport> import;

  uint32_t size = 20;                             // ascii: characters; binary: bytes
  KeyType key_type = KeyType::kP256;              // private-key
  bool migrate = false;                           // private-key
  std::string private_key;                        // public-key, x509, x509-ca; empty: a key of its own
  std::string issuer;                             // x509, x509-ca; empty: self-signed
  std::string common_name;                        // x509, x509-ca; empty: the secret's name
  std::optional<Endpoint> endpoint;               // x509, x509-ca
  std::vector<std::string> san;                   // x509, x509-ca: "dns:NAME" or "ip:ADDRESS"
  std::optional<uint64_t> valid_for;              // x509, x509-ca, jwt: seconds; absent: CAS's default
  std::string signer;                             // jwt: a private-key secret
  std::string alg;                                // jwt: ES384
  std::map<std::string, std::string> parameters;  // vault: address, path, field, ca, auth; jwt: payload;
                                                  // config-fragment: fragment (both as canonical JSON)
};

// --- who may do what ---

struct Principal {
  PrincipalKind kind = PrincipalKind::kCreator;
  std::string text;                // certificate, signer: PEM; key_hash: hex; variable: the text
  uint32_t threshold = 0;          // groups: how many of the members must sign
  std::vector<Principal> members;  // groups
};

struct AccessPolicy {
  std::vector<Principal> read;
  std::vector<Principal> update;
  std::vector<Principal> create_sessions;
  std::vector<Principal> list_sessions;
};

struct Security {
  AttestationMode mode = AttestationMode::kHardware;
  std::vector<Tolerance> tolerate;
  bool ignore_all_advisories = false;
  std::vector<std::string> ignore_advisories;
  bool must_be_sgx_local = false;
  std::string one_time_password_shared_secret;  // text with a variable; empty: none
  bool singleton_enclaves = false;
  std::string service_access_token;  // text with a variable; empty: none
};

// A place that a fragment of another session fills in (fragments.h).
struct UnresolvedFragment {
  std::string where;  // keys without positions in lists: services.NAME.attestation
  std::string session;
  std::string secret;
};

struct Session {
  std::string name;
  std::string version;
  Hex predecessor;     // 32 bytes; empty: a new session
  Hex namespace_hash;  // 32 bytes; empty: not asked for
  Hex salt;            // 16 bytes; empty: the hash is not public
  std::vector<Service> services;
  std::vector<Image> images;
  std::vector<Volume> volumes;
  std::vector<Secret> secrets;
  AccessPolicy access_policy;
  Security security;
  std::vector<UnresolvedFragment> unresolved_fragments;  // not empty: good for its hash, not for decisions (check.h)
};

}  // namespace redoubt::policy
