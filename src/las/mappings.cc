// SPDX-License-Identifier: Apache-2.0
#include "las/mappings.h"

#include <charconv>
#include <optional>

namespace redoubt::las {
namespace {

std::string_view take_until(std::string_view& text, char separator) {
  const size_t stop = text.find(separator);
  const std::string_view piece = text.substr(0, stop);
  text.remove_prefix(stop == std::string_view::npos ? text.size() : stop + 1);
  return piece;
}

template <typename Integer>
bool parse(std::string_view text, Integer& value, int base) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  return error == std::errc() && end == text.data() + text.size();
}

bool is_attribute(std::string_view line) {
  // "Anonymous:   4 kB", "VmFlags: rd ex"; a mapping begins with hexadecimal digits and a '-'.
  const size_t colon = line.find(':'), blank = line.find(' '), dash = line.find('-');
  return colon < blank && colon < dash;
}

// "55d0-55d1 r-xp 00001000 fe:00 1234   /path"
bool parse_mapping(std::string_view line, ExecutableMapping& mapping, bool& executable) {
  std::string_view range = take_until(line, ' ');
  const std::string_view permissions = take_until(line, ' ');
  take_until(line, ' ');  // offset
  std::string_view device = take_until(line, ' ');
  const std::string_view inode = take_until(line, ' ');
  const std::string_view start = take_until(range, '-'), major = take_until(device, ':');
  if (permissions.size() != 4 || !parse(start, mapping.start, 16) || !parse(range, mapping.end, 16) ||
      !parse(major, mapping.device_major, 16) || !parse(device, mapping.device_minor, 16) ||
      !parse(inode, mapping.inode, 10)) {
    return false;
  }
  executable = permissions[2] == 'x';
  mapping.writable = permissions[1] == 'w';
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  mapping.name = line;
  mapping.changed = 0;
  return true;
}

// The number of "Anonymous:", "Swap:" lines; nothing for others.
std::optional<uint64_t> changed_pages(std::string_view line, bool& malformed) {
  const std::string_view name = take_until(line, ':');
  if (name != "Anonymous" && name != "Swap") return std::nullopt;
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  uint64_t kilobytes = 0;
  if (!parse(take_until(line, ' '), kilobytes, 10) || line != "kB") malformed = true;
  return kilobytes;
}

}  // namespace

Result<std::vector<ExecutableMapping>, Error> executable_mappings(std::string_view smaps) {
  std::vector<ExecutableMapping> mappings;
  bool executable = false, malformed = false;
  unsigned counts = 2;  // of the present mapping: both must be there
  while (!smaps.empty()) {
    const std::string_view line = take_until(smaps, '\n');
    if (is_attribute(line)) {
      const auto changed = changed_pages(line, malformed);
      if (changed) ++counts;
      if (changed && executable) mappings.back().changed += *changed;
    } else {
      ExecutableMapping mapping{};
      malformed = malformed || counts != 2 || !parse_mapping(line, mapping, executable);
      counts = 0;
      if (executable) mappings.push_back(std::move(mapping));
    }
    if (malformed) return fail(ErrorCode::kMalformed, "expected lines of /proc/PID/smaps");
  }
  if (counts != 2) return fail(ErrorCode::kMalformed, "expected whole entries of /proc/PID/smaps");
  return mappings;
}

bool is_kernels(const ExecutableMapping& mapping) {
  return mapping.inode == 0 && !mapping.writable && (mapping.name == "[vdso]" || mapping.name == "[vsyscall]");
}

}  // namespace redoubt::las
