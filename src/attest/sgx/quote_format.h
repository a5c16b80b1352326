// SPDX-License-Identifier: Apache-2.0
//
// The bytes of an SGX quote version 3 with ECDSA P-256 (tee-formats 2.8, 5.1, 5.3). Integers are little-endian; keys and
// signatures are big-endian pairs of 32 bytes. After the fixed part come, each with its size in front:
//
//   QuoteV3Header | ReportBody | u32 auth size | AuthData | u16 n, QE auth data | u16 type, u32 m, certification data
//   '------ signed by the attestation key -----'
//
// Bytes after the auth data are not part of the quote: buffers of fixed size and wrappers leave some.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/little_endian.h"

namespace redoubt::attest::sgx {

struct Attributes {
  U64Le flags;
  U64Le xfrm;
};
static_assert(sizeof(Attributes) == 16);

inline constexpr uint64_t kAttributeInit = 1 << 0;
inline constexpr uint64_t kAttributeDebug = 1 << 1;
inline constexpr uint64_t kAttributeMode64Bit = 1 << 2;
inline constexpr uint64_t kAttributeProvisionKey = 1 << 4;
inline constexpr uint64_t kXfrmX87AndSse = 3;  // the least

// 5.1. In version 3 `tee_type` is reserved and zero, which is also SGX's number in later versions.
struct QuoteV3Header {
  U16Le version;
  U16Le attestation_key_type;
  U32Le tee_type;
  U16Le qe_svn;
  U16Le pce_svn;
  ByteArray<16> qe_vendor_id;
  ByteArray<20> user_data;
};
static_assert(sizeof(QuoteV3Header) == 48 && alignof(QuoteV3Header) == 1);
static_assert(offsetof(QuoteV3Header, qe_svn) == 8 && offsetof(QuoteV3Header, qe_vendor_id) == 12);
static_assert(offsetof(QuoteV3Header, user_data) == 28);

inline constexpr uint16_t kQuoteVersion3 = 3;
inline constexpr uint16_t kEcdsaP256 = 2;
inline constexpr uint32_t kTeeTypeSgx = 0;
inline constexpr ByteArray<16> kIntelQeVendorId = {0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9,
                                                   0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07};

// 2.8. The first 384 bytes of a REPORT.
struct ReportBody {
  ByteArray<16> cpu_svn;
  U32Le misc_select;
  uint8_t cet_attributes;
  ByteArray<11> reserved_1;
  ByteArray<16> isv_ext_prod_id;
  Attributes attributes;
  ByteArray<32> mrenclave;
  ByteArray<32> reserved_2;
  ByteArray<32> mrsigner;
  ByteArray<32> reserved_3;
  ByteArray<64> config_id;
  U16Le isv_prod_id;
  U16Le isv_svn;
  U16Le config_svn;
  ByteArray<42> reserved_4;
  ByteArray<16> isv_family_id;
  ByteArray<64> report_data;
};
static_assert(sizeof(ReportBody) == 384 && alignof(ReportBody) == 1);
static_assert(offsetof(ReportBody, misc_select) == 16 && offsetof(ReportBody, isv_ext_prod_id) == 32);
static_assert(offsetof(ReportBody, attributes) == 48 && offsetof(ReportBody, mrenclave) == 64);
static_assert(offsetof(ReportBody, mrsigner) == 128 && offsetof(ReportBody, config_id) == 192);
static_assert(offsetof(ReportBody, isv_prod_id) == 256 && offsetof(ReportBody, isv_svn) == 258);
static_assert(offsetof(ReportBody, config_svn) == 260 && offsetof(ReportBody, isv_family_id) == 304);
static_assert(offsetof(ReportBody, report_data) == 320);

// What the attestation key signs (5.2), and the size that follows it.
struct SignedPartV3 {
  QuoteV3Header header;
  ReportBody body;
};
static_assert(sizeof(SignedPartV3) == 432);

// 5.3. The fixed part of the auth data of version 3.
struct AuthDataV3 {
  ByteArray<64> quote_signature;
  ByteArray<64> attestation_key;
  ReportBody qe_report;
  ByteArray<64> qe_report_signature;
};
static_assert(sizeof(AuthDataV3) == 576 && alignof(AuthDataV3) == 1);
static_assert(offsetof(AuthDataV3, attestation_key) == 64 && offsetof(AuthDataV3, qe_report) == 128);
static_assert(offsetof(AuthDataV3, qe_report_signature) == 512);

enum class CertificationDataType : uint16_t {
  kPpidPlain = 1,
  kPpidRsa2048 = 2,
  kPpidRsa3072 = 3,
  kPckLeafPem = 4,
  kPckChainPem = 5,
};

}  // namespace redoubt::attest::sgx
