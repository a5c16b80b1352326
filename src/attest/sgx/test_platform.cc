// SPDX-License-Identifier: Apache-2.0
#include "attest/sgx/test_platform.h"

#include <cstdlib>

#include "attest/simulated/documents.h"
#include "attest/simulated/pck_extension.h"
#include "attest/simulated/quoting.h"

namespace redoubt::attest::sgx {
namespace {

constexpr ByteArray<6> kTestFmspc{10, 11, 12, 13, 14, 15};
const crypto::Validity kTestValidity{utc_time_from_unix(kTestIssued), utc_time_from_unix(kTestExpires)};

template <typename T>
T must(Result<T, Error> result) {
  if (!result) std::abort();
  return *std::move(result);
}

crypto::IssueRequest request(const TestCertificate& wanted, const Bytes& pck_extension = {}) {
  crypto::IssueRequest made{
      .subject = {wanted.name, ""},
      .serial = {wanted.serial},
      .validity = {utc_time_from_unix(wanted.from), utc_time_from_unix(wanted.until)},
      .authority = wanted.authority,
      .path_length = wanted.path_length,
      .key_usage = !wanted.authority            ? "critical,digitalSignature"
                   : wanted.omit_key_usage_sign ? "critical,cRLSign"
                                                : "critical,keyCertSign,cRLSign",
      .extensions = {},
  };
  if (wanted.foreign_critical) made.extensions.push_back({"1.2.3.4.5", true, {0x05, 0x00}});
  if (!pck_extension.empty()) made.extensions.push_back({kPckExtensionOid, false, pck_extension});
  return made;
}

std::vector<Bytes> serials(const Bytes& one_byte_each) {
  std::vector<Bytes> list;
  for (const uint8_t serial : one_byte_each) list.push_back({serial});
  return list;
}

}  // namespace

Bytes make_pck_extension(const ByteArray<16>& component_svns, uint16_t pce_svn, std::optional<bool> smt) {
  PckExtension extension{};
  extension.ppid.fill(0xAA);
  extension.component_svns = component_svns;
  extension.pce_svn = pce_svn;
  extension.cpu_svn.fill(9);
  extension.fmspc = kTestFmspc;
  extension.sgx_type = 1;
  extension.platform_instance_id.emplace().fill(0xBB);
  extension.dynamic_platform = true;
  extension.cached_keys = false;
  extension.simultaneous_multithreading = smt;
  return simulated::make_pck_extension(extension);
}

TestPlatform::TestPlatform(TestOptions options)
    : options_(std::move(options)),
      authority_(must(simulated::Authority::create(
          {request(options_.root), request(options_.pck_ca), request(options_.tcb_signing)}))),
      pck_key_(must(crypto::P256SigningKey::generate())),
      attestation_key_(must(crypto::P256SigningKey::generate())) {
  if (options_.pck_extension.empty()) {
    options_.pck_extension = make_pck_extension(options_.component_svns, options_.pce_svn, options_.smt);
  }
  pck_ = must(authority_.certify_platform(request(options_.pck, options_.pck_extension), pck_key_.public_key()));
}

TrustAnchor TestPlatform::anchor(bool simulated) const { return {authority_.root.certificate, simulated}; }

std::string TestPlatform::pck_chain() const { return authority_.pck_chain(*pck_, !options_.chain_without_root); }

CollateralFile TestPlatform::collateral() const {
  simulated::Statements statements{.validity = kTestValidity,
                                   .tcb_info = options_.tcb_info_text,
                                   .qe_identity = options_.qe_identity_text,
                                   .revoked_by_root = serials(options_.revoked_by_root),
                                   .revoked_by_pck_ca = serials(options_.revoked_by_pck_ca),
                                   .chains_with_root = !options_.chain_without_root};
  if (statements.tcb_info.empty()) {
    statements.tcb_info = tcb_info_text(tcb_level(5, 11, "UpToDate") + "," +
                                        tcb_level(3, 9, "OutOfDate", R"("INTEL-SA-00001","INTEL-SA-00002")"));
  }
  if (statements.qe_identity.empty()) {
    statements.qe_identity = qe_identity_text(qe_level(8, "UpToDate") + "," + qe_level(6, "OutOfDate"));
  }
  return must(authority_.collateral(statements));
}

Bytes TestPlatform::quote() const {
  SignedPartV3 signed_part{};
  signed_part.header = simulated::quote_header();
  signed_part.body.attributes.flags = kAttributeInit | kAttributeMode64Bit;
  signed_part.body.attributes.xfrm = 7;
  signed_part.body.mrenclave.fill(0xE1);
  signed_part.body.mrsigner.fill(0x51);
  signed_part.body.report_data.fill(0xDA);
  options_.change_report(signed_part);

  simulated::CertificationParts parts;
  parts.qe_auth_data.assign(32, 0x77);
  parts.qe_report = simulated::qe_report_of(attestation_key_.public_key(), parts.qe_auth_data);
  options_.change_qe_report(parts.qe_report);
  parts.type = static_cast<CertificationDataType>(options_.certification_type);
  const std::string chain = parts.type == CertificationDataType::kPckChainPem  ? pck_chain()
                            : parts.type == CertificationDataType::kPckLeafPem ? crypto::to_pem(*pck_)
                                                                               : std::string(404, '\0');
  parts.data.assign(chain.begin(), chain.end());
  const Bytes certification = must(simulated::certify_attestation_key(parts, pck_key_));
  Bytes quote = must(simulated::make_quote(signed_part, attestation_key_, certification));
  options_.change_signed_quote(quote);
  return quote;
}

std::string TestPlatform::tcb_info_text(const std::string& levels) {
  return simulated::tcb_info(kTestValidity, kTestFmspc, levels);
}

std::string TestPlatform::tcb_level(unsigned first_svn, unsigned pce_svn, const std::string& status,
                                    const std::string& advisories) {
  return simulated::tcb_level(first_svn, pce_svn, status, advisories);
}

std::string TestPlatform::qe_identity_text(const std::string& levels) {
  return simulated::qe_identity(kTestValidity, simulated::quoting_enclave_signer(), levels);
}

std::string TestPlatform::qe_level(unsigned isv_svn, const std::string& status) {
  return simulated::qe_level(isv_svn, status);
}

}  // namespace redoubt::attest::sgx
