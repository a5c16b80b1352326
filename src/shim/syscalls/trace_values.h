// SPDX-License-Identifier: Apache-2.0
//
// How --trace writes single values: flags by name, signals, strings and structures from program memory. What cannot be
// read is printed as the address it was said to be at.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/text.h"
#include "shim/syscalls/row.h"

namespace redoubt::shim {

// "NULL" or hexadecimal.
void put_address(TextBuilder& out, uint64_t address);

// Bits by name, joined with "|"; what has no name comes last in hexadecimal. Nothing at all is "0".
void put_flags(TextBuilder& out, const NameTable& names, uint32_t value);
// One value by name, or in decimal.
void put_choice(TextBuilder& out, const NameTable& names, uint32_t value);
void put_signal(TextBuilder& out, int signal);

// A NUL-terminated string, quoted and clipped at kTraceStringLimit.
void put_string(TextBuilder& out, uint64_t address);
// `size` bytes, quoted and clipped likewise.
void put_bytes(TextBuilder& out, uint64_t address, uint64_t size);

// The structure at `address`, or an array of `count` of them where the shape is one; for kFdset, `count` is in bits.
void put_shape(TextBuilder& out, Shape shape, uint64_t address, uint64_t count);

// The socket address at `address`, of which `size` bytes are there.
void put_sockaddr(TextBuilder& out, uint64_t address, uint64_t size);

}  // namespace redoubt::shim
