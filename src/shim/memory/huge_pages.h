// SPDX-License-Identifier: Apache-2.0
//
// The kernel's huge pages (hugetlbfs): a mapping of them is longer than what mmap was asked for. mmap(2), "Huge page
// (Huge TLB) mappings".
#pragma once

#include <cstdint>

namespace redoubt::shim {

struct Call;

// The bytes that an mmap with these arguments maps: the length it has, or that in whole huge pages. As it is where
// it cannot be rounded up, which the kernel refuses.
uint64_t mapped_length(const Call& call);

}  // namespace redoubt::shim
