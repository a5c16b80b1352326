// SPDX-License-Identifier: Apache-2.0
//
// How messages between runtime, LAS, CAS and command line lie in bytes. One function `fields(archive, message)` a message
// names its members in order; with a Writer it encodes, with a Reader it decodes, so the two ends cannot disagree.
//
//   number      little-endian, fixed width          bytes, text   u32 length, then the bytes
//   flag        one byte, 0 or 1                    list          u32 count, then the elements
//   array       exactly its bytes                   choice        one byte, below the number of choices
//
// Decoding is the only place where these bytes are parsed. It copies nothing: texts and bytes of a decoded message are views
// of the buffer, which must outlive it (and may lie in sealed memory). Every length is checked against what is left, every
// count against what is left divided by the least size of an element, and nothing may follow a message.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstdint>
#include <expected>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/bytes.h"
#include "base/little_endian.h"

namespace redoubt::wire {

class Writer {
 public:
  static constexpr bool kReads = false;

  template <std::unsigned_integral Integer>
  bool number(const Integer& value) {
    const LittleEndian<Integer> bytes(value);
    return append({reinterpret_cast<const uint8_t*>(&bytes), sizeof(bytes)});
  }
  bool flag(const bool& value) { return number(static_cast<uint8_t>(value)); }
  template <typename Enum>
  bool choice(const Enum& value, Enum) {
    return number(static_cast<uint8_t>(value));
  }
  template <size_t kSize>
  bool array(const ByteArray<kSize>& value) {
    return append(value);
  }
  bool bytes(const ByteView& value) { return number(static_cast<uint32_t>(value.size())) && append(value); }
  bool text(const std::string_view& value) { return bytes(as_bytes(value)); }
  template <typename T, typename Each>
  bool list(const std::vector<T>& values, Each each) {
    number(static_cast<uint32_t>(values.size()));
    return std::ranges::all_of(values, [&](const T& value) { return each(*this, value); });
  }

  // Room for so many bytes, so that writing them copies nothing.
  void reserve(size_t size) { out_.reserve(size); }
  const Bytes& written() const { return out_; }
  Bytes take() { return std::move(out_); }

 private:
  bool append(ByteView bytes) {
    out_.insert(out_.end(), bytes.begin(), bytes.end());
    return true;
  }

  Bytes out_;
};

class Reader {
 public:
  static constexpr bool kReads = true;

  explicit Reader(ByteView bytes) : rest_(bytes) {}

  template <std::unsigned_integral Integer>
  bool number(Integer& value) {
    ByteView bytes;
    if (!take(sizeof(Integer), bytes)) return false;
    LittleEndian<Integer> little;
    std::ranges::copy(bytes, reinterpret_cast<uint8_t*>(&little));
    value = little;
    return true;
  }
  bool flag(bool& value) {
    uint8_t byte;
    if (!number(byte) || byte > 1) return false;
    value = byte == 1;
    return true;
  }
  // `last` is the greatest enumerator.
  template <typename Enum>
  bool choice(Enum& value, Enum last) {
    uint8_t byte;
    if (!number(byte) || byte > static_cast<uint8_t>(last)) return false;
    value = static_cast<Enum>(byte);
    return true;
  }
  template <size_t kSize>
  bool array(ByteArray<kSize>& value) {
    ByteView bytes;
    if (!take(kSize, bytes)) return false;
    std::ranges::copy(bytes, value.begin());
    return true;
  }
  bool bytes(ByteView& value) {
    uint32_t size;
    return number(size) && take(size, value);
  }
  bool text(std::string_view& value) {
    ByteView view;
    if (!bytes(view)) return false;
    value = as_text(view);
    return true;
  }
  // Every element takes a byte at least, so a count is bounded by what is left.
  template <typename T, typename Each>
  bool list(std::vector<T>& values, Each each) {
    uint32_t count;
    if (!number(count) || count > rest_.size()) return false;
    values.clear();
    for (uint32_t index = 0; index < count; ++index) {
      if (!each(*this, values.emplace_back())) return false;
    }
    return true;
  }
  bool at_end() const { return rest_.empty(); }

 private:
  bool take(size_t size, ByteView& bytes) {
    if (size > rest_.size()) return false;
    bytes = rest_.first(size);
    rest_ = rest_.subspan(size);
    return true;
  }

  ByteView rest_;
};

// The parameter of `fields`: the message itself to a Reader, a constant one to a Writer.
template <typename Archive, typename Message>
using Of = std::conditional_t<Archive::kReads, Message, const Message>;

// A list of texts.
template <typename Archive>
bool texts(Archive& archive, Of<Archive, std::vector<std::string_view>>& values) {
  return archive.list(values, [](Archive& a, auto& value) { return a.text(value); });
}

// A list of messages that have `fields` themselves.
template <typename Archive, typename Messages>
bool messages(Archive& archive, Messages& values) {
  return archive.list(values, [](Archive& a, auto& value) { return fields(a, value); });
}

// `room`: how many bytes it will be, roughly, for large messages.
template <typename Message>
Bytes encode(const Message& message, size_t room = 0) {
  Writer writer;
  writer.reserve(room);
  fields(writer, message);
  return writer.take();
}

// False unless the bytes are exactly one such message. The message's views are of `bytes`.
template <typename Message>
[[nodiscard]] bool decode(ByteView bytes, Message& message) {
  Reader reader(bytes);
  return fields(reader, message) && reader.at_end();
}

}  // namespace redoubt::wire
