// SPDX-License-Identifier: Apache-2.0
//
// Clients and board members of tests, with keys made on the spot. Only tests include this.
#pragma once

#include <string>
#include <string_view>

#include "cas/sessions/session_service.h"
#include "crypto/openssl_pointers.h"

namespace redoubt::cas {

// A client as TLS would show it: a key of its own and a self-signed certificate.
Client make_client(const std::string& name);

class BoardMember {
 public:
  // "ED25519", or a curve: "P-384".
  explicit BoardMember(const std::string& algorithm = "ED25519");

  std::string public_pem() const;
  // As the value of `signer:` in a flow list, on one line.
  std::string principal() const;
  // Base64, over the board's label and `yaml`.
  std::string sign(std::string_view yaml) const;
  std::string sign_bytes(std::string_view message) const;

 private:
  crypto::KeyPointer key_;
};

}  // namespace redoubt::cas
