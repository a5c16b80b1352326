// SPDX-License-Identifier: Apache-2.0
#include "attest/sgx/certificate_chain.h"

#include <algorithm>

#include "crypto/pem.h"

namespace redoubt::attest::sgx {
namespace {

using crypto::Certificate;

constexpr const char* kGetAnother = "get the chain again from where it was issued and pass it on unchanged";

std::unexpected<Finding> broken(const ChainShape& shape, const char* what, std::string expected, std::string actual,
                                const char* remedy = kGetAnother) {
  return not_genuine(std::string(shape.check) + "." + what, std::move(expected), std::move(actual), remedy);
}

// Decoding a key costs as much as a signature, so certificates that are known are taken as they are.
Result<std::vector<Certificate>, Error> parse_certificates(std::string_view pem, std::span<const Certificate> known) {
  std::vector<Certificate> list;
  for (const Bytes& der : TRY(crypto::parse_pem(pem, "CERTIFICATE"))) {
    const auto same = std::ranges::find_if(known, [&](const Certificate& one) { return one.der() == der; });
    if (same != known.end()) {
      list.push_back(*same);
      continue;
    }
    list.push_back(TRY(Certificate::from_der(der)));
  }
  return list;
}

// Leaf first, each certificate before its issuer.
Checked<std::vector<Certificate>> in_order(std::vector<Certificate> all, const ChainShape& shape) {
  const auto issues_another = [&](const Certificate& candidate) {
    return std::ranges::any_of(
        all, [&](const Certificate& other) { return &other != &candidate && other.issuer() == candidate.subject(); });
  };
  std::vector<Certificate> ordered;
  auto next = all.size() == 1 ? all.begin() : std::ranges::find_if_not(all, issues_another);
  while (next != all.end()) {
    ordered.push_back(*next);
    all.erase(next);
    next = std::ranges::find_if(all, [&](const Certificate& one) { return one.subject() == ordered.back().issuer(); });
  }
  if (!all.empty()) {
    return broken(shape, "order", "certificates that each issue the one before",
                  "\"" + all.front().subject().common_name + "\" has no place");
  }
  return ordered;
}

Checked<const TrustAnchor*> find_anchor(const Certificate& top, const ChainShape& shape,
                                        std::span<const TrustAnchor> anchors) {
  for (const TrustAnchor& anchor : anchors) {
    const Certificate& root = anchor.certificate;
    const bool same = top.self_issued() ? top.public_key() == root.public_key() : true;
    if (top.issuer() == root.subject() && same && top.signed_by(root.public_key())) return &anchor;
  }
  // Why not: a foreign root, or a root or topmost certificate that was changed.
  const bool known_name = std::ranges::any_of(
      anchors, [&](const TrustAnchor& anchor) { return top.issuer() == anchor.certificate.subject(); });
  const bool known_key = std::ranges::any_of(
      anchors, [&](const TrustAnchor& anchor) { return top.public_key() == anchor.certificate.public_key(); });
  if (known_name && (known_key || !top.self_issued())) {
    return broken(shape, top.self_issued() ? "root-signature" : "signature",
                  "\"" + top.subject().common_name + "\" signed by the trusted root", "another signature");
  }
  return broken(shape, "root", "a chain that ends at a trusted root",
                "one that ends at another \"" + top.issuer().common_name + "\"",
                "give the root that issued this evidence, if you trust it");
}

// What makes `issuer` the issuer of the certificate `depth` places above the leaf. Names match already.
Checked<void> check_link(const Certificate& subject, const Certificate& issuer, size_t depth, const ChainShape& shape,
                         bool signature_known) {
  const std::string name = "\"" + issuer.subject().common_name + "\"";
  if (!issuer.may_sign_certificates()) {
    return broken(shape, "authority", name + " to be a certificate authority", "its constraints say it is none");
  }
  const std::optional<long> limit = issuer.path_length();
  if (limit && *limit < static_cast<long>(depth)) {
    return broken(shape, "path-length", "at most " + std::to_string(*limit) + " authorities below " + name,
                  std::to_string(depth));
  }
  if (!signature_known && !subject.signed_by(issuer.public_key())) {
    return broken(shape, "signature", "\"" + subject.subject().common_name + "\" signed by " + name,
                  "another signature");
  }
  return {};
}

Checked<void> check_certificate(const Certificate& certificate, std::span<const std::string_view> names, bool leaf,
                                const ChainShape& shape) {
  const std::string& name = certificate.subject().common_name;
  if (std::ranges::find(names, name) == names.end()) {
    std::string expected;
    for (const std::string_view allowed : names)
      expected += (expected.empty() ? "\"" : " or \"") + std::string(allowed) + "\"";
    return broken(shape, "name", expected, "\"" + name + "\"");
  }
  if (const auto& unknown = certificate.unknown_critical_extension()) {
    return broken(shape, "critical-extension", "no critical extension but constraints and usage",
                  *unknown + " in \"" + name + "\"");
  }
  if (leaf && !certificate.may_sign_data() && !certificate.is_authority()) {
    return broken(shape, "key-usage", "\"" + name + "\" to have the usage digitalSignature", "it has not");
  }
  return {};
}

}  // namespace

const ChainShape& pck_chain_shape() {
  static const ChainShape shape{
      "pck-chain", {{"Intel SGX PCK Certificate"}, {"Intel SGX PCK Platform CA", "Intel SGX PCK Processor CA"}}};
  return shape;
}

const ChainShape& tcb_signing_chain_shape() {
  static const ChainShape shape{"tcb-signing-chain", {{"Intel SGX TCB Signing"}}};
  return shape;
}

const ChainShape& crl_issuer_chain_shape() {
  static const ChainShape shape{"crl-issuer-chain", {{"Intel SGX PCK Platform CA", "Intel SGX PCK Processor CA"}}};
  return shape;
}

Checked<TrustedChain> verify_chain(std::string_view pem, const ChainShape& shape, std::span<const TrustAnchor> anchors,
                                   std::span<const Certificate> already_trusted) {
  auto parsed = parse_certificates(pem, already_trusted);
  if (!parsed) return broken(shape, "format", "certificates in PEM", parsed.error().message);
  const size_t given = parsed->size(), needed = shape.names.size();
  if (given < needed || given > needed + 1) {
    return broken(shape, "length", std::to_string(needed) + " certificates and perhaps the root",
                  std::to_string(given));
  }
  const std::vector<Certificate> chain = TRY(in_order(*std::move(parsed), shape));
  if (given == needed + 1 && !chain.back().self_issued()) {
    return broken(shape, "length", "the root above \"" + chain[needed - 1].subject().common_name + "\"",
                  "\"" + chain.back().subject().common_name + "\", which is no root");
  }
  const auto trusted = [&](const Certificate& one) {
    return std::ranges::any_of(already_trusted, [&](const Certificate& known) { return known.der() == one.der(); });
  };
  for (size_t index = 0; index < needed; ++index) {
    TRY_VOID(check_certificate(chain[index], shape.names[index], index == 0, shape));
  }
  for (size_t index = 0; index + 1 < chain.size(); ++index) {
    TRY_VOID(check_link(chain[index], chain[index + 1], index, shape, trusted(chain[index])));
  }
  const Certificate& top = chain.back();
  const TrustAnchor* anchor = nullptr;
  if (trusted(top)) {
    // Its signature is known to be an anchor's: the one with the name of its issuer and, for a root, its key.
    const auto found = std::ranges::find_if(anchors, [&](const TrustAnchor& candidate) {
      return top.issuer() == candidate.certificate.subject() &&
             (anchors.size() == 1 || top.signed_by(candidate.certificate.public_key()));
    });
    if (found != anchors.end()) anchor = &*found;
  }
  if (!anchor) anchor = TRY(find_anchor(top, shape, anchors));
  if (!top.self_issued()) {
    TRY_VOID(check_link(top, anchor->certificate, chain.size() - 1, shape, true));
  }
  return TrustedChain{chain, anchor};
}

}  // namespace redoubt::attest::sgx
