// SPDX-License-Identifier: Apache-2.0
#include "cli/volume_list.h"

#include <sys/stat.h>
#include <time.h>

#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>

namespace redoubt::cli {
namespace {

using nlohmann::ordered_json;
using volume::InodeNumber;

const char* type_of(uint32_t mode) {
  switch (mode & S_IFMT) {
    case S_IFDIR: return "directory";
    case S_IFREG: return "file";
    case S_IFLNK: return "link";
    case S_IFIFO: return "fifo";
    case S_IFSOCK: return "socket";
    default: return "device";
  }
}

// As ls(1) shows it.
std::string mode_text(uint32_t mode) {
  constexpr char kBits[] = "rwxrwxrwx";
  std::string text(1, S_ISDIR(mode) ? 'd' : S_ISLNK(mode) ? 'l' : S_ISREG(mode) ? '-' : '?');
  for (int bit = 0; bit < 9; ++bit) text += (mode >> (8 - bit) & 1) != 0 ? kBits[bit] : '-';
  return text;
}

std::string time_text(const volume::Time& time) {
  const time_t seconds = time.seconds;
  tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

void print_listed(const ListedFile& one, bool is_long, bool json, ordered_json& all) {
  const volume::Attributes& a = one.attributes;
  if (json) {
    ordered_json row = {{"path", one.path},
                        {"type", type_of(a.mode)},
                        {"mode", a.mode & 07777},
                        {"uid", a.uid},
                        {"gid", a.gid},
                        {"size", a.size},
                        {"links", a.links},
                        {"inode", a.inode},
                        {"modified", time_text(a.modified)}};
    if (!one.target.empty()) row["target"] = one.target;
    all.push_back(std::move(row));
    return;
  }
  std::string line;
  if (is_long) {
    char numbers[96];
    std::snprintf(numbers, sizeof(numbers), " %3u %5u %5u %12llu ", a.links, a.uid, a.gid,
                  static_cast<unsigned long long>(a.size));
    line = mode_text(a.mode) + numbers + time_text(a.modified) + " ";
  }
  line += printable(one.path);
  if (is_long && !one.target.empty()) line += " -> " + printable(one.target);
  std::cout << line << '\n';
}

}  // namespace

std::string printable(std::string_view name) {
  std::string text;
  for (const char c : name) {
    if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) {
      text += c;
    } else {
      char escape[5];
      std::snprintf(escape, sizeof(escape), "\\x%02x", static_cast<unsigned char>(c));
      text += escape;
    }
  }
  return text;
}

Result<void> list_volume(OpenVolume& volume, InodeNumber inode, const std::string& path, bool recursive,
                         std::vector<ListedFile>& found) {
  constexpr size_t kAtOnce = 512;
  for (uint64_t cookie = 0;;) {
    const auto entries = volume->list(inode, cookie, kAtOnce);
    if (!entries) return volume_error(volume, path, entries.error());
    if (entries->empty()) return {};
    for (const volume::DirectoryEntry& entry : *entries) {
      cookie = entry.cookie;
      ListedFile one = {path.ends_with('/') ? path + entry.name : path + "/" + entry.name, {}, {}};
      const auto attributes = volume->attributes(entry.inode);
      if (!attributes) return volume_error(volume, one.path, attributes.error());
      one.attributes = *attributes;
      if (S_ISLNK(attributes->mode)) {
        const auto target = volume->read_link(entry.inode);
        if (!target) return volume_error(volume, one.path, target.error());
        one.target = *target;
      }
      found.push_back(one);
      if (!recursive || !S_ISDIR(attributes->mode)) continue;
      const auto below = list_volume(volume, entry.inode, one.path, true, found);
      if (!below) return below;
    }
  }
}

Result<ExitStatus> print_listed_files(const std::vector<ListedFile>& found, bool is_long, bool json) {
  ordered_json all = ordered_json::array();
  for (const ListedFile& one : found) print_listed(one, is_long, json, all);
  if (json) std::cout << all.dump(2, ' ', false, ordered_json::error_handler_t::replace) << '\n';
  return ExitStatus::kSuccess;
}

}  // namespace redoubt::cli
