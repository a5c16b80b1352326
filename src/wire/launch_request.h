// SPDX-License-Identifier: Apache-2.0
//
// What `redoubt run` asks of the runtime for an attested run: `redoubt-run --attested=FD -- ARG...`, FD a memory file with
// this message. It comes through a descriptor because /proc/PID/environ and cmdline are public to root; the ARGs (for @@1, ...)
// and the environment (for @@NAME) are the host's own. Everything here is chosen by the host, so no secrecy rests on it.
#pragma once

#include <string_view>

#include "base/bytes.h"
#include "wire/codec.h"

namespace redoubt::wire {

struct LaunchRequest {
  std::string_view session;
  std::string_view service;
  std::string_view one_time_password;           // empty: none
  std::string_view service_access_token;        // empty: none
  std::vector<std::string_view> cas_addresses;  // "127.0.0.1:18765", "[::1]:18765": numeric, tried in order
  std::string_view cas_key;                     // SHA-256 of CAS's SubjectPublicKeyInfo, hex; empty: any
  std::string_view las_socket;                  // path
  bool insecure_unsealed_keys = false;          // keys in ordinary memory where the kernel has no memfd_secret
  bool quiet = false;
  bool trace = false;  // makes the evidence say DEBUG
  bool stats = false;
  bool chooses_patching = false;  // patch_after counts; else the runtime chooses
  uint8_t patch_after = 0;        // after how many traps a call site is rewritten; 0: never
  std::string_view trace_output;  // absolute path; empty: standard error
  std::string_view stats_output;
  std::string_view trace_filter;  // src/shim/syscalls/trace_filter.h; empty: every call
};

template <typename Archive>
bool fields(Archive& a, Of<Archive, LaunchRequest>& m) {
  return a.text(m.session) && a.text(m.service) && a.text(m.one_time_password) && a.text(m.service_access_token) &&
         texts(a, m.cas_addresses) && a.text(m.cas_key) && a.text(m.las_socket) && a.flag(m.insecure_unsealed_keys) &&
         a.flag(m.quiet) && a.flag(m.trace) && a.flag(m.stats) && a.flag(m.chooses_patching) &&
         a.number(m.patch_after) && a.text(m.trace_output) && a.text(m.stats_output) && a.text(m.trace_filter);
}

}  // namespace redoubt::wire
