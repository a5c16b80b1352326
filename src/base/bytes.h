// SPDX-License-Identifier: Apache-2.0
//
// Byte strings: a view that owns nothing, a vector that owns, an array of fixed size; and how text becomes bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace redoubt {

using ByteView = std::span<const uint8_t>;
using Bytes = std::vector<uint8_t>;
template <size_t kSize>
using ByteArray = std::array<uint8_t, kSize>;

// The view lives as long as the text does.
inline ByteView as_bytes(std::string_view text) { return {reinterpret_cast<const uint8_t*>(text.data()), text.size()}; }
inline std::string_view as_text(ByteView bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

}  // namespace redoubt
