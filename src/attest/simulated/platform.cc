// SPDX-License-Identifier: Apache-2.0
#include "attest/simulated/platform.h"

#include <algorithm>
#include <string>

#include "attest/simulated/documents.h"
#include "attest/simulated/pck_extension.h"
#include "crypto/hash.h"

namespace redoubt::attest::simulated {
namespace {

using crypto::IssueRequest;
using crypto::Validity;

constexpr uint8_t kFirstComponentSvn = 5;
constexpr uint16_t kPceSvn = 11;
constexpr const char* kSignsCertificates = "critical,keyCertSign,cRLSign";
constexpr const char* kSignsData = "critical,digitalSignature";

struct Role {
  const char* common_name;
  bool authority;
  long path_length;
  const char* key_usage;
};
constexpr Role kRoot{"Redoubt simulated platform root CA", true, 1, kSignsCertificates};
constexpr Role kPckCa{"Intel SGX PCK Platform CA", true, 0, kSignsCertificates};
constexpr Role kPck{"Intel SGX PCK Certificate", false, 0, kSignsData};
constexpr Role kTcbSigning{"Intel SGX TCB Signing", false, 0, kSignsData};

Result<IssueRequest, Error> request(const Role& role, const Validity& validity) {
  Bytes serial = TRY(crypto::random_serial());
  return IssueRequest{.subject = {role.common_name, std::string(kOrganisation)},
                      .serial = std::move(serial),
                      .validity = validity,
                      .authority = role.authority,
                      .path_length = role.path_length,
                      .key_usage = role.key_usage,
                      .extensions = {}};
}

Result<ByteArray<16>, Error> random_identity() {
  const Bytes random = TRY(crypto::random_serial());
  ByteArray<16> identity{};
  std::ranges::copy(random, identity.begin());
  return identity;
}

Result<Bytes, Error> extension() {
  sgx::PckExtension extension{};
  extension.ppid = TRY(random_identity());
  extension.platform_instance_id = TRY(random_identity());
  extension.component_svns = {kFirstComponentSvn};
  extension.pce_svn = kPceSvn;
  extension.cpu_svn = extension.component_svns;
  extension.fmspc = kFmspc;
  extension.dynamic_platform = false;
  extension.cached_keys = false;
  extension.simultaneous_multithreading = false;
  return make_pck_extension(extension);
}

Result<Authority, Error> make_authority(const Validity& validity) {
  AuthorityRequests requests;
  requests.root = TRY(request(kRoot, validity));
  requests.pck_ca = TRY(request(kPckCa, validity));
  requests.tcb_signing = TRY(request(kTcbSigning, validity));
  return Authority::create(requests);
}

// The PCK key lives in here only: once the attestation key is certified, nobody needs it.
Result<QuotingKey, Error> make_quoting_key(const Authority& authority, const Validity& validity) {
  const auto pck_key = TRY(crypto::P256SigningKey::generate());
  IssueRequest wanted = TRY(request(kPck, validity));
  Bytes content = TRY(extension());
  wanted.extensions.push_back({sgx::kPckExtensionOid, false, std::move(content)});
  const auto pck = TRY(authority.certify_platform(wanted, pck_key.public_key()));
  auto attestation_key = TRY(crypto::P256SigningKey::generate());
  const std::string chain = authority.pck_chain(pck);
  CertificationParts parts;
  parts.qe_auth_data.resize(32);
  for (size_t index = 0; index < 32; ++index) parts.qe_auth_data[index] = static_cast<uint8_t>(index);
  parts.qe_report = qe_report_of(attestation_key.public_key(), parts.qe_auth_data);
  parts.type = sgx::CertificationDataType::kPckChainPem;
  parts.data.assign(chain.begin(), chain.end());
  Bytes certification = TRY(certify_attestation_key(parts, pck_key));
  return QuotingKey{std::move(attestation_key), std::move(certification)};
}

}  // namespace

const ByteArray<32>& process_signer() {
  static const ByteArray<32> signer = crypto::sha256(as_bytes(kProcessSignerLabel));
  return signer;
}

Result<Platform, Error> make_platform(UtcTime now) {
  const Validity validity{now - kClockTolerance, now + kCertificateLifetime};
  Authority authority = TRY(make_authority(validity));
  QuotingKey quoting = TRY(make_quoting_key(authority, validity));
  return Platform{std::move(authority), std::move(quoting)};
}

Result<CollateralFile, Error> make_collateral(const Authority& authority, UtcTime now, std::chrono::days valid_for) {
  const Validity validity{now - kClockTolerance, now + valid_for};
  return authority.collateral({
      .validity = validity,
      .tcb_info = tcb_info(validity, kFmspc, tcb_level(kFirstComponentSvn, kPceSvn, "UpToDate")),
      .qe_identity = qe_identity(validity, quoting_enclave_signer(), qe_level(kQuotingEnclaveSvn, "UpToDate")),
      .revoked_by_root = {},
      .revoked_by_pck_ca = {},
  });
}

sgx::SignedPartV3 signed_part_of(const ProcessClaims& claims, const ByteArray<64>& report_data) {
  sgx::SignedPartV3 part{};
  part.header = quote_header();
  part.body.attributes.flags =
      sgx::kAttributeInit | sgx::kAttributeMode64Bit | (claims.debug ? sgx::kAttributeDebug : 0);
  part.body.attributes.xfrm = sgx::kXfrmX87AndSse;
  part.body.mrenclave = claims.executable_sha256;
  part.body.mrsigner = process_signer();
  part.body.isv_prod_id = kProcessProductId;
  part.body.isv_svn = kProcessSvn;
  part.body.report_data = report_data;
  return part;
}

}  // namespace redoubt::attest::simulated
