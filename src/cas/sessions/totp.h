// SPDX-License-Identifier: Apache-2.0
//
// Time-based one-time passwords as authenticator apps make them: RFC 6238 with HMAC-SHA-1, six digits, steps of 30 seconds since 1970.
// SHA-1 is no weakness here (HMAC needs no collision resistance), and it is what every app speaks. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/secret_bytes.h"
#include "base/utc_time.h"

namespace redoubt::cas {

inline constexpr int64_t kTotpStep = 30;        // seconds
inline constexpr size_t kTotpLeastSecret = 16;  // bytes (RFC 4226, 4, R6)

constexpr uint64_t totp_step_of(UtcTime time) {
  return static_cast<uint64_t>(time.time_since_epoch().count() / kTotpStep);
}

// The number of a step, 0 to 999999.
uint32_t totp_code(ByteView secret, uint64_t step);

// The step of `now` or of its neighbours whose password this is and that is later than `last_used`; nullopt: none. Takes the same
// time for every password of six digits.
std::optional<uint64_t> totp_match(ByteView secret, std::string_view password, UtcTime now, uint64_t last_used);

// A shared secret as apps take it: base32 (RFC 4648), in either case, with blanks and padding or without. nullopt: it is none.
std::optional<SecretBytes> totp_secret_from_base32(std::string_view text);

}  // namespace redoubt::cas
