// SPDX-License-Identifier: Apache-2.0
#include "cas/sessions/instance_hello.h"

#include "cas/sessions/refuse.h"
#include "crypto/ecdsa.h"
#include "crypto/hash.h"

namespace redoubt::cas {
namespace {

std::unexpected<Problem> malformed(std::string actual) {
  return refuse(Refusal::kMalformed, "request.form", "a request of wire/instance_protocol.h, version 1",
                std::move(actual), "use a runtime of the same version as CAS");
}

}  // namespace

Bytes instance_message(const InstanceChannel& channel) {
  const ByteView label = as_bytes(wire::kInstanceSignatureLabel);
  Bytes message;
  for (const ByteView part : {label, ByteView(channel.exporter), ByteView(channel.cas_key), ByteView(channel.nonce)}) {
    message.insert(message.end(), part.begin(), part.end());
  }
  return message;
}

Answer<ByteArray<32>> verify_instance(const InstanceChannel& channel, ByteView request) {
  wire::InstanceHello hello;
  if (!wire::decode(request, hello)) return malformed("a body of another form");
  if (hello.version != wire::kAttestVersion) return malformed("version " + std::to_string(hello.version));
  const auto key = crypto::P256PublicKey::from_coordinates(hello.instance_key);
  if (!key) return malformed("an instance key that is no point on P-256");
  if (!key->verifies(instance_message(channel), hello.signature)) {
    return refuse(Refusal::kForbidden, "instance.signature",
                  "a signature by the instance's key over this connection, this CAS and its challenge", "another one",
                  "start the program again; somebody may be between it and CAS");
  }
  return crypto::sha256(hello.instance_key);
}

}  // namespace redoubt::cas
