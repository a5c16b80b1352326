// SPDX-License-Identifier: Apache-2.0
//
// The functions of a Go program, by the table that its own runtime unwinds with (pclntab, Go's src/runtime/symtab.go). It has no
// other: Go's linker makes no .eh_frame.
//
//   word    0         1           2        3                    7 (1.16)  8 (1.18)
//           magic...  functions   files    text (from 1.18 on)  ...       offset of the functions
//
//   functions         entry, offset of more      for each, sorted by entry: where it begins
//                     entry                      where the last one ends
//
//   magic   fffffffa  Go 1.16, 1.17              entries are addresses
//           fffffff0  Go 1.18, 1.19              entries are 32 bits, from `text` on
//           fffffff1  Go 1.20 and later          the same; `text` is 0 from 1.26 on and stands in the module's record only
//
// Where it lies nothing says that is loaded, so the image's data is searched for it, if it is an image of Go. A function lasts
// until the next begins: padding is its last part.
//
// As in unwind_table.h, all is the program's word about itself. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "shim/patch/loaded_image.h"

namespace redoubt::shim::patch {

struct GoTable {
  uint64_t text;     // what entries count from
  uint64_t entries;  // where the first is
  uint64_t count;    // without the one that ends the last function
  uint64_t entry_size;
};

// The table of the image whose ELF header is at `header`.
std::optional<GoTable> find_go_table(const ReadMemory& read, uint64_t header);

// The function that `address` lies in.
std::optional<Function> find_go_function(const ReadMemory& read, const GoTable& table, uint64_t address);

}  // namespace redoubt::shim::patch
