// SPDX-License-Identifier: Apache-2.0
//
// LAS's protocol from the other end, for tools and tests (wire/las_protocol.h). The runtime has its own client, which makes no
// calls but the gate's.
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/error.h"
#include "las/descriptor.h"

namespace redoubt::las {

struct LasAnswer {
  Bytes evidence;  // empty: refused
  std::string check, expected, actual, remedy;
  std::string platform;  // what the evidence is, in LAS's words
};

// Connects. kFailed when nobody listens.
Result<Descriptor, Error> connect_to_las(const std::string& path);

// The whole conversation; waits at most ten seconds. kFailed when the connection breaks, kMalformed when it is no LAS. The
// bytes are not verified.
Result<LasAnswer, Error> ask_las(const Descriptor& connection, const ByteArray<64>& report_data, bool debug);

}  // namespace redoubt::las
