// SPDX-License-Identifier: Apache-2.0
#include "cas/secrets/jwt.h"

#include <nlohmann/json.hpp>

#include "crypto/secret_text.h"

namespace redoubt::cas {
namespace {

constexpr uint64_t kUsualLife = 3600;  // seconds
constexpr std::string_view kHeader = R"({"alg":"ES384","typ":"JWT"})";
constexpr const char* kTimes[] = {"iat", "nbf", "exp"};

SecretBytes part(std::string_view bytes) {
  return crypto::to_text(as_bytes(bytes), crypto::TextEncoding::kBase64UrlNoPadding);
}

Result<std::string, Error> claims_of(const policy::Secret& secret, UtcTime now) {
  const auto payload = secret.parameters.find("payload");
  nlohmann::json claims = nlohmann::json::object();
  if (payload != secret.parameters.end()) claims = nlohmann::json::parse(payload->second, nullptr, false);
  if (!claims.is_object()) return fail(ErrorCode::kMalformed, "payload: expected a map of claims");
  for (const char* time : kTimes) {
    if (claims.contains(time)) {
      return fail(ErrorCode::kMalformed, std::string("payload: expected no ") + time +
                                             ", which CAS sets: remove it, and say validity: {for: ...}");
    }
  }
  const int64_t made = now.time_since_epoch().count();
  claims["iat"] = made;
  claims["nbf"] = made;
  claims["exp"] = made + static_cast<int64_t>(secret.valid_for.value_or(kUsualLife));
  return claims.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

Result<SecretBytes, Error> make_jwt(const policy::Secret& secret, const crypto::PrivateKey& signer, UtcTime now) {
  if (!signer.is_p384()) {
    return fail(ErrorCode::kMalformed,
                "signer \"" + secret.signer + "\": expected a private key of key_type P-384, which ES384 signs with");
  }
  std::string claims = TRY(claims_of(secret, now));
  const SecretBytes header = part(kHeader);
  const SecretBytes payload = part(claims);
  wipe(claims);
  const SecretBytes signed_part = crypto::concatenated({header.view(), as_bytes("."), payload.view()});
  const Bytes signature = TRY(signer.sign_es384(signed_part.view()));
  const SecretBytes last = part(as_text(signature));
  return crypto::concatenated({signed_part.view(), as_bytes("."), last.view()});
}

}  // namespace redoubt::cas
