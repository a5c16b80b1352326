// SPDX-License-Identifier: Apache-2.0
//
// Text built in a buffer of fixed size: for paths, trace lines and crash reports. It never allocates, never fails,
// takes no lock and knows no locale, so it works in a signal handler and in a process whose heap is broken; stdio and
// iostream would also bring dlopen and iconv into the static runtime. What does not fit is dropped and `truncated` says
// so. The text is NUL-terminated after every step.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace redoubt {

// Writes into a buffer that somebody else owns. `capacity` counts the NUL and is at least 1.
class TextBuilder {
 public:
  TextBuilder(char* buffer, size_t capacity) : buffer_(buffer), capacity_(capacity) { buffer_[0] = '\0'; }
  TextBuilder(const TextBuilder&) = delete;
  TextBuilder& operator=(const TextBuilder&) = delete;

  TextBuilder& append(std::string_view text) {
    for (const char character : text) append(character);
    return *this;
  }

  TextBuilder& append(char character) {
    if (size_ >= capacity_ - 1) {
      truncated_ = true;
      return *this;
    }
    buffer_[size_++] = character;
    buffer_[size_] = '\0';
    return *this;
  }

  template <std::integral Integer>
  TextBuilder& decimal(Integer value) {
    if (std::is_signed_v<Integer> && value < 0) {
      append('-');
      // Negated as unsigned: the smallest value has no positive counterpart.
      return digits(0 - static_cast<uint64_t>(static_cast<int64_t>(value)), 10, 1);
    }
    return digits(static_cast<uint64_t>(value), 10, 1);
  }
  // At least `width` digits, filled with zeros.
  TextBuilder& padded(uint64_t value, int width) { return digits(value, 10, width); }
  TextBuilder& hex(uint64_t value) { return append("0x").digits(value, 16, 1); }
  TextBuilder& hex_digits(uint64_t value) { return digits(value, 16, 1); }  // without "0x"
  // As C writes it: 0 is "0", 8 is "010".
  TextBuilder& octal(uint64_t value) { return value == 0 ? append('0') : append('0').digits(value, 8, 1); }

  // As a C string literal. Bytes outside printable ASCII become escapes, so a line stays one line whatever it quotes.
  TextBuilder& quoted(std::string_view bytes) {
    append('"');
    for (size_t index = 0; index < bytes.size(); ++index) {
      const bool digit_follows = index + 1 < bytes.size() && bytes[index + 1] >= '0' && bytes[index + 1] <= '9';
      escaped(static_cast<unsigned char>(bytes[index]), digit_follows);
    }
    return append('"');
  }

  std::string_view view() const { return {buffer_, size_}; }
  const char* c_str() const { return buffer_; }
  size_t size() const { return size_; }
  bool truncated() const { return truncated_; }
  // Overwrites the end, to show that something is missing.
  void end_with(std::string_view mark) {
    const size_t room = capacity_ - 1 < mark.size() ? capacity_ - 1 : mark.size();
    size_ = size_ < room ? 0 : size_ - room;
    append(mark);
  }
  void clear() {
    size_ = 0;
    truncated_ = false;
    buffer_[0] = '\0';
  }

 private:
  TextBuilder& digits(uint64_t value, unsigned base, int width) {
    char reversed[64];
    int count = 0;
    do {
      reversed[count++] = "0123456789abcdef"[value % base];
      value /= base;
    } while (value != 0);
    while (count < width && count < static_cast<int>(sizeof(reversed))) reversed[count++] = '0';
    while (count > 0) append(reversed[--count]);
    return *this;
  }

  void escaped(unsigned char byte, bool digit_follows) {
    switch (byte) {
      case '\n': append("\\n"); return;
      case '\t': append("\\t"); return;
      case '\r': append("\\r"); return;
      case '"': append("\\\""); return;
      case '\\': append("\\\\"); return;
      default: break;
    }
    if (byte >= 0x20 && byte < 0x7f) {
      append(static_cast<char>(byte));
      return;
    }
    // An octal escape takes up to three digits: a digit that follows must not become part of it.
    append('\\').digits(byte, 8, digit_follows ? 3 : 1);
  }

  char* buffer_;
  size_t capacity_;
  size_t size_ = 0;
  bool truncated_ = false;
};

// The same with a buffer of its own: `Text<64> path; path.append("/proc/").decimal(pid);`
template <size_t kCapacity>
class Text : public TextBuilder {
 public:
  Text() : TextBuilder(storage_, kCapacity) {}

 private:
  char storage_[kCapacity];
};

}  // namespace redoubt
