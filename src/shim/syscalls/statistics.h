// SPDX-License-Identifier: Apache-2.0
//
// Counts for --stats: calls by number, one JSON line a process image when it ends (exit, exec, or a crash of the shim;
// not when a signal's default action kills it, since nothing of ours runs then). Counting is always on: it is the proof
// that a call went through the shim, and costs one relaxed increment.
#pragma once

#include <cstdint>

namespace redoubt::shim::statistics {

void count(uint64_t number);
uint64_t total();
// After fork: the child starts from zero.
void reset();
// Appends the line to the statistics descriptor when --stats was given. Safe to call from any thread.
void write_line(const char* how);

}  // namespace redoubt::shim::statistics
