// SPDX-License-Identifier: Apache-2.0
//
// Writes DER (X.690) for certificate extensions, the other side of crypto/der: values are byte strings that are put inside
// one another. Contents of at most 65,535 bytes.
#pragma once

#include <string_view>

#include "base/bytes.h"
#include "crypto/der.h"

namespace redoubt::crypto {

Bytes der_element(DerTag tag, ByteView content);
// Not negative.
Bytes der_integer(uint32_t value);
Bytes der_enumerated(uint8_t value);  // below 128
Bytes der_boolean(bool value);
// In dotted form: "1.2.840.113741.1.13.1". The first two arcs are 1.2, the others below 2^28.
Bytes der_object_identifier(std::string_view dotted);
// A SEQUENCE of the parts.
Bytes der_sequence(std::initializer_list<ByteView> parts);

}  // namespace redoubt::crypto
