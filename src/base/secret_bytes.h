// SPDX-License-Identifier: Apache-2.0
//
// Bytes that nobody else may see: wiped when they are let go, never copied by accident, never printed. For services and
// tools; the runtime keeps its secrets in sealed memory.
#pragma once

#include <string.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace redoubt {

class SecretBytes {
 public:
  SecretBytes() = default;
  explicit SecretBytes(size_t size) : bytes_(size) {}
  explicit SecretBytes(ByteView bytes) : bytes_(bytes.begin(), bytes.end()) {}
  explicit SecretBytes(std::string_view text) : SecretBytes(as_bytes(text)) {}
  SecretBytes(SecretBytes&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  SecretBytes& operator=(SecretBytes&& other) noexcept {
    if (this != &other) {
      wipe();
      bytes_ = std::exchange(other.bytes_, {});
    }
    return *this;
  }
  ~SecretBytes() { wipe(); }

  SecretBytes copy() const { return SecretBytes(view()); }
  ByteView view() const { return bytes_; }
  std::string_view text() const { return as_text(bytes_); }
  uint8_t* data() { return bytes_.data(); }
  size_t size() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }
  // Only to fewer bytes: growing would leave a copy behind.
  void shrink(size_t size) {
    if (size >= bytes_.size()) return;
    explicit_bzero(bytes_.data() + size, bytes_.size() - size);
    bytes_.resize(size);
  }

 private:
  void wipe() {
    if (!bytes_.empty()) explicit_bzero(bytes_.data(), bytes_.size());
    bytes_.clear();
  }

  std::vector<uint8_t> bytes_;
};

// Wipes what a library returned in a string of its own.
inline void wipe(std::string& text) {
  explicit_bzero(text.data(), text.size());
  text.clear();
}

}  // namespace redoubt
