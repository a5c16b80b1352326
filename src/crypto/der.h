// SPDX-License-Identifier: Apache-2.0
//
// A reader of DER (X.690) for certificate extensions: definite lengths in their shortest form, one-byte tags. It holds a
// view and moves over it; nothing is copied, nothing recursive.
#pragma once

#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/error.h"

namespace redoubt::crypto {

enum class DerTag : uint8_t {
  kBoolean = 0x01,
  kInteger = 0x02,
  kOctetString = 0x04,
  kObjectIdentifier = 0x06,
  kEnumerated = 0x0A,
  kSequence = 0x30,
};

class DerReader {
 public:
  explicit DerReader(ByteView bytes) : rest_(bytes) {}

  bool at_end() const { return rest_.empty(); }

  // The content of the next element, which must have this tag.
  Result<ByteView, Error> read(DerTag tag);
  Result<DerReader, Error> read_sequence();
  // In dotted form: "1.2.840.113741.1.13.1".
  Result<std::string, Error> read_object_identifier();
  // An INTEGER or ENUMERATED between 0 and `maximum`.
  Result<uint32_t, Error> read_unsigned(uint32_t maximum, DerTag tag = DerTag::kInteger);
  Result<bool, Error> read_boolean();
  // kMalformed when something is left.
  Result<void, Error> expect_end() const;

 private:
  ByteView rest_;
};

}  // namespace redoubt::crypto
