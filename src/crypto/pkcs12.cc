// SPDX-License-Identifier: Apache-2.0
#include "crypto/pkcs12.h"

#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "crypto/openssl_pointers.h"

namespace redoubt::crypto {
namespace {

using Pkcs12Pointer = OpensslPointer<PKCS12, PKCS12_free>;

struct FreeStack {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_pop_free(stack, X509_free); }
};
using CertificateStack = std::unique_ptr<STACK_OF(X509), FreeStack>;

std::unexpected<Error> failed() {
  ERR_clear_error();
  return fail(ErrorCode::kFailed, "a PKCS #12 file could not be written");
}

X509Pointer read(ByteView der) {
  const uint8_t* at = der.data();
  return X509Pointer(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
}

}  // namespace

Result<SecretBytes, Error> make_pkcs12(const std::string& alias, const PrivateKey& key, ByteView certificate,
                                       const std::vector<Bytes>& chain) {
  const X509Pointer own = read(certificate);
  const CertificateStack others(sk_X509_new_null());
  if (!own || !others) return failed();
  for (const Bytes& der : chain) {
    X509Pointer one = read(der);
    if (!one || sk_X509_push(others.get(), one.get()) == 0) return failed();
    [[maybe_unused]] const X509* owned_by_others = one.release();
  }
  const Pkcs12Pointer file(PKCS12_create("", alias.c_str(), key.openssl(), own.get(), others.get(), 0, 0, 0, 0, 0));
  if (!file) return failed();
  const int size = i2d_PKCS12(file.get(), nullptr);
  if (size <= 0) return failed();
  SecretBytes bytes(static_cast<size_t>(size));
  uint8_t* out = bytes.data();
  if (i2d_PKCS12(file.get(), &out) != size) return failed();
  return bytes;
}

}  // namespace redoubt::crypto
