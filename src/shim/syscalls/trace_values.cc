// SPDX-License-Identifier: Apache-2.0
//
// Names, signals, strings and bytes as --trace writes them.
#include "shim/syscalls/trace_values.h"

#include <algorithm>
#include <cstring>

#include "shim/abi/signal_names.h"
#include "shim/memory/app_memory.h"
#include "shim/syscalls/trace.h"

namespace redoubt::shim {

void put_address(TextBuilder& out, uint64_t address) { address == 0 ? out.append("NULL") : out.hex(address); }

void put_flags(TextBuilder& out, const NameTable& names, uint32_t value) {
  uint32_t rest = value;
  bool first = true;
  const auto add = [&](const char* name) {
    if (!first) out.append('|');
    first = false;
    out.append(name);
  };
  // A choice, and the name for no bit at all (PROT_NONE, F_OK), are found by equality.
  if (names.choice_mask != 0 || value == 0) {
    const uint64_t choice = value & names.choice_mask;
    for (size_t index = 0; index < names.count; ++index) {
      const NamedValue& entry = names.values[index];
      if (entry.value != choice || (entry.value & ~names.choice_mask) != 0) continue;
      add(entry.name);
      rest &= ~static_cast<uint32_t>(names.choice_mask);
      break;
    }
  }
  for (size_t index = 0; index < names.count; ++index) {
    const NamedValue& entry = names.values[index];
    const bool is_choice = names.choice_mask != 0 && (entry.value & ~names.choice_mask) == 0;
    if (entry.value == 0 || is_choice || (rest & entry.value) != entry.value) continue;
    add(entry.name);
    rest &= ~static_cast<uint32_t>(entry.value);
  }
  if (rest == 0 && !first) return;
  if (!first) out.append('|');
  rest == 0 ? out.append('0') : out.hex(rest);
}

void put_choice(TextBuilder& out, const NameTable& names, uint32_t value) {
  for (size_t index = 0; index < names.count; ++index) {
    if (names.values[index].value == value) {
      out.append(names.values[index].name);
      return;
    }
  }
  out.decimal(static_cast<int32_t>(value));
}

void put_signal(TextBuilder& out, int signal) {
  const char* name = abi::find_signal_name(signal);
  if (name != nullptr) {
    out.append(name);
  } else if (signal >= abi::kFirstRealTimeSignal && signal <= abi::kLastSignal) {
    out.append("SIGRT_").decimal(signal - abi::kFirstRealTimeSignal);
  } else {
    out.decimal(signal);
  }
}

void put_string(TextBuilder& out, uint64_t address) {
  constexpr uint64_t kPage = 4096;
  char text[kTraceStringLimit + 1];
  size_t size = 0;
  // A string may end just before an unmapped page, so no copy reaches from one page into the next.
  while (size < sizeof(text)) {
    const uint64_t from = address + size;
    const size_t chunk = std::min<uint64_t>(sizeof(text) - size, kPage - from % kPage);
    if (address == 0 || !copy_from_app(text + size, from, chunk)) {
      put_address(out, address);
      return;
    }
    const void* end = std::memchr(text + size, '\0', chunk);
    if (end != nullptr) {
      out.quoted({text, static_cast<size_t>(static_cast<const char*>(end) - text)});
      return;
    }
    size += chunk;
  }
  out.quoted({text, kTraceStringLimit}).append("...");
}

void put_bytes(TextBuilder& out, uint64_t address, uint64_t size) {
  char bytes[kTraceStringLimit];
  const size_t shown = std::min<uint64_t>(size, sizeof(bytes));
  if (address == 0 || !copy_from_app(bytes, address, shown)) {
    put_address(out, address);
    return;
  }
  out.quoted({bytes, shown});
  if (shown < size) out.append("...");
}

}  // namespace redoubt::shim
