// SPDX-License-Identifier: Apache-2.0
#include "cas/secrets/certificates.h"

#include <algorithm>

#include "crypto/certificate_builder.h"
#include "crypto/certificate_facts.h"

namespace redoubt::cas {
namespace {

using std::chrono::days;
using std::chrono::seconds;

constexpr seconds kLifeOfCertificate = days(365);
constexpr seconds kLifeOfAuthority = days(3650);
constexpr size_t kMaxCommonName = 64;  // characters, RFC 5280, appendix A.1

std::string quoted(const std::string& name) { return "\"" + name + "\""; }

Result<std::string, Error> common_name_of(const policy::Secret& secret) {
  const std::string& name = secret.common_name.empty() ? secret.name : secret.common_name;
  const bool printable =
      std::ranges::none_of(name, [](char character) { return static_cast<uint8_t>(character) < 0x20; });
  if (!printable)
    return fail(ErrorCode::kMalformed, "common_name: expected one line of text, found control characters");
  const auto count = static_cast<size_t>(
      std::ranges::count_if(name, [](char character) { return (static_cast<uint8_t>(character) & 0xC0) != 0x80; }));
  if (count <= kMaxCommonName) return name;
  return fail(ErrorCode::kMalformed, "common_name: expected at most 64 characters, found " + std::to_string(count) +
                                         ": set a shorter common_name, and put long names under san");
}

void add_names(const policy::Secret& secret, crypto::CertificateRequest& request) {
  constexpr std::string_view kDns = "dns:", kIp = "ip:";
  for (const std::string& name : secret.san) {
    if (name.starts_with(kDns)) request.dns_names.push_back(name.substr(kDns.size()));
    if (name.starts_with(kIp)) request.ip_addresses.push_back(name.substr(kIp.size()));
  }
}

// An end without a stated endpoint may be either; an authority without one is for every purpose.
void set_purposes(const policy::Secret& secret, crypto::CertificateRequest& request) {
  const bool both = !secret.endpoint && !request.authority;
  request.for_servers = both || secret.endpoint == policy::Endpoint::kServer;
  request.for_clients = both || secret.endpoint == policy::Endpoint::kClient;
}

// Nothing issued is valid when its issuer is not.
Result<void, Error> keep_within(const Material& issuer, const policy::Secret& secret, UtcTime now,
                                crypto::CertificateRequest& request) {
  const std::string who = "issuer " + quoted(secret.issuer);
  if (issuer.kind != policy::SecretKind::kX509Ca) {
    return fail(ErrorCode::kMalformed, who + ": expected a secret of kind x509-ca");
  }
  if (issuer.value.empty()) {
    return fail(ErrorCode::kMalformed, who + ": expected its private key, to sign with, found its certificate alone");
  }
  const crypto::CertificateFacts facts = TRY(crypto::certificate_facts(issuer.certificate));
  if (!facts.may_issue) {
    return fail(ErrorCode::kMalformed, who + ": expected a certificate that may sign others (CA:TRUE, keyCertSign)");
  }
  if (now < facts.from || now >= facts.until) {
    return fail(ErrorCode::kFailed, who + ": its certificate is valid from " + to_string(facts.from) + " until " +
                                        to_string(facts.until) + ", and it is " + to_string(now) + ": renew it");
  }
  if (request.authority && facts.path_length == 0) {
    return fail(ErrorCode::kMalformed, who + ": its path length is 0, so no authority can be below it");
  }
  if (issuer.chain.size() >= kMaxIssuers) {
    return fail(ErrorCode::kMalformed, "expected at most " + std::to_string(kMaxIssuers) + " issuers up to the root");
  }
  request.from = std::max(request.from, facts.from);
  request.until = std::min(request.until, facts.until);
  return {};
}

Result<void, Error> check_order(const Bytes& certificate, const std::vector<Bytes>& chain) {
  const Bytes* below = &certificate;
  for (const Bytes& issuer : chain) {
    if (!crypto::certificate_issued_by(*below, issuer)) {
      return fail(ErrorCode::kMalformed,
                  "value: expected every certificate to be followed by its issuer, found one that is not");
    }
    below = &issuer;
  }
  return {};
}

}  // namespace

std::vector<Bytes> chain_below(const Material& issuer) {
  std::vector<Bytes> chain = {issuer.certificate};
  chain.insert(chain.end(), issuer.chain.begin(), issuer.chain.end());
  return chain;
}

Result<Material, Error> issue_certificate(const Issuance& issuance) {
  const policy::Secret& secret = issuance.secret;
  crypto::CertificateRequest request;
  request.authority = secret.kind == policy::SecretKind::kX509Ca;
  request.common_name = TRY(common_name_of(secret));
  add_names(secret, request);
  set_purposes(secret, request);
  const seconds usual = request.authority ? kLifeOfAuthority : kLifeOfCertificate;
  request.from = issuance.now - kBackdated;
  request.until = issuance.now + (secret.valid_for ? seconds(*secret.valid_for) : usual);
  if (request.authority) request.path_length = issuance.authorities_below;
  if (issuance.issuer != nullptr) TRY_VOID(keep_within(*issuance.issuer, secret, issuance.now, request));

  const crypto::PrivateKey issuer_key =
      issuance.issuer == nullptr ? issuance.key : TRY(crypto::PrivateKey::from_pkcs8(issuance.issuer->value.view()));
  const ByteView issuer_certificate = issuance.issuer == nullptr ? ByteView() : ByteView(issuance.issuer->certificate);
  Material material;
  material.kind = secret.kind;
  material.value = TRY(issuance.key.pkcs8_der());
  material.certificate = TRY(crypto::make_certificate(request, issuance.key, issuer_key, issuer_certificate));
  if (issuance.issuer != nullptr) material.chain = chain_below(*issuance.issuer);
  material.renew_after = issuance.now + (request.until - issuance.now) * 2 / 3;
  return material;
}

Result<Material, Error> given_certificate(const policy::Secret& secret, const crypto::PrivateKey* key,
                                          const Material* issuer) {
  if (!secret.value) return fail(ErrorCode::kMalformed, "expected a value, found none");
  std::vector<Bytes> certificates = TRY(crypto::certificates_from_pem(*secret.value));
  Material material;
  material.kind = secret.kind;
  material.certificate = std::move(certificates.front());
  material.chain.assign(std::make_move_iterator(certificates.begin() + 1), std::make_move_iterator(certificates.end()));
  TRY_VOID(crypto::certificate_facts(material.certificate));
  TRY_VOID(check_order(material.certificate, material.chain));
  if (key != nullptr) {
    if (!crypto::certificate_is_for(material.certificate, *key)) {
      return fail(ErrorCode::kMalformed, "value: expected a certificate for the key " + quoted(secret.private_key) +
                                             ", found one for another key");
    }
    material.value = TRY(key->pkcs8_der());
  }
  if (issuer != nullptr) {
    const Bytes& last = material.chain.empty() ? material.certificate : material.chain.back();
    const bool present = issuer->certificate == material.certificate ||
                         std::ranges::find(material.chain, issuer->certificate) != material.chain.end();
    if (!present && !crypto::certificate_issued_by(last, issuer->certificate)) {
      return fail(ErrorCode::kMalformed, "issuer " + quoted(secret.issuer) +
                                             ": expected the authority that made the certificate, found another: "
                                             "correct it or leave it out");
    }
    if (!present) std::ranges::move(chain_below(*issuer), std::back_inserter(material.chain));
  }
  if (material.chain.size() > kMaxIssuers) {
    return fail(ErrorCode::kMalformed, "expected at most " + std::to_string(kMaxIssuers) + " issuers up to the root");
  }
  return material;
}

}  // namespace redoubt::cas
