// SPDX-License-Identifier: Apache-2.0
//
// What the kernel gets in the place of the program's epoll data: a mark that was drawn for this process image (20 bits), a
// generation (20 bits) and the index of a record (24 bits). The top bit is set: no address of a program and no small number looks
// like it, and a program that watches nothing shielded never meets one.
#pragma once

#include <cstdint>

namespace redoubt::shim::net::tag {

extern uint64_t mark;  // in place: bits 44 to 63
void draw_mark();

inline uint64_t make(uint32_t index, uint32_t generation) {
  return mark | static_cast<uint64_t>(generation & 0xfffff) << 24 | (index & 0xffffff);
}
inline bool is_tag(uint64_t data) { return (data >> 44) == (mark >> 44); }
inline uint32_t index_of(uint64_t tag) { return static_cast<uint32_t>(tag & 0xffffff); }

}  // namespace redoubt::shim::net::tag
