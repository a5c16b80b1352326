// SPDX-License-Identifier: Apache-2.0
//
// What a verified SGX quote says about the enclave and the platform it runs on. The relying party still compares the
// measurement with its session and `report_data` with the channel (design, section 6).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"

namespace redoubt::attest::sgx {

struct Claims {
  ByteArray<16> cpu_svn;  // as the report has it; TCB levels are matched with the PCK certificate's numbers instead
  uint32_t misc_select;
  uint64_t attribute_flags;
  uint64_t xfrm;
  ByteArray<32> mrenclave;
  ByteArray<32> mrsigner;
  ByteArray<16> isv_ext_prod_id;
  ByteArray<16> isv_family_id;
  ByteArray<64> config_id;
  uint16_t isv_prod_id;
  uint16_t isv_svn;
  uint16_t config_svn;
  ByteArray<64> report_data;
  bool debug;

  ByteArray<6> fmspc;
  ByteArray<2> pce_id;
  ByteArray<16> ppid;
  std::optional<bool> simultaneous_multithreading;  // unknown when the PCK certificate does not say (processor CA)
};

}  // namespace redoubt::attest::sgx
