// SPDX-License-Identifier: Apache-2.0
//
// Reasons that several rows share. The first group marks the calls that carry what a shield will have to see: until the
// shield exists they are passed as they are, which is why a run without attestation says so at its start and can never
// obtain attested secrets. `grep -rn 'NoShield'` finds every row that a shield has still to take over.
#pragma once

namespace redoubt::shim::reason {

inline constexpr char kNoShieldForBytes[] = "no shield yet: bytes of files, sockets and pipes cross in plaintext";
inline constexpr char kNoShieldForFiles[] = "no shield yet: what the file holds crosses in plaintext";
inline constexpr char kNoShieldForNames[] = "no shield yet: file names and metadata cross in plaintext";
inline constexpr char kNoShieldForAttributes[] = "no shield yet: extended attributes cross in plaintext";
inline constexpr char kNoShieldForSockets[] = "no shield yet: what the socket carries crosses in plaintext";
inline constexpr char kNoShieldForIpc[] = "no shield yet: the kernel keeps the message, and root can read it";

inline constexpr char kIdentity[] = "numbers only: who the process is to the host";
inline constexpr char kCredentials[] = "the host's own credentials; the shim opened before what it needs";
inline constexpr char kScheduling[] = "numbers only: when and where threads run";
inline constexpr char kClock[] = "numbers only: the clock is the host's";
inline constexpr char kTimer[] = "numbers only; expiry comes back as a signal or a descriptor";
inline constexpr char kSignalSend[] = "numbers only; the receiver's shim delivers it";
inline constexpr char kWaiting[] = "readiness bits only, no data";
inline constexpr char kEndpoint[] = "addresses only, which the network shows anyway";
inline constexpr char kPlacement[] = "numbers only: which physical memory backs a range";

inline constexpr char kRemoved[] = "Linux itself has no such call any more";
inline constexpr char kAdministration[] = "administers the host, which no protected program needs";
inline constexpr char kMounts[] = "changes what paths mean beneath the shim's own path resolution";
inline constexpr char kModules[] = "loads code into the kernel";
inline constexpr char kKeyring[] =
    "keys would lie in kernel memory that root can read; answers as a kernel without keyrings";
inline constexpr char kRing[] = "requests in shared memory would reach the kernel unseen; programs fall back";
inline constexpr char kNativeAio[] = "requests would reach the kernel past the shields; libraries fall back to threads";
inline constexpr char kTooNew[] =
    "newer than many kernels in use, so programs fall back; to be described when one does not";

}  // namespace redoubt::shim::reason
