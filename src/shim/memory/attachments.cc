// SPDX-License-Identifier: Apache-2.0
//
// Found as the kernel finds them (ipc/shm.c, ksys_shmdt): the first mapping of a segment that lies as far behind the address as it
// does in the segment, and all others of that segment which do. Lines of maps: "7f00-7f01 rw-s 00000000 00:01 42   /SYSV0000002a".
#include "shim/memory/attachments.h"

#include <fcntl.h>
#include <sys/syscall.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>

#include "shim/files/window.h"
#include "shim/gate/gate.h"
#include "shim/gate/host_answer.h"

namespace redoubt::shim {
namespace {

constexpr size_t kLargestText = size_t{256} << 20;  // a host that never ends must not end us

std::string maps() {
  const auto fd = gate::descriptor_of(gate::call(SYS_openat, static_cast<uint64_t>(window::get(window::Slot::kProc)),
                                                 gate::address_of("self/maps"), O_RDONLY | O_CLOEXEC));
  if (!fd) return {};
  std::string text;
  char chunk[4096];
  while (text.size() < kLargestText) {
    const auto got = gate::count_of(
        gate::call(SYS_read, static_cast<uint64_t>(*fd), gate::address_of(chunk), sizeof(chunk)), sizeof(chunk));
    if (!got || *got == 0) break;
    text.append(chunk, *got);
  }
  gate::call(SYS_close, static_cast<uint64_t>(*fd));
  return text;
}

struct Attachment {
  uint64_t begin, end, offset, segment;
};

// Takes a number off the front of `text`, and the character behind it.
bool take_number(std::string_view& text, int base, uint64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end == text.data() + text.size()) return false;
  text.remove_prefix(static_cast<size_t>(end - text.data()) + 1);
  return true;
}

std::optional<Attachment> parse(std::string_view line) {
  Attachment found{};
  uint64_t major = 0, minor = 0;
  constexpr size_t kPermissions = 5;  // with the blank
  if (!take_number(line, 16, found.begin) || !take_number(line, 16, found.end) || line.size() < kPermissions) return {};
  line.remove_prefix(kPermissions);
  if (!take_number(line, 16, found.offset) || !take_number(line, 16, major) || !take_number(line, 16, minor) ||
      !take_number(line, 10, found.segment)) {
    return {};
  }
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  if (!line.starts_with("/SYSV") || found.begin >= found.end) return {};
  return found;
}

}  // namespace

std::vector<Range> attached_at(uint64_t address) {
  const std::string text = maps();
  std::vector<Range> found;
  uint64_t segment = 0;
  for (std::string_view rest(text); !rest.empty();) {
    const size_t newline = std::min(rest.find('\n'), rest.size());
    const auto mapping = parse(rest.substr(0, newline));
    rest.remove_prefix(std::min(newline + 1, rest.size()));
    if (!mapping || mapping->begin < address || mapping->begin - address != mapping->offset) continue;
    if (!found.empty() && mapping->segment != segment) continue;
    segment = mapping->segment;
    found.push_back({mapping->begin, mapping->end});
  }
  return found;
}

}  // namespace redoubt::shim
