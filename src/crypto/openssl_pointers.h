// SPDX-License-Identifier: Apache-2.0
//
// Owners of OpenSSL's objects, for src/crypto.
#pragma once

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>

namespace redoubt::crypto {

template <auto kFree>
struct OpensslFree {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};

template <typename T, auto kFree>
using OpensslPointer = std::unique_ptr<T, OpensslFree<kFree>>;

using DigestContext = OpensslPointer<EVP_MD_CTX, EVP_MD_CTX_free>;
using KeyPointer = OpensslPointer<EVP_PKEY, EVP_PKEY_free>;
using KeyContext = OpensslPointer<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using EcdsaSignature = OpensslPointer<ECDSA_SIG, ECDSA_SIG_free>;
using BigNumber = OpensslPointer<BIGNUM, BN_free>;
using X509Pointer = OpensslPointer<X509, X509_free>;
using CrlPointer = OpensslPointer<X509_CRL, X509_CRL_free>;

}  // namespace redoubt::crypto
