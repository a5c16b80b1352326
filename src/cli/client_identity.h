// SPDX-License-Identifier: Apache-2.0
//
// Who this user is to CAS: a P-256 key and a certificate that it signs itself, in one PEM file that only the user can read.
// No authority vouches for it; CAS knows clients by the SHA-256 of their SubjectPublicKeyInfo, which is also what an
// access_policy names. It is made the first time that a command needs it.
#pragma once

#include <openssl/types.h>

#include <memory>
#include <string>

#include "cli/error.h"

namespace redoubt::cli {

class ClientIdentity {
 public:
  // A new one, as the text of its file.
  static Result<std::string> generate();
  // From the text of a file: one private key and its certificate. Errors: kUsage.
  static Result<ClientIdentity> from_pem(const std::string& pem);
  // From a file of ours, which is made if there is none when `create`. Refuses a file that others can read.
  static Result<ClientIdentity> load(const std::string& path, bool create);

  const std::string& key_hash() const { return key_hash_; }                // 64 hexadecimal digits
  const std::string& certificate_pem() const { return certificate_pem_; }  // public
  EVP_PKEY* key() const { return key_.get(); }
  X509* certificate() const { return certificate_.get(); }

 private:
  std::shared_ptr<EVP_PKEY> key_;
  std::shared_ptr<X509> certificate_;
  std::string key_hash_;
  std::string certificate_pem_;
};

// SHA-256 of the SubjectPublicKeyInfo of a certificate, in hex; empty when OpenSSL cannot encode it.
std::string key_hash_of(X509* certificate);

// `option` (--identity), else $REDOUBT_IDENTITY: that file must exist. Else identity.pem in the configuration directory, made
// if need be.
Result<ClientIdentity> client_identity(const std::string& option);
// The path that client_identity would use.
Result<std::string> client_identity_file(const std::string& option);

}  // namespace redoubt::cli
