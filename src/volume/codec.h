// SPDX-License-Identifier: Apache-2.0
//
// Numbers and texts as they follow one another in the body of a record or chunk. One function describes the fields of a kind and
// serves both directions (operation.cc, checkpoint.cc): `coder.number(field)` appends with an Encoder and fills with a Decoder.
// Numbers are little-endian and of the width of their type; texts are a 32-bit length and bytes.
#pragma once

#include <cstring>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "volume/volume.h"

namespace redoubt::volume {

class Encoder {
 public:
  static constexpr bool kReads = false;
  explicit Encoder(std::vector<uint8_t>& out) : out_(out) {}

  template <typename Number>
  void number(const Number& value) {
    static_assert(std::endian::native == std::endian::little);
    raw(&value, sizeof value);
  }
  void text(std::string_view value) {
    number(static_cast<uint32_t>(value.size()));
    raw(value.data(), value.size());
  }
  void raw(const void* bytes, size_t size) {
    const auto* first = static_cast<const uint8_t*>(bytes);
    out_.insert(out_.end(), first, first + size);
  }
  void time(const Time& value) {
    number(value.seconds);
    number(value.nanoseconds);
  }
  bool ok() const { return true; }

 private:
  std::vector<uint8_t>& out_;
};

// Authenticated input, parsed as if it were not: what runs over the end makes ok() false and yields zeros.
class Decoder {
 public:
  static constexpr bool kReads = true;
  explicit Decoder(ByteView in) : in_(in) {}

  template <typename Number>
  void number(Number& value) {
    const uint8_t* bytes = take(sizeof value);
    if (bytes == nullptr) {
      value = {};
      return;
    }
    std::memcpy(&value, bytes, sizeof value);
  }
  // The view lies in the input.
  void text(std::string_view& value) {
    uint32_t size = 0;
    number(size);
    const uint8_t* bytes = take(size);
    value = bytes == nullptr ? std::string_view{} : std::string_view(reinterpret_cast<const char*>(bytes), size);
  }
  const uint8_t* take(size_t size) {
    if (size > in_.size()) {
      ok_ = false;
      in_ = {};
      return nullptr;
    }
    const uint8_t* bytes = in_.data();
    in_ = in_.subspan(size);
    return ok_ ? bytes : nullptr;
  }
  void time(Time& value) {
    number(value.seconds);
    number(value.nanoseconds);
  }
  bool ok() const { return ok_; }
  ByteView rest() const { return in_; }

 private:
  ByteView in_;
  bool ok_ = true;
};

}  // namespace redoubt::volume
