// SPDX-License-Identifier: Apache-2.0
#include "crypto/der.h"

namespace redoubt::crypto {
namespace {

std::unexpected<Error> malformed(const char* what) { return fail(ErrorCode::kMalformed, std::string("DER: ") + what); }

}  // namespace

Result<ByteView, Error> DerReader::read(DerTag tag) {
  if (rest_.size() < 2) return malformed("an element is cut off");
  if (rest_[0] != static_cast<uint8_t>(tag)) return malformed("an element of another type than expected");
  size_t length = rest_[1];
  size_t header = 2;
  if (length >= 0x80) {
    const size_t count = length & 0x7F;
    if (count == 0 || count > 4 || rest_.size() < 2 + count)
      return malformed("a length that is not definite and short");
    length = 0;
    for (size_t index = 0; index < count; ++index) length = length << 8 | rest_[2 + index];
    header += count;
    if (length < 0x80 || (count > 1 && length >> (8 * (count - 1)) == 0))
      return malformed("a length in a longer form than needed");
  }
  if (rest_.size() - header < length) return malformed("an element is longer than what holds it");
  const ByteView content = rest_.subspan(header, length);
  rest_ = rest_.subspan(header + length);
  return content;
}

Result<DerReader, Error> DerReader::read_sequence() { return DerReader(TRY(read(DerTag::kSequence))); }

Result<std::string, Error> DerReader::read_object_identifier() {
  const ByteView content = TRY(read(DerTag::kObjectIdentifier));
  if (content.empty() || (content.back() & 0x80) != 0) return malformed("an object identifier is cut off");
  std::string text;
  uint64_t arc = 0;
  bool fresh = true;
  for (const uint8_t byte : content) {
    if (fresh && byte == 0x80) return malformed("an object identifier with a leading zero");
    if (arc >> 56 != 0) return malformed("an object identifier with an arc over 63 bits");
    arc = arc << 7 | (byte & 0x7F);
    fresh = (byte & 0x80) == 0;
    if (!fresh) continue;
    if (text.empty()) {
      // X.690, 8.19.4: the first two arcs share one number.
      const uint64_t first = arc < 80 ? arc / 40 : 2;
      text = std::to_string(first) + "." + std::to_string(arc - 40 * first);
    } else {
      text += "." + std::to_string(arc);
    }
    arc = 0;
  }
  return text;
}

Result<uint32_t, Error> DerReader::read_unsigned(uint32_t maximum, DerTag tag) {
  const ByteView content = TRY(read(tag));
  if (content.empty()) return malformed("an integer without bytes");
  if ((content[0] & 0x80) != 0) return malformed("a negative integer");
  if (content.size() > 1 && content[0] == 0 && (content[1] & 0x80) == 0)
    return malformed("an integer with a leading zero");
  uint64_t value = 0;
  for (const uint8_t byte : content) {
    value = value << 8 | byte;
    if (value > maximum) return malformed("an integer over its maximum");
  }
  return static_cast<uint32_t>(value);
}

Result<bool, Error> DerReader::read_boolean() {
  const ByteView content = TRY(read(DerTag::kBoolean));
  if (content.size() != 1 || (content[0] != 0 && content[0] != 0xFF))
    return malformed("a boolean that is neither 0 nor 255");
  return content[0] != 0;
}

Result<void, Error> DerReader::expect_end() const {
  if (!rest_.empty()) return malformed("bytes after the last element");
  return {};
}

}  // namespace redoubt::crypto
