// SPDX-License-Identifier: Apache-2.0
#include "tls/test_peers.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace redoubt::tls::test {

std::string to_pem(ByteView der, std::string_view label) {
  std::string base64(4 * ((der.size() + 2) / 3) + 1, '\0');
  base64.resize(static_cast<size_t>(
      EVP_EncodeBlock(reinterpret_cast<uint8_t*>(base64.data()), der.data(), static_cast<int>(der.size()))));
  std::string pem = "-----BEGIN " + std::string(label) + "-----\n";
  for (size_t at = 0; at < base64.size(); at += 64) pem += base64.substr(at, 64) + "\n";
  return pem + "-----END " + std::string(label) + "-----\n";
}

crypto::CertificateRequest request(std::string name) {
  crypto::CertificateRequest request;
  request.common_name = std::move(name);
  request.from = utc_time_from_unix(kNow - 3600);
  request.until = utc_time_from_unix(kNow + 3600);
  return request;
}

Keyed make(const crypto::CertificateRequest& request, crypto::KeyAlgorithm algorithm, const Keyed* issuer) {
  auto key = crypto::PrivateKey::generate(algorithm);
  if (!key) std::abort();
  auto der = crypto::make_certificate(request, *key, issuer == nullptr ? *key : issuer->key,
                                      issuer == nullptr ? ByteView() : ByteView(issuer->der));
  const auto pkcs8 = key->pkcs8_der();
  if (!der || !pkcs8) std::abort();
  std::string certificate = to_pem(*der, "CERTIFICATE"), private_key = to_pem(pkcs8->view(), "PRIVATE KEY");
  return {std::move(*key), std::move(*der), std::move(certificate), std::move(private_key)};
}

Keyed make_authority(std::string name, const Keyed* issuer, crypto::KeyAlgorithm algorithm) {
  auto wanted = request(std::move(name));
  wanted.authority = true;
  return make(wanted, algorithm, issuer);
}

Keyed make_server(const Keyed& issuer, crypto::KeyAlgorithm algorithm) {
  auto wanted = request("a server");
  wanted.dns_names = {"server.test", "*.wild.test"};
  wanted.ip_addresses = {"127.0.0.1", "::1"};
  wanted.for_servers = true;
  return make(wanted, algorithm, &issuer);
}

Keyed make_client(const Keyed& issuer, crypto::KeyAlgorithm algorithm) {
  auto wanted = request("a client");
  wanted.for_clients = true;
  return make(wanted, algorithm, &issuer);
}

size_t feed(Endpoint& to, ByteView bytes) {
  size_t done = 0;
  while (done < bytes.size()) {
    const std::span<uint8_t> room = to.input_room();
    const size_t size = std::min(room.size(), bytes.size() - done);
    if (size == 0) break;
    std::memcpy(room.data(), bytes.data() + done, size);
    to.input_added(size);
    done += size;
  }
  return done;
}

size_t move(Endpoint& from, Endpoint& to, size_t step) {
  size_t moved = 0;
  while (!from.output().empty()) {
    const size_t size = feed(to, from.output().first(std::min(from.output().size(), step)));
    if (size == 0) break;
    from.output_taken(size);
    moved += size;
  }
  return moved;
}

void talk(Endpoint& one, Endpoint& other, size_t step) {
  while (move(one, other, step) + move(other, one, step) != 0) {
  }
}

std::string read_all(Endpoint& from) {
  std::string all;
  uint8_t buffer[5000];
  while (true) {
    const auto got = from.read(buffer);
    if (!got || *got == 0) return all;
    all.append(reinterpret_cast<char*>(buffer), *got);
  }
}

int error_of_read(Endpoint& from) {
  uint8_t byte = 0;
  const auto got = from.read({&byte, 1});
  return got ? 0 : number_of(got.error());
}

}  // namespace redoubt::tls::test
