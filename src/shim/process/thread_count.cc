// SPDX-License-Identifier: Apache-2.0
//
// How many threads the program has in this process.
#include <atomic>

#include "shim/process/thread.h"

namespace redoubt::shim {
namespace {

// The program's, not the runtime's own. A child that shares memory counts its parent's with its own.
constinit std::atomic<int> program_threads = 1;

}  // namespace

bool is_only_thread(const Thread& thread) { return thread.shares_memory || program_threads == 1; }
void count_new_thread() { ++program_threads; }
bool count_ended_thread() { return --program_threads == 0; }
void count_only_this_thread() { program_threads = 1; }

}  // namespace redoubt::shim
