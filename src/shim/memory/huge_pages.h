// SPDX-License-Identifier: Apache-2.0
//
// The kernel's huge pages (hugetlbfs): a mapping of them is longer than what mmap was asked for. mmap(2), "Huge page
// (Huge TLB) mappings".
#pragma once

#include <cstdint>

namespace redoubt::shim {

struct Call;

// How large the pages are that an mmap with these arguments maps.
uint64_t page_size_of(const Call& call);

// The length in whole huge pages, where `page` is the size of one. As it is where it cannot be rounded up, which the kernel refuses.
uint64_t whole_pages(uint64_t length, uint64_t page);

}  // namespace redoubt::shim
