// SPDX-License-Identifier: Apache-2.0
//
// The closed sets of words of the session language: one enumeration and one table of spellings each. The reader accepts
// what the table has and names it in its messages; the canonical form writes the same spellings.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace redoubt::policy {

template <typename E>
struct Choice {
  std::string_view word;
  E value;
};

enum class Tls : uint8_t { kRequired, kOff };
enum class Unnamed : uint8_t { kRefuse, kUnprotected };
enum class Stdio : uint8_t { kInherit, kDiscard, kVolume };
enum class UpdatePolicy : uint8_t { kRollbackProtected, kEphemeral, kNoRollbackProtection };
enum class FileProtection : uint8_t { kEncrypted, kAuthenticatedOnly };
enum class KeyType : uint8_t { kP256, kP384, kEd25519, kRsa2048, kRsa3072 };
enum class Endpoint : uint8_t { kServer, kClient };
enum class AttestationMode : uint8_t { kHardware, kNone };
enum class Tolerance : uint8_t {
  kDebugMode,
  kHyperthreading,
  kOutdatedTcb,
  kInsecureConfiguration,
  kSoftwareHardeningNeeded,
  kSimulation,
  kNoAttestation,
};
enum class PrincipalKind : uint8_t { kCreator, kAny, kNone, kKeyHash, kCertificate, kSigner, kVariable, kGroup };
// kImported: an imported secret whose session says what it is.
enum class SecretKind : uint8_t {
  kAscii,
  kBinary,
  kPrivateKey,
  kPublicKey,
  kX509Ca,
  kX509,
  kJwt,
  kPgpKey,
  kConfigFragment,
  kVault,
  kImported,
};

inline constexpr Choice<Tls> kTlsWords[] = {{"required", Tls::kRequired}, {"off", Tls::kOff}};
inline constexpr Choice<Unnamed> kUnnamedWords[] = {{"refuse", Unnamed::kRefuse},
                                                    {"unprotected", Unnamed::kUnprotected}};
inline constexpr Choice<Stdio> kStdioWords[] = {
    {"inherit", Stdio::kInherit}, {"discard", Stdio::kDiscard}, {"volume", Stdio::kVolume}};
inline constexpr Choice<UpdatePolicy> kUpdatePolicyWords[] = {
    {"rollback_protected", UpdatePolicy::kRollbackProtected},
    {"ephemeral", UpdatePolicy::kEphemeral},
    {"no_rollback_protection", UpdatePolicy::kNoRollbackProtection},
};
inline constexpr Choice<FileProtection> kFileProtectionWords[] = {
    {"encrypted", FileProtection::kEncrypted}, {"authenticated-only", FileProtection::kAuthenticatedOnly}};
inline constexpr Choice<KeyType> kKeyTypeWords[] = {
    {"P-256", KeyType::kP256},       {"P-384", KeyType::kP384},       {"Ed25519", KeyType::kEd25519},
    {"RSA-2048", KeyType::kRsa2048}, {"RSA-3072", KeyType::kRsa3072},
};
inline constexpr Choice<Endpoint> kEndpointWords[] = {{"server", Endpoint::kServer}, {"client", Endpoint::kClient}};
inline constexpr Choice<AttestationMode> kAttestationModeWords[] = {{"hardware", AttestationMode::kHardware},
                                                                    {"none", AttestationMode::kNone}};
inline constexpr Choice<Tolerance> kToleranceWords[] = {
    {"debug-mode", Tolerance::kDebugMode},
    {"hyperthreading", Tolerance::kHyperthreading},
    {"outdated-tcb", Tolerance::kOutdatedTcb},
    {"insecure-configuration", Tolerance::kInsecureConfiguration},
    {"software-hardening-needed", Tolerance::kSoftwareHardeningNeeded},
    {"simulation", Tolerance::kSimulation},
    {"no-attestation", Tolerance::kNoAttestation},
};
inline constexpr Choice<PrincipalKind> kPrincipalWords[] = {
    {"CREATOR", PrincipalKind::kCreator}, {"ANY", PrincipalKind::kAny}, {"NONE", PrincipalKind::kNone}};
inline constexpr Choice<SecretKind> kSecretKindWords[] = {
    {"ascii", SecretKind::kAscii},
    {"binary", SecretKind::kBinary},
    {"private-key", SecretKind::kPrivateKey},
    {"public-key", SecretKind::kPublicKey},
    {"x509-ca", SecretKind::kX509Ca},
    {"x509", SecretKind::kX509},
    {"jwt", SecretKind::kJwt},
    {"pgp-key", SecretKind::kPgpKey},
    {"config-fragment", SecretKind::kConfigFragment},
    {"vault", SecretKind::kVault},
};

// The spelling of `value`; empty when the table has none.
template <typename E, size_t kCount>
constexpr std::string_view word_of(const Choice<E> (&words)[kCount], E value) {
  for (const Choice<E>& choice : words) {
    if (choice.value == value) return choice.word;
  }
  return {};
}

}  // namespace redoubt::policy
