// SPDX-License-Identifier: Apache-2.0
//
// For tests of src/tls and the fuzz target: authorities and identities made on the spot, and two endpoints that speak to each
// other through memory.
#pragma once

#include <string>
#include <vector>

#include "crypto/certificate_builder.h"
#include "tls/endpoint.h"

namespace redoubt::tls::test {

inline constexpr int64_t kNow = 1'800'000'000;  // what clock() says
inline int64_t clock() { return kNow; }

struct Keyed {
  crypto::PrivateKey key;
  Bytes der;
  std::string certificate;  // PEM
  std::string private_key;  // PEM
};

std::string to_pem(ByteView der, std::string_view label);

// Valid from an hour before kNow until an hour after it.
crypto::CertificateRequest request(std::string name);
Keyed make(const crypto::CertificateRequest& request, crypto::KeyAlgorithm algorithm, const Keyed* issuer);
Keyed make_authority(std::string name, const Keyed* issuer = nullptr,
                     crypto::KeyAlgorithm algorithm = crypto::KeyAlgorithm::kP256);
// For "server.test", 127.0.0.1 and ::1.
Keyed make_server(const Keyed& issuer, crypto::KeyAlgorithm algorithm = crypto::KeyAlgorithm::kP256);
Keyed make_client(const Keyed& issuer, crypto::KeyAlgorithm algorithm = crypto::KeyAlgorithm::kP256);

inline Identity identity(const Keyed& keyed) { return {keyed.certificate, keyed.private_key}; }

// Moves all that `from` has to send. `step`: at most so many bytes at a time. How many bytes moved.
size_t move(Endpoint& from, Endpoint& to, size_t step = SIZE_MAX);
// Until neither has anything to say.
void talk(Endpoint& one, Endpoint& other, size_t step = SIZE_MAX);

// Gives `bytes` to the endpoint as the network would. How many it had room for.
size_t feed(Endpoint& to, ByteView bytes);
std::string read_all(Endpoint& from);
// As text of an error number: "EAGAIN" is what is usually waited for.
int error_of_read(Endpoint& from);

}  // namespace redoubt::tls::test
