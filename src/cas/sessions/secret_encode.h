// SPDX-License-Identifier: Apache-2.0
//
// wire::encode for messages with secrets in them. A buffer that grows leaves its older, shorter selves behind in freed memory;
// so the message is walked twice: once to count its bytes, once to write them into one buffer of that size, which wipes itself.
// Both walkers speak the language of wire::Writer; the bytes are the same.
#pragma once

#include <algorithm>
#include <concepts>

#include "base/little_endian.h"
#include "base/secret_bytes.h"
#include "wire/codec.h"

namespace redoubt::cas {

// `Sink` has put(ByteView).
template <typename Sink>
class SinkArchive {
 public:
  static constexpr bool kReads = false;

  explicit SinkArchive(Sink& sink) : sink_(sink) {}

  template <std::unsigned_integral Integer>
  bool number(const Integer& value) {
    const LittleEndian<Integer> bytes(value);
    return put({reinterpret_cast<const uint8_t*>(&bytes), sizeof(bytes)});
  }
  bool flag(const bool& value) { return number(static_cast<uint8_t>(value)); }
  template <typename Enum>
  bool choice(const Enum& value, Enum) {
    return number(static_cast<uint8_t>(value));
  }
  template <size_t kSize>
  bool array(const ByteArray<kSize>& value) {
    return put(value);
  }
  bool bytes(const ByteView& value) { return number(static_cast<uint32_t>(value.size())) && put(value); }
  bool text(const std::string_view& value) { return bytes(as_bytes(value)); }
  template <typename T, typename Each>
  bool list(const std::vector<T>& values, Each each) {
    number(static_cast<uint32_t>(values.size()));
    return std::ranges::all_of(values, [&](const T& value) { return each(*this, value); });
  }

 private:
  bool put(ByteView bytes) {
    sink_.put(bytes);
    return true;
  }

  Sink& sink_;
};

struct ByteCounter {
  size_t count = 0;
  void put(ByteView bytes) { count += bytes.size(); }
};

struct ByteFiller {
  uint8_t* at;
  void put(ByteView bytes) { at = std::ranges::copy(bytes, at).out; }
};

template <typename Message>
size_t encoded_size(const Message& message) {
  ByteCounter counter;
  SinkArchive<ByteCounter> archive(counter);
  fields(archive, message);
  return counter.count;
}

template <typename Message>
SecretBytes encode_secret(const Message& message) {
  SecretBytes out(encoded_size(message));
  ByteFiller filler{out.data()};
  SinkArchive<ByteFiller> archive(filler);
  fields(archive, message);
  return out;
}

}  // namespace redoubt::cas
