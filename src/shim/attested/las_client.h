// SPDX-License-Identifier: Apache-2.0
//
// Evidence from LAS about this process: the exchange of wire/las_protocol.h over its unix socket.
#pragma once

#include <string_view>

#include "base/bytes.h"
#include "shim/attested/failure.h"

namespace redoubt::shim::attested {

// Evidence with `report_data` in it; `debug` when the run can be observed.
Outcome<Bytes> evidence_from_las(std::string_view socket_path, const ByteArray<64>& report_data, bool debug);

}  // namespace redoubt::shim::attested
