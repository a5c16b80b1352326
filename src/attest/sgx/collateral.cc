// SPDX-License-Identifier: Apache-2.0
#include "attest/sgx/collateral.h"

#include "attest/sgx/certificate_chain.h"
#include "crypto/hex.h"
#include "crypto/pem.h"

namespace redoubt::attest::sgx {
namespace {

using crypto::Certificate;
using crypto::RevocationList;

constexpr const char* kFetchAgain = "fetch the collateral again and keep its signed texts byte for byte";

Checked<const std::string*> required(const std::optional<std::string>& member, const char* name) {
  if (member) return &*member;
  return not_genuine(std::string("collateral.") + name, "the member " + std::string(name), "none",
                     "fetch complete collateral");
}

void add_windows(const TrustedChain& chain, std::vector<Window>& windows) {
  for (const Certificate& one : chain.certificates) {
    windows.push_back({"certificate \"" + one.subject().common_name + "\"", one.validity()});
  }
}

// The three members that make a signed text, as their names in the file.
struct SignedText {
  const char* name;
  const std::optional<std::string>& text;
  const std::optional<std::string>& signature;
  const std::optional<std::string>& chain;
};

Checked<TrustedChain> verify_signed_text(const SignedText& part, std::span<const TrustAnchor> anchors) {
  const std::string name = part.name;
  const std::string& text = *TRY(required(part.text, part.name));
  const std::string& signature_hex = *TRY(required(part.signature, (name + "_signature").c_str()));
  const std::string& pem = *TRY(required(part.chain, (name + "_issuer_chain").c_str()));
  TrustedChain chain = TRY(verify_chain(pem, tcb_signing_chain_shape(), anchors, {}));
  const auto signature = crypto::from_hex(signature_hex);
  if (!signature || signature->size() != crypto::kP256SignatureSize) {
    return not_genuine(name + ".signature", "64 bytes r || s in hex", "something else", kFetchAgain);
  }
  if (!chain.leaf().public_key().verifies(as_bytes(text), *signature)) {
    return not_genuine(name + ".signature",
                       "a signature of \"" + chain.leaf().subject().common_name + "\" over the text",
                       "another signature, or a text that was changed", kFetchAgain);
  }
  return chain;
}

template <typename T>
Checked<T> parsed(Result<T, Error> result, const char* name) {
  if (result) return *std::move(result);
  return not_genuine(std::string(name) + ".content", "a document for SGX as Intel specifies it", result.error().message,
                     "fetch the collateral for SGX (not TDX) from the certification service");
}

// The PCK CRL's issuer, when its chain is given. Without, the CRL waits for the chain of a quote.
Checked<void> verify_pck_crl(const CollateralFile& file, std::span<const TrustAnchor> anchors, Collateral& collateral) {
  if (!collateral.pck_crl || !file.pck_crl_issuer_chain) return {};
  const TrustedChain chain = TRY(verify_chain(*file.pck_crl_issuer_chain, crl_issuer_chain_shape(), anchors, {}));
  const Certificate& issuer = chain.leaf();
  if (chain.anchor != collateral.anchor || collateral.pck_crl->issuer() != issuer.subject() ||
      !issuer.may_sign_crls() || !collateral.pck_crl->signed_by(issuer.public_key())) {
    return not_genuine("pck-crl.signature", "the PCK CRL signed by \"" + issuer.subject().common_name + "\"",
                       "another issuer or signature", kFetchAgain);
  }
  TRY_VOID(check_not_revoked(issuer, collateral.root_crl));
  collateral.pck_crl_key = issuer.public_key();
  collateral.trusted.insert(collateral.trusted.end(), chain.certificates.begin(), chain.certificates.end());
  add_windows(chain, collateral.windows);
  return {};
}

Checked<void> verify_root_crl(const Collateral& collateral) {
  const Certificate& root = collateral.anchor->certificate;
  if (!collateral.root_crl) return {};
  if (collateral.root_crl->issuer() == root.subject() && root.may_sign_crls() &&
      collateral.root_crl->signed_by(root.public_key())) {
    return {};
  }
  return not_genuine("root-crl.signature", "the root's CRL signed by the trusted root", "another issuer or signature",
                     kFetchAgain);
}

}  // namespace

Checked<std::optional<RevocationList>> parse_crl(const std::optional<std::string>& text, const char* name) {
  if (!text) return std::nullopt;
  const auto malformed = [&](const std::string& why) {
    return not_genuine(std::string(name) + ".format", "a complete CRL, DER in hex or PEM", why, "fetch the CRL again");
  };
  Bytes der;
  if (crypto::looks_like_pem(*text)) {
    auto blocks = crypto::parse_pem(*text, "X509 CRL");
    if (!blocks) return malformed(blocks.error().message);
    if (blocks->size() != 1) return malformed(std::to_string(blocks->size()) + " PEM blocks");
    der = std::move(blocks->front());
  } else {
    auto bytes = crypto::from_hex(*text);
    if (!bytes) return malformed("a text that is neither");
    der = *std::move(bytes);
  }
  auto crl = RevocationList::from_der(der);
  if (!crl) return malformed(crl.error().message);
  return *std::move(crl);
}

Checked<void> check_not_revoked(const Certificate& certificate, const std::optional<RevocationList>& crl) {
  if (!crl || !crl->revokes(certificate)) return {};
  return not_genuine("revocation", "\"" + certificate.subject().common_name + "\" not to be revoked",
                     "serial number " + crypto::to_hex(certificate.serial()) + " is on the CRL of \"" +
                         crl->issuer().common_name + "\"",
                     "do not trust this platform; its owner must get a new PCK certificate");
}

Checked<Collateral> prepare_collateral(const CollateralFile& file, std::span<const TrustAnchor> anchors) {
  const TrustedChain tcb_chain = TRY(
      verify_signed_text({"tcb_info", file.tcb_info, file.tcb_info_signature, file.tcb_info_issuer_chain}, anchors));
  const TrustedChain qe_chain = TRY(verify_signed_text(
      {"qe_identity", file.qe_identity, file.qe_identity_signature, file.qe_identity_issuer_chain}, anchors));
  if (tcb_chain.anchor != qe_chain.anchor) {
    return not_genuine("collateral.root", "TCB info and QE identity under one root", "two roots",
                       "do not mix collateral");
  }
  Collateral collateral{};
  collateral.tcb_info = TRY(parsed(parse_tcb_info(*file.tcb_info), "tcb_info"));
  collateral.qe_identity = TRY(parsed(parse_qe_identity(*file.qe_identity), "qe_identity"));
  collateral.root_crl = TRY(parse_crl(file.root_ca_crl, "root-crl"));
  collateral.pck_crl = TRY(parse_crl(file.pck_crl, "pck-crl"));
  collateral.pck_chain = file.pck_certificate_chain;
  collateral.anchor = tcb_chain.anchor;
  TRY_VOID(verify_root_crl(collateral));
  for (const TrustedChain* chain : {&tcb_chain, &qe_chain}) {
    TRY_VOID(check_not_revoked(chain->leaf(), collateral.root_crl));
    add_windows(*chain, collateral.windows);
    // Only roots: the names keep a TCB signing certificate out of PCK chains, but it need not even be considered.
    if (chain->certificates.size() > 1) collateral.trusted.push_back(chain->certificates.back());
  }
  collateral.windows.push_back({"TCB info", collateral.tcb_info.validity});
  collateral.windows.push_back({"QE identity", collateral.qe_identity.validity});
  if (collateral.root_crl) collateral.windows.push_back({"root CRL", collateral.root_crl->validity()});
  if (collateral.pck_crl) collateral.windows.push_back({"PCK CRL", collateral.pck_crl->validity()});
  collateral.windows.push_back({"the trusted root", collateral.anchor->certificate.validity()});
  TRY_VOID(verify_pck_crl(file, anchors, collateral));
  return collateral;
}

}  // namespace redoubt::attest::sgx
