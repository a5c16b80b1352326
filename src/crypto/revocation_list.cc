// SPDX-License-Identifier: Apache-2.0
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "crypto/x509.h"
#include "crypto/x509_fields.h"

namespace redoubt::crypto {
namespace {

// Serial numbers, sorted. An entry with a critical extension changes its meaning (an indirect CRL's certificate issuer).
Result<std::vector<Bytes>, Error> revoked_serials(X509_CRL* crl) {
  std::vector<Bytes> serials;
  const STACK_OF(X509_REVOKED)* entries = X509_CRL_get_REVOKED(crl);
  for (int index = 0; index < sk_X509_REVOKED_num(entries); ++index) {
    const X509_REVOKED* entry = sk_X509_REVOKED_value(entries, index);
    if (X509_REVOKED_get_ext_by_critical(entry, 1, -1) >= 0) {
      return fail(ErrorCode::kUnsupported, "CRL with an entry that has a critical extension");
    }
    serials.push_back(TRY(serial_of(X509_REVOKED_get0_serialNumber(entry))));
  }
  std::ranges::sort(serials);
  return serials;
}

}  // namespace

Result<RevocationList, Error> RevocationList::from_der(ByteView der) {
  const uint8_t* position = der.data();
  const std::shared_ptr<X509_CRL> crl(d2i_X509_CRL(nullptr, &position, static_cast<long>(der.size())), X509_CRL_free);
  ERR_clear_error();
  if (!crl || position != der.data() + der.size()) return fail(ErrorCode::kMalformed, "expected one CRL in DER");
  if (X509_CRL_get_signature_nid(crl.get()) != NID_ecdsa_with_SHA256) {
    return fail(ErrorCode::kUnsupported, "CRL that is not signed with ecdsa-with-SHA256");
  }
  const auto critical = unknown_critical_extension(X509_CRL_get0_extensions(crl.get()));
  if (critical || X509_CRL_get_ext_by_NID(crl.get(), NID_delta_crl, -1) >= 0 ||
      X509_CRL_get_ext_by_NID(crl.get(), NID_issuing_distribution_point, -1) >= 0) {
    return fail(ErrorCode::kUnsupported, "CRL that does not list all of its issuer's certificates");
  }
  const UtcTime from = TRY(time_of(X509_CRL_get0_lastUpdate(crl.get())));
  const UtcTime until = TRY(time_of(X509_CRL_get0_nextUpdate(crl.get())));
  std::vector<Bytes> revoked = TRY(revoked_serials(crl.get()));
  return RevocationList(crl, name_of(crl, X509_CRL_get_issuer(crl.get())), {from, until}, std::move(revoked));
}

bool RevocationList::revokes(const Certificate& certificate) const {
  return certificate.issuer() == issuer_ && std::ranges::binary_search(revoked_, certificate.serial());
}

bool RevocationList::signed_by(const P256PublicKey& key) const {
  const bool good = X509_CRL_verify(crl_.get(), key.openssl()) == 1;
  ERR_clear_error();
  return good;
}

}  // namespace redoubt::crypto
