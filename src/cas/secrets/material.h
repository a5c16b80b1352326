// SPDX-License-Identifier: Apache-2.0
//
// What the secrets of a session are, once they are made: explicit values, generated values, keys and certificates. Pure: values in,
// values out; randomness from OpenSSL, the time is given. Who may import what is decided in sessions/.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/secret_bytes.h"
#include "base/utc_time.h"
#include "policy/secret_kinds.h"
#include "policy/session.h"

namespace redoubt::cas {

struct Material {
  policy::SecretKind kind;
  // ascii, binary: the bytes; private-key, x509, x509-ca: PKCS #8 DER (empty: public only); public-key: SPKI DER;
  // pgp-key: its secret packets (empty: public only); config-fragment: JSON; jwt: nothing, it is made when it is rendered (imported: the token,
  // while a program is given its configuration)
  SecretBytes value;
  Bytes certificate;                   // x509, x509-ca: DER; pgp-key: its public packets
  std::vector<Bytes> chain;            // x509, x509-ca: issuers' certificates, DER, from its issuer up to the root
  std::optional<UtcTime> renew_after;  // generated x509, x509-ca: when it is made anew (two thirds of its life)

  Material copy() const;
};
using Materials = std::map<std::string, Material>;  // by the secret's name in its session

// Makes everything the session asks for. `previous` are the materials of the session it updates (`previous_session`; null for a
// new one): generated ascii and binary values are kept when name and kind (and size) agree, private keys only with `migrate: true`
// in both, certificates are made anew. `imported`: materials of imported secrets by their local name, already authorised; copies
// of those the session names are in the result. Errors name the secret and what to change; never a value.
Result<Materials, Error> make_materials(const policy::Session& session, const policy::Session* previous_session,
                                        const Materials& previous, const Materials& imported, UtcTime now);

// Makes anew the certificates whose time has come, and those below them; true when any was. Imported ones are not touched:
// their session renews them, and who calls this puts the present ones into `materials` before. After an error, which is about
// one certificate, the others are renewed all the same.
Result<bool, Error> renew_certificates(const policy::Session& session, Materials& materials, UtcTime now);

// The bytes of `secret` in a form (policy::find_form says which exist where; for an imported secret, ask it with the kind of
// its material). `secret` describes it in its session; `now` is when a jwt begins.
Result<SecretBytes, Error> render(const policy::Secret& secret, const Materials& materials, policy::Form form,
                                  UtcTime now);

// For the store. kMalformed for what encode_materials did not write.
SecretBytes encode_materials(const Materials& materials);
Result<Materials, Error> decode_materials(ByteView bytes);

}  // namespace redoubt::cas
