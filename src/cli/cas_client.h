// SPDX-License-Identifier: Apache-2.0
//
// HTTP over TLS 1.3 to one CAS. The CAS is known by its public key alone: certificate authorities, names and validity play no
// part. A pinned key is compared while the handshake runs, before the client's certificate or any request is sent. Every step
// has a time limit and every answer a size limit: the CAS at the other end may not be the one that was meant.
// Only the .cc includes Beast, which takes long to compile.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/cas_address.h"
#include "cli/client_identity.h"
#include "cli/error.h"

namespace redoubt::cli {

struct CasRequest {
  std::string method = "GET";
  std::string target;  // "/v1/sessions/shop/cache"; percent-encoded
  std::string content_type;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

struct CasReply {
  unsigned status = 0;
  std::string content_type;
  std::string body;
};

class CasClient {
 public:
  // `key`: what the CAS's key must be (hex of the SHA-256 of its SubjectPublicKeyInfo); absent: any, and key() says which.
  // `identity`: whose certificate to show; null: none. Errors: kCasUnreachable, kCasNotTrusted.
  static Result<CasClient> connect(const CasAddress& address, const std::optional<std::string>& key,
                                   const ClientIdentity* identity);
  CasClient(CasClient&&) noexcept;
  ~CasClient();

  // Any status is an answer. Errors: kCasUnreachable, after which the client is good for nothing.
  Result<CasReply> send(const CasRequest& request);

  const std::string& key() const;
  const CasAddress& address() const;

 private:
  struct Connection;
  explicit CasClient(std::unique_ptr<Connection> connection);

  std::unique_ptr<Connection> connection_;
};

}  // namespace redoubt::cli
