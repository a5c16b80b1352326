// SPDX-License-Identifier: Apache-2.0
//
// Counters and their JSON line.
#include "shim/syscalls/statistics.h"

#include <sys/syscall.h>

#include "base/text.h"
#include "shim/files/window.h"
#include "shim/gate/gate.h"
#include "shim/net/hooks.h"
#include "shim/patch/patcher.h"
#include "shim/process/options.h"
#include "shim/process/program.h"
#include "shim/syscalls/row.h"
#include "shim/syscalls/shim_time.h"

namespace redoubt::shim::statistics {
namespace {

uint64_t total(const Counters& counters) {
  uint64_t sum = 0;
  for (const auto& counter : counters.by_number) sum += counter.load(std::memory_order_relaxed);
  return sum;
}

void append_json_string(Text<16384>& line, const std::string& text) {
  line.append("\"");
  for (const char c : text) {
    if (c == '"' || c == '\\') line.append("\\");
    const char one[2] = {static_cast<unsigned char>(c) < 0x20 ? '?' : c, 0};
    line.append(one);
  }
  line.append("\"");
}

// Apart from write_line: a frame of 16 KiB is touched at the entry, a page of the stack that most children do not have yet.
[[gnu::noinline]] void write_counted(const Counters& counters, const char* how) {
  Text<16384> line;
  line.append("{\"pid\":").decimal(static_cast<uint64_t>(gate::call(SYS_getpid)));
  line.append(",\"program\":");
  append_json_string(line, program().executable);
  line.append(",\"end\":\"").append(how).append("\",\"calls\":").decimal(total(counters));
  line.append(",\"traps\":").decimal(counters.traps.load(std::memory_order_relaxed));
  line.append(",\"patched_sites\":").decimal(patch::site_count());
  line.append(",\"shim_us\":")
      .decimal(counters.nanoseconds.load(std::memory_order_relaxed) / 1000)
      .append(",\"by_call\":{");
  bool first = true;
  for (uint16_t number = 0; number <= kTableSize; ++number) {
    const uint64_t count = counters.by_number[number].load(std::memory_order_relaxed);
    if (count == 0) continue;
    const Row* row = find_row(number);
    line.append(first ? "\"" : ",\"").append(row != nullptr ? row->name : "unknown").append("\":").decimal(count);
    first = false;
  }
  line.append("}");
  if (net::hooks != nullptr) net::hooks->append_statistics(line);
  line.append("}\n");
  gate::call(SYS_write, static_cast<uint64_t>(window::get(window::Slot::kStatistics)), gate::address_of(line.c_str()),
             line.size());
}

}  // namespace

Counters& process_counters() {
  static Counters counters;
  return counters;
}

void count(Counters& counters, uint64_t number) {
  if (!options().stats) return;
  counters.by_number[number < kTableSize ? number : kTableSize].fetch_add(1, std::memory_order_relaxed);
}

void count_trap(Counters& counters) {
  if (options().stats) counters.traps.fetch_add(1, std::memory_order_relaxed);
}

void count_time(Counters& counters, uint64_t begin, uint64_t in_host) {
  const uint64_t elapsed = shim_clock() - begin;
  if (elapsed > in_host) counters.nanoseconds.fetch_add(elapsed - in_host, std::memory_order_relaxed);
}

void reset(Counters& counters) {
  if (!options().stats) return;  // a child would copy their pages, to write the zeros that are there
  counters.traps.store(0, std::memory_order_relaxed);
  counters.nanoseconds.store(0, std::memory_order_relaxed);
  for (auto& counter : counters.by_number) counter.store(0, std::memory_order_relaxed);
}

void write_line(const Counters& counters, const char* how) {
  if (options().stats) write_counted(counters, how);
}

}  // namespace redoubt::shim::statistics
