// SPDX-License-Identifier: Apache-2.0
#include "measure/path_walk.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <deque>
#include <string_view>

namespace redoubt::measure {
namespace {

constexpr int kMaxLinks = 40;  // Linux's own limit

void prepend(std::deque<std::string>& parts, std::string_view path) {
  std::deque<std::string> added;
  while (!path.empty()) {
    const size_t slash = path.find('/');
    if (slash != 0) added.emplace_back(path.substr(0, slash));
    if (slash == std::string_view::npos) break;
    path.remove_prefix(slash + 1);
  }
  parts.insert(parts.begin(), added.begin(), added.end());
}

std::string joined(std::string real, const std::deque<std::string>& rest) {
  for (const std::string& part : rest) real += '/' + part;
  return real.empty() ? "/" : real;
}

Kind kind_of(mode_t mode) {
  if (S_ISREG(mode)) return Kind::kFile;
  return S_ISDIR(mode) ? Kind::kDirectory : Kind::kOther;
}

}  // namespace

Result<Walked, Error> walk(const std::string& path, const OnLink& on_link) {
  std::deque<std::string> parts;
  prepend(parts, path);
  std::string real;  // "" is the root
  Kind kind = Kind::kDirectory;
  int links = 0;
  while (!parts.empty()) {
    const std::string part = parts.front();
    if (kind != Kind::kDirectory) return Walked{joined(real, parts), Kind::kNothing};
    parts.pop_front();
    if (part == ".") continue;
    if (part == "..") {
      real.resize(real.empty() ? 0 : real.rfind('/'));
      continue;
    }
    const std::string next = std::string(real).append(1, '/').append(part);
    struct stat info;
    if (lstat(next.c_str(), &info) != 0) {
      if (errno == ENOENT || errno == ENOTDIR) return Walked{joined(next, parts), Kind::kNothing};
      return fail(ErrorCode::kFailed, "cannot look at \"" + next + "\": " + std::strerror(errno));
    }
    if (!S_ISLNK(info.st_mode)) {
      real = next;
      kind = kind_of(info.st_mode);
      continue;
    }
    if (++links > kMaxLinks) return fail(ErrorCode::kFailed, "too many symbolic links on the way to \"" + path + '"');
    char target[PATH_MAX];
    const ssize_t size = readlink(next.c_str(), target, sizeof(target));
    if (size <= 0 || size == sizeof(target)) {
      return fail(ErrorCode::kFailed, "cannot read the symbolic link \"" + next + "\": " + std::strerror(errno));
    }
    const std::string text(target, static_cast<size_t>(size));
    on_link(next, text);
    if (text.starts_with('/')) real.clear();
    prepend(parts, text);
  }
  return Walked{joined(real, {}), kind};
}

}  // namespace redoubt::measure
