// SPDX-License-Identifier: Apache-2.0
#include "attest/sgx/verifier.h"

#include <algorithm>
#include <string>

#include "attest/sgx/certificate_chain.h"
#include "attest/sgx/concerns.h"
#include "attest/sgx/pck_extension.h"
#include "attest/sgx/quote.h"
#include "crypto/constant_time.h"
#include "crypto/hash.h"
#include "crypto/hex.h"

namespace redoubt::attest::sgx {
namespace {

using crypto::Certificate;
using crypto::to_hex;

constexpr const char* kGetAnotherQuote = "get a fresh quote from the quoting service and pass it on unchanged";

// The PCK chain travels in the quote, or with the collateral when the quote only names its platform.
Checked<std::string> pck_chain_text(const Quote& quote, const Collateral& collateral) {
  if (quote.certification_type == CertificationDataType::kPckChainPem) {
    return std::string(as_text(quote.certification_data));
  }
  if (!collateral.pck_chain) {
    return not_genuine("pck-chain.missing", "a PCK chain in the quote or the collateral", "none",
                       "add the platform's chain to the collateral as pck_certificate_chain");
  }
  return *collateral.pck_chain;
}

Checked<TrustedChain> verify_pck_chain(const Quote& quote, const Collateral& collateral,
                                       std::span<const TrustAnchor> anchors) {
  const std::string pem = TRY(pck_chain_text(quote, collateral));
  TrustedChain chain = TRY(verify_chain(pem, pck_chain_shape(), anchors, collateral.trusted));
  if (quote.certification_type == CertificationDataType::kPckLeafPem) {
    const auto own = Certificate::list_from_pem(as_text(quote.certification_data));
    if (!own || own->size() != 1 || own->front().der() != chain.leaf().der()) {
      return not_genuine("pck-chain.leaf", "the PCK certificate of the quote in the chain of the collateral", "another",
                         "give collateral of the platform that made the quote");
    }
  }
  // Otherwise a simulated root could vouch for the levels of real platforms.
  if (chain.anchor != collateral.anchor) {
    return not_genuine("pck-chain.root", "quote and collateral under one root", "two roots",
                       "give collateral of the same origin");
  }
  return chain;
}

Checked<void> check_revocation(const TrustedChain& chain, const Collateral& collateral) {
  const Certificate& leaf = chain.certificates[0];
  const Certificate& authority = chain.certificates[1];
  TRY_VOID(check_not_revoked(authority, collateral.root_crl));
  if (!collateral.pck_crl) return {};
  if (collateral.pck_crl->issuer() != authority.subject()) {
    return not_genuine("pck-crl.issuer", "the CRL of \"" + authority.subject().common_name + "\"",
                       "that of \"" + collateral.pck_crl->issuer().common_name + "\"",
                       "fetch the PCK CRL of the right authority (ca=platform or ca=processor)");
  }
  const bool known = collateral.pck_crl_key && *collateral.pck_crl_key == authority.public_key();
  if (!known && (!authority.may_sign_crls() || !collateral.pck_crl->signed_by(authority.public_key()))) {
    return not_genuine("pck-crl.signature", "the PCK CRL signed by \"" + authority.subject().common_name + "\"",
                       "another signature", "fetch the CRL again");
  }
  return check_not_revoked(leaf, collateral.pck_crl);
}

Checked<void> check_platform(const PckExtension& platform, const TcbInfo& info) {
  const char* remedy = "fetch the TCB info of this platform's FMSPC and PCEID";
  if (platform.fmspc != info.fmspc) {
    return not_genuine("tcb-info.fmspc", to_hex(platform.fmspc) + " as the PCK certificate has it", to_hex(info.fmspc),
                       remedy);
  }
  if (platform.pce_id != info.pce_id) {
    return not_genuine("tcb-info.pceid", to_hex(platform.pce_id) + " as the PCK certificate has it",
                       to_hex(info.pce_id), remedy);
  }
  return {};
}

// The PCK key vouches for the QE report, and that for the attestation key: SHA-256(key || QE auth data), then zeros.
Checked<void> check_qe_report(const Quote& quote, const Certificate& pck) {
  if (!pck.public_key().verifies(quote.qe_report_bytes, quote.auth.qe_report_signature)) {
    return not_genuine("qe-report.signature", "the QE report signed by the PCK key", "another signature",
                       kGetAnotherQuote);
  }
  ByteArray<64> bound{};
  std::ranges::copy(crypto::sha256({quote.auth.attestation_key, quote.qe_auth_data}), bound.begin());
  if (!crypto::equal_in_constant_time(bound, quote.auth.qe_report.report_data)) {
    return not_genuine("qe-report.attestation-key", "a QE report over this attestation key (" + to_hex(bound) + ")",
                       to_hex(quote.auth.qe_report.report_data), kGetAnotherQuote);
  }
  return {};
}

std::unexpected<Finding> wrong_signature(const char* actual) {
  return not_genuine("quote.signature", "header and report signed by the attestation key", actual, kGetAnotherQuote);
}

Checked<void> check_quote_signature(const Quote& quote, const crypto::P256PublicKey& key) {
  if (key.verifies(quote.signed_bytes, quote.auth.quote_signature)) return {};
  return wrong_signature("another signature, or bytes that were changed");
}

Checked<Tcb> assess_tcb(const TcbInfo& info, const PckExtension& platform, const QeLevel& qe) {
  const TcbLevel* level = find_level(info, platform);
  if (!level) {
    return not_genuine("tcb.level", "a platform that reaches a known TCB level",
                       "components " + to_hex(platform.component_svns) + ", PCESVN " +
                           std::to_string(platform.pce_svn) + ", below all levels",
                       "update the platform's firmware and get a new PCK certificate");
  }
  Tcb tcb{.status = combine(level->status, qe.status),
          .advisories = level->advisories,
          .platform_status = level->status,
          .platform_date = level->date,
          .quoting_enclave_status = qe.status,
          .evaluation_number = info.evaluation_number};
  tcb.advisories.insert(qe.advisories.begin(), qe.advisories.end());
  if (tcb.status == TcbStatus::kRevoked) {
    return not_genuine("tcb.revoked", "a platform whose TCB level is not revoked",
                       level->status == TcbStatus::kRevoked ? "the level of " + level->date + " is revoked"
                                                            : "the quoting enclave's level is revoked",
                       "do not trust this platform until it is updated");
  }
  return tcb;
}

Claims claims_of(const ReportBody& body, const PckExtension& platform) {
  return {
      .cpu_svn = body.cpu_svn,
      .misc_select = body.misc_select,
      .attribute_flags = body.attributes.flags,
      .xfrm = body.attributes.xfrm,
      .mrenclave = body.mrenclave,
      .mrsigner = body.mrsigner,
      .isv_ext_prod_id = body.isv_ext_prod_id,
      .isv_family_id = body.isv_family_id,
      .config_id = body.config_id,
      .isv_prod_id = body.isv_prod_id,
      .isv_svn = body.isv_svn,
      .config_svn = body.config_svn,
      .report_data = body.report_data,
      .debug = (body.attributes.flags & kAttributeDebug) != 0,
      .fmspc = platform.fmspc,
      .pce_id = platform.pce_id,
      .ppid = platform.ppid,
      .simultaneous_multithreading = platform.simultaneous_multithreading,
  };
}

std::vector<Window> windows_of(const Collateral& collateral, const TrustedChain& pck_chain) {
  std::vector<Window> windows = collateral.windows;
  for (const Certificate& one : pck_chain.certificates) {
    windows.push_back({"certificate \"" + one.subject().common_name + "\"", one.validity()});
  }
  return windows;
}

// Why the attestation key of the quote may speak for a platform; depends on nothing else of the quote.
Checked<CertifiedKey> certify_key(const Quote& quote, const Collateral& collateral,
                                  std::span<const TrustAnchor> anchors) {
  const TrustedChain chain = TRY(verify_pck_chain(quote, collateral, anchors));
  TRY_VOID(check_revocation(chain, collateral));
  const auto platform = pck_extension_of(chain.leaf());
  if (!platform) {
    return not_genuine("pck-extension", "the extension of a PCK certificate", platform.error().message,
                       kGetAnotherQuote);
  }
  TRY_VOID(check_platform(*platform, collateral.tcb_info));
  TRY_VOID(check_qe_report(quote, chain.leaf()));
  const QeLevel* qe = TRY(match_qe(collateral.qe_identity, quote.auth.qe_report));
  auto key = crypto::P256PublicKey::from_coordinates(quote.auth.attestation_key);
  if (!key) return wrong_signature("a key that is no point on P-256");
  return CertifiedKey{*std::move(key), *platform, qe, windows_of(collateral, chain)};
}

Checked<std::shared_ptr<const CertifiedKey>> certified_key_of(const Quote& quote, const Collateral& collateral,
                                                              std::span<const TrustAnchor> anchors,
                                                              CertifiedKeys& known) {
  if (auto key = known.find(quote.auth.attestation_key, quote.certification)) return key;
  auto key = std::make_shared<const CertifiedKey>(TRY(certify_key(quote, collateral, anchors)));
  known.remember(quote.certification, key);
  return key;
}

// The checks in Intel's order (tee-formats 6.3).
Checked<Appraisal> appraise(ByteView evidence, UtcTime at, const Collateral& collateral,
                            std::span<const TrustAnchor> anchors, CertifiedKeys& known) {
  const Quote quote = TRY(parse_quote(evidence));
  const std::shared_ptr<const CertifiedKey> key = TRY(certified_key_of(quote, collateral, anchors, known));
  TRY_VOID(check_quote_signature(quote, key->attestation_key));
  const Tcb tcb = TRY(assess_tcb(collateral.tcb_info, key->platform, *key->quoting_enclave));

  Appraisal appraisal;
  appraisal.result = name_of(tcb.status);
  appraisal.tcb = tcb;
  appraisal.claims = claims_of(quote.signed_part.body, key->platform);
  add_tcb_concerns(tcb, appraisal.concerns);
  add_enclave_concerns(std::get<Claims>(appraisal.claims), appraisal.concerns);
  add_collateral_concerns(collateral, appraisal.concerns);
  add_time_concerns(key->windows, at, appraisal);
  return appraisal;
}

std::string result_of_failure(const std::string& check) {
  if (check == "tcb.level" || check == "qe-identity.isvsvn") return "TCB_NOT_SUPPORTED";
  if (check == "tcb.revoked") return std::string(name_of(TcbStatus::kRevoked));
  if (check == "tcb-info.fmspc" || check == "tcb-info.pceid") return "TCB_INFO_MISMATCH";
  return "NOT_GENUINE";
}

}  // namespace

Verifier::Verifier(const CollateralFile& collateral, std::vector<TrustAnchor> anchors)
    : anchors_(std::move(anchors)), collateral_(prepare_collateral(collateral, anchors_)) {
  if (collateral_) root_sha256_ = to_hex(crypto::sha256(collateral_->anchor->certificate.der()));
}

bool Verifier::recognises(ByteView evidence) const { return looks_like_quote(evidence); }

Appraisal Verifier::verify(ByteView evidence, UtcTime at) const {
  Checked<Appraisal> appraisal =
      collateral_ ? appraise(evidence, at, *collateral_, anchors_, known_) : std::unexpected(collateral_.error());
  if (!appraisal) {
    Appraisal refused;
    refused.result = result_of_failure(appraisal.error().check);
    refused.failure = std::move(appraisal.error());
    return refused;
  }
  appraisal->root_sha256 = root_sha256_;
  return *std::move(appraisal);
}

}  // namespace redoubt::attest::sgx
