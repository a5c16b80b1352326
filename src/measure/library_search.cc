// SPDX-License-Identifier: Apache-2.0
#include "measure/library_search.h"

#include <sys/stat.h>

#include <algorithm>

#include "measure/host_file.h"

namespace redoubt::measure {
namespace {

// Below every directory of a search: what newer processors prefer, and what glibc before 2.37 looked for as well.
constexpr std::string_view kVariants[] = {
    "glibc-hwcaps/x86-64-v4",
    "glibc-hwcaps/x86-64-v3",
    "glibc-hwcaps/x86-64-v2",
    "tls/haswell/x86_64",
    "tls/haswell",
    "tls/x86_64",
    "tls",
    "haswell/avx512_1/x86_64",
    "haswell/avx512_1",
    "haswell/x86_64",
    "haswell",
    "avx512_1/x86_64",
    "avx512_1",
    "x86_64",
};

// Debian's first, then what others build in.
constexpr std::string_view kDefaultDirectories[] = {
    "/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64", "/lib", "/usr/lib",
};

struct Token {
  std::string_view name;
  std::vector<std::string> values;
};

std::vector<std::string> replaced(std::string_view text, const Token& token) {
  for (const std::string& spelling : {"${" + std::string(token.name) + "}", "$" + std::string(token.name)}) {
    const size_t at = text.find(spelling);
    if (at == std::string_view::npos) continue;
    std::vector<std::string> out;
    for (const std::string& value : token.values) {
      std::string one(text);
      one.replace(at, spelling.size(), value);
      for (std::string& more : replaced(one, token)) out.push_back(std::move(more));
    }
    return out;
  }
  return {std::string(text)};
}

std::vector<std::string> filled(std::string_view text, const std::string& origin) {
  if (text.find('$') == std::string_view::npos) return {std::string(text)};
  const Token tokens[] = {
      {"ORIGIN", {origin}}, {"LIB", {"lib/x86_64-linux-gnu", "lib64", "lib"}}, {"PLATFORM", {"haswell", "x86_64"}}};
  std::vector<std::string> out = {std::string(text)};
  for (const Token& token : tokens) {
    // A value that holds the token again would never end.
    if (std::ranges::any_of(token.values,
                            [](const std::string& value) { return value.find('$') != std::string::npos; })) {
      continue;
    }
    std::vector<std::string> next;
    for (const std::string& one : out) {
      for (std::string& more : replaced(one, token)) {
        if (next.size() < 64) next.push_back(std::move(more));
      }
    }
    out = std::move(next);
  }
  return out;
}

std::string in_directory(std::string_view directory, std::string_view name) {
  return std::string(directory).append(1, '/').append(name);
}

std::string directory_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

}  // namespace

std::vector<std::string> expand_search_path(std::string_view path, const std::string& origin) {
  std::vector<std::string> directories;
  while (!path.empty()) {
    const size_t colon = path.find(':');
    for (std::string& one : filled(path.substr(0, colon), origin)) {
      while (one.size() > 1 && one.ends_with('/')) one.pop_back();
      if (one.starts_with('/')) directories.push_back(std::move(one));
    }
    if (colon == std::string_view::npos) break;
    path.remove_prefix(colon + 1);
  }
  return directories;
}

LibrarySearch::LibrarySearch(ByteView cache, std::string_view library_path)
    : cache_(read_library_cache(cache)), library_path_(expand_search_path(library_path, "")) {}

bool LibrarySearch::is_library(const std::string& path) {
  const auto [place, is_new] = libraries_.try_emplace(path, false);
  if (is_new) {
    const auto facts = read_elf_file(path).value_or(std::nullopt);
    place->second = facts && facts->fits;
  }
  return place->second;
}

bool LibrarySearch::is_directory(const std::string& path) {
  const auto [place, is_new] = directories_.try_emplace(path, false);
  if (is_new) {
    struct stat info;
    place->second = stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
  }
  return place->second;
}

bool LibrarySearch::look_in(const std::vector<std::string>& directories, const std::string& name,
                            std::vector<std::string>& found) {
  for (const std::string& directory : directories) {
    if (!is_directory(directory)) continue;
    for (const std::string_view variant : kVariants) {
      const std::string below = in_directory(directory, variant);
      if (!is_directory(below)) continue;
      const std::string path = in_directory(below, name);
      if (is_library(path)) found.push_back(path);
    }
    const std::string path = in_directory(directory, name);
    if (!is_library(path)) continue;
    found.insert(found.begin(), path);
    return true;
  }
  return false;
}

std::vector<std::string> LibrarySearch::find(const std::string& name, const Requester& requester) {
  std::vector<std::string> found;
  if (name.find('/') != std::string::npos) {
    for (const std::string& path : filled(name, requester.origin)) {
      if (path.starts_with('/') && is_library(path)) found.push_back(path);
    }
    return found;
  }
  if (requester.facts.runpath.empty()) {
    for (const Requester* one = &requester; one != nullptr; one = one->loaded_by) {
      if (!one->facts.runpath.empty()) continue;
      if (look_in(expand_search_path(one->facts.rpath, one->origin), name, found)) return found;
    }
  }
  if (look_in(library_path_, name, found)) return found;
  if (look_in(expand_search_path(requester.facts.runpath, requester.origin), name, found)) return found;
  if (!requester.facts.no_default_libraries) {
    const auto cached = cache_.find(name);
    if (cached != cache_.end()) {
      const size_t before = found.size();
      for (const std::string& path : cached->second) {
        if (is_library(path)) found.push_back(path);
      }
      // The cache may name variants only; then the plain one is searched as well.
      const bool plain = std::ranges::any_of(found.begin() + static_cast<ptrdiff_t>(before), found.end(),
                                             [](const std::string& path) { return !path.contains("/glibc-hwcaps/"); });
      if (plain) {
        // What lies beside it for other processors may be newer than the cache.
        std::vector<std::string> beside;
        for (const std::string& path : found) look_in({directory_of(path)}, name, beside);
        for (std::string& path : beside) {
          if (std::ranges::find(found, path) == found.end()) found.push_back(std::move(path));
        }
        return found;
      }
    }
    look_in({std::begin(kDefaultDirectories), std::end(kDefaultDirectories)}, name, found);
  }
  return found;
}

}  // namespace redoubt::measure
