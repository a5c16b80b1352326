// SPDX-License-Identifier: Apache-2.0
//
// Reasons that several rows share. The first group marks the calls that carry plaintext to the host: "in the clear", and where
// not. What stands after "but on" is what the shields of an attested run answer instead; the generator of docs/syscalls.md insists
// that their tables list the call. `grep -rn 'in the clear\|kClear'` finds every row.
#pragma once

namespace redoubt::shim::reason {

inline constexpr char kClearBytes[] =
    "in the clear, but on volumes and sockets of the session: bytes of files, sockets and pipes";
inline constexpr char kClearFiles[] = "in the clear, but on volumes: what the file holds";
inline constexpr char kClearNames[] = "in the clear, but on volumes: file names and metadata";
inline constexpr char kClearAttributes[] = "in the clear, but on volumes: extended attributes";
inline constexpr char kClearSockets[] = "in the clear, but on sockets of the session: what the socket carries";
inline constexpr char kClearPipes[] = "in the clear: pipes are the kernel's memory";
inline constexpr char kClearIpc[] = "in the clear: the kernel keeps the message, and root can read it";

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
