// SPDX-License-Identifier: Apache-2.0
#include "crypto/der_writer.h"

#include <charconv>

namespace redoubt::crypto {

Bytes der_element(DerTag tag, ByteView content) {
  Bytes out{static_cast<uint8_t>(tag)};
  const size_t size = content.size();
  if (size >= 0x80) out.push_back(size >= 0x100 ? 0x82 : 0x81);
  if (size >= 0x100) out.push_back(static_cast<uint8_t>(size >> 8));
  out.push_back(static_cast<uint8_t>(size));
  out.insert(out.end(), content.begin(), content.end());
  return out;
}

Bytes der_integer(uint32_t value) {
  Bytes content;
  for (int shift = 24; shift >= 0; shift -= 8) {
    const auto byte = static_cast<uint8_t>(value >> shift);
    if (content.empty() && byte == 0 && shift > 0) continue;
    if (content.empty() && byte >= 0x80) content.push_back(0);  // or it would be negative
    content.push_back(byte);
  }
  return der_element(DerTag::kInteger, content);
}

Bytes der_enumerated(uint8_t value) { return der_element(DerTag::kEnumerated, ByteView(&value, 1)); }

Bytes der_boolean(bool value) {
  const uint8_t byte = value ? 0xFF : 0;
  return der_element(DerTag::kBoolean, ByteView(&byte, 1));
}

Bytes der_object_identifier(std::string_view dotted) {
  Bytes content{0x2A};  // 1.2
  dotted.remove_prefix(std::string_view("1.2").size());
  while (!dotted.empty()) {
    uint32_t arc = 0;
    const char* const end = dotted.data() + dotted.size();
    const char* const stop = std::from_chars(dotted.data() + 1, end, arc).ptr;
    dotted = std::string_view(stop, static_cast<size_t>(end - stop));
    for (int shift = 21; shift > 0; shift -= 7) {
      if (arc >> shift != 0) content.push_back(static_cast<uint8_t>(0x80 | (arc >> shift & 0x7F)));
    }
    content.push_back(static_cast<uint8_t>(arc & 0x7F));
  }
  return der_element(DerTag::kObjectIdentifier, content);
}

Bytes der_sequence(std::initializer_list<ByteView> parts) {
  Bytes content;
  for (const ByteView part : parts) content.insert(content.end(), part.begin(), part.end());
  return der_element(DerTag::kSequence, content);
}

}  // namespace redoubt::crypto
