// SPDX-License-Identifier: Apache-2.0
//
// What CAS does to its own process before it touches a key.
#pragma once

namespace redoubt::cas {

// No core dumps, no debugger of the same user (DUMPABLE=0 makes /proc/PID/mem root's), new files private, as many descriptors
// as the limit allows, no configuration for OpenSSL from the environment, and errors instead of signals for broken pipes and
// files that may not grow.
void harden_process();

}  // namespace redoubt::cas
