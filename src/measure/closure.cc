// SPDX-License-Identifier: Apache-2.0
#include "measure/closure.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "measure/host_file.h"
#include "measure/script_line.h"

namespace redoubt::measure {
namespace {

constexpr int kMaxScriptDepth = 5;  // Linux's own limit
constexpr size_t kMaxCacheSize = 16 << 20;
constexpr const char* kCacheFile = "/etc/ld.so.cache";
constexpr const char* kPreloadFile = "/etc/ld.so.preload";
// Libraries that others open by name when they need them, without saying so in DT_NEEDED.
struct OpenedLater {
  std::string_view by;  // DT_SONAME
  const char* name;
};
constexpr OpenedLater kOpenedLater[] = {
    {"libc.so.6", "libgcc_s.so.1"},  // pthread_exit, pthread_cancel, backtrace
};

// Made by the kernel for each process: nothing there can be measured.
constexpr std::string_view kNotMeasurable[] = {"/proc", "/sys", "/dev"};

std::string directory_of(const std::string& path) { return path.substr(0, path.rfind('/')); }
std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

Bytes library_cache() {
  auto bytes = read_start(kCacheFile, kMaxCacheSize);
  return bytes ? std::move(*bytes) : Bytes();
}

bool is_below(const std::string& path, std::string_view directory) {
  return path.starts_with(directory) && (path.size() == directory.size() || path[directory.size()] == '/');
}

std::vector<std::string> words_of(std::string_view text) {
  constexpr std::string_view kSeparators = " \t\n:";
  std::vector<std::string> words;
  for (size_t at = text.find_first_not_of(kSeparators); at != std::string_view::npos;) {
    const size_t end = text.find_first_of(kSeparators, at);
    words.emplace_back(text.substr(at, end - at));
    at = text.find_first_not_of(kSeparators, end);
  }
  return words;
}

}  // namespace

Closure::Closure(FindProgram find_program, std::string_view library_path)
    : find_program_(std::move(find_program)), search_(library_cache(), library_path) {}

Result<Walked, Error> Closure::place(const std::string& path, const std::string& why) {
  auto walked = walk(path, [&](const std::string& link, const std::string& target) { links_[link] = target; });
  if (walked && walked->kind == Kind::kFile) {
    for (const std::string_view directory : kNotMeasurable) {
      if (is_below(walked->real, directory)) {
        return fail(ErrorCode::kUnsupported, "\"" + path + "\" is below " + std::string(directory) +
                                                 ", where files differ from process to process; leave it out");
      }
    }
    files_.try_emplace(walked->real, FileEntry{why});
    if (files_.size() > kMaxFileCount) {
      return fail(ErrorCode::kUnsupported, "more than " + std::to_string(kMaxFileCount) + " files, the last \"" + path +
                                               "\"; name smaller directories");
    }
  }
  return walked;
}

// --- programs ---

Result<void, Error> Closure::add_program(const std::string& path, const std::string& why) {
  return add_executable(path, why, 0);
}

Result<void, Error> Closure::add_executable(const std::string& path, const std::string& why, int depth) {
  const auto walked = place(path, why);
  if (!walked) return std::unexpected(walked.error());
  if (walked->kind != Kind::kFile) {
    return fail(ErrorCode::kFailed, "expected a program, found that \"" + path + "\" " +
                                        (walked->kind == Kind::kNothing ? "does not exist" : "is no regular file") +
                                        " (" + why + ")");
  }
  const auto start = read_start(walked->real, kScriptLineSize);
  if (!start) return std::unexpected(start.error());
  programs_.push_back(walked->real);
  if (as_text(*start).starts_with("#!")) return add_script(path, as_text(*start), depth);
  const auto read = read_elf_file(walked->real);
  if (!read) return std::unexpected(read.error());
  const std::optional<ElfFacts>& facts = *read;
  if (!facts || !facts->fits) {
    return fail(ErrorCode::kUnsupported, "\"" + path + "\" is neither a program for 64-bit x86 nor a script with #! (" +
                                             why + "); measure the interpreter that reads it, and name it --with");
  }
  if (!has_program_) {
    program_ = {nullptr, directory_of(walked->real), *facts};
    has_program_ = true;
  }
  if (!facts->interpreter.empty()) {
    const auto added = add_dynamic_loader(facts->interpreter, path);
    if (!added) return added;
  }
  // The kernel tells ld.so the program's real path.
  return add_libraries(walked->real, walked->real, nullptr);
}

Result<void, Error> Closure::add_script(const std::string& path, std::string_view start, int depth) {
  const auto line = read_script_line(start);
  if (!line || !line->interpreter.starts_with('/') || depth >= kMaxScriptDepth) {
    return fail(ErrorCode::kUnsupported, "expected an absolute path after #! in \"" + path + "\", of at most " +
                                             std::to_string(kMaxScriptDepth) + " scripts one after the other");
  }
  const auto added = add_executable(line->interpreter, "interpreter of " + path, depth + 1);
  if (!added || name_of(line->interpreter) != "env") return added;
  const std::string name = program_of_env(line->argument);
  const std::string found = name.empty() ? "" : find_program_(name);
  if (found.empty()) {
    return fail(ErrorCode::kFailed, "\"" + path + "\" is run by env, which finds no program \"" + name +
                                        "\" in PATH; set PATH as the session does");
  }
  notes_.push_back("\"" + path + "\" finds " + name +
                   " through PATH: set PATH in the session's environment so that it finds " + found);
  return add_executable(found, "interpreter of " + path, depth + 1);
}

Result<void, Error> Closure::add_dynamic_loader(const std::string& interpreter, const std::string& program) {
  const auto walked = place(interpreter, "loader of " + program);
  if (!walked) return std::unexpected(walked.error());
  if (walked->kind != Kind::kFile) {
    return fail(ErrorCode::kFailed,
                "the loader \"" + interpreter + "\" of \"" + program + "\" does not exist; install it");
  }
  names_.insert(name_of(walked->real));
  if (name_of(interpreter).starts_with("ld-musl")) {
    notes_.push_back("\"" + program +
                     "\" uses musl's loader, whose search for libraries differs; check with --observe");
  }
  const auto cache = place(kCacheFile, "where ld.so finds libraries");
  if (!cache) return std::unexpected(cache.error());
  const auto preload = place(kPreloadFile, "read by ld.so");
  if (!preload) return std::unexpected(preload.error());
  if (preload->kind != Kind::kFile || !searched_.insert(kPreloadFile).second) return {};
  notes_.push_back(
      "insecure: /etc/ld.so.preload of this machine loads libraries into every program; they are in the list: "
      "remove the file unless that is meant");
  const auto text = read_start(kPreloadFile, 65536);
  if (!text) return std::unexpected(text.error());
  for (const std::string& name : words_of(as_text(*text))) {
    for (const std::string& found : search_.find(name, {})) {
      const auto library = place(found, "named by /etc/ld.so.preload");
      if (!library) return std::unexpected(library.error());
      const auto added = add_libraries(library->real, found, nullptr);
      if (!added) return added;
    }
  }
  return {};
}

Result<void, Error> Closure::add_libraries(const std::string& real, const std::string& opened_as,
                                           const Requester* loaded_by) {
  auto read = read_elf_file(real);
  if (!read) return std::unexpected(read.error());
  std::optional<ElfFacts>& facts = *read;
  if (!facts || !facts->fits) return {};
  const Requester requester = {loaded_by, directory_of(opened_as), *std::move(facts)};
  names_.insert(name_of(opened_as));
  names_.insert(name_of(real));
  if (!requester.facts.soname.empty()) names_.insert(requester.facts.soname);
  // What it finds depends on the search paths it inherits.
  std::string key = opened_as;
  for (const Requester* one = loaded_by; one != nullptr; one = one->loaded_by) {
    if (!one->facts.rpath.empty()) key += '\n' + one->origin + '\n' + one->facts.rpath;
  }
  if (!searched_.insert(key).second) return {};
  for (const std::string& name : requester.facts.needed) {
    const auto added = add_library(name, requester, opened_as);
    if (!added) return std::unexpected(added.error());
    if (!*added) missing_.push_back({name, opened_as});
  }
  for (const OpenedLater& row : kOpenedLater) {
    if (requester.facts.soname != row.by) continue;
    const auto added = add_library(row.name, requester, opened_as);
    if (!added) return std::unexpected(added.error());
  }
  return {};
}

Result<bool, Error> Closure::add_library(const std::string& name, const Requester& requester,
                                         const std::string& asked_by) {
  const std::vector<std::string> found = search_.find(name, requester);
  for (const std::string& path : found) {
    const auto library = place(path, "library of " + asked_by);
    if (!library) return std::unexpected(library.error());
    if (library->kind != Kind::kFile) continue;
    const auto added = add_libraries(library->real, path, &requester);
    if (!added) return std::unexpected(added.error());
  }
  return !found.empty();
}

std::vector<std::string> Closure::missing_libraries() const {
  std::vector<std::string> lines;
  for (const Missing& one : missing_) {
    if (!names_.contains(one.name)) lines.push_back(one.name + ", which " + one.asked_by + " needs");
  }
  std::ranges::sort(lines);
  lines.erase(std::unique(lines.begin(), lines.end()), lines.end());
  return lines;
}

// --- what is named ---

Result<void, Error> Closure::add_file(const std::string& path, const std::string& why) {
  const auto walked = place(path, why);
  if (!walked) return std::unexpected(walked.error());
  if (walked->kind == Kind::kFile) names_.insert(name_of(path));
  return {};
}

Result<void, Error> Closure::add_tree(const std::string& path, const std::string& why) {
  for (const std::string_view directory : kNotMeasurable) {
    if (!is_below(path, directory)) continue;
    return fail(ErrorCode::kUnsupported, "\"" + path + "\" cannot be measured: what is below " +
                                             std::string(directory) +
                                             " differs from process to process; devices go into host.devices");
  }
  const auto walked = walk(path, [](const std::string&, const std::string&) {});
  if (!walked) return std::unexpected(walked.error());
  if (walked->kind == Kind::kNothing) return fail(ErrorCode::kFailed, "\"" + path + "\" does not exist");
  if (walked->kind == Kind::kFile) {
    const auto start = read_start(walked->real, kScriptLineSize);
    if (!start) return std::unexpected(start.error());
    struct stat info;
    const bool executable = stat(walked->real.c_str(), &info) == 0 && (info.st_mode & 0111) != 0;
    if (executable && as_text(*start).starts_with("#!")) return add_program(path, why);
  }
  return add_below(path, why);
}

Result<void, Error> Closure::add_below(const std::string& path, const std::string& why) {
  const auto walked = place(path, why);
  if (!walked) return std::unexpected(walked.error());
  if (walked->kind == Kind::kOther) {
    notes_.push_back("left out \"" + path + "\": a device, socket or pipe");
    return {};
  }
  if (walked->kind == Kind::kFile) {
    // A damaged ELF file is data to whoever reads it.
    const auto facts = read_elf_file(walked->real).value_or(std::nullopt);
    if (!facts || !facts->fits) return {};
    if (!facts->interpreter.empty() && facts->soname.empty()) {
      const auto loader = add_dynamic_loader(facts->interpreter, path);
      if (!loader) return loader;
    }
    return add_libraries(walked->real, path, has_program_ ? &program_ : nullptr);
  }
  if (walked->kind != Kind::kDirectory || !visited_directories_.insert(walked->real).second) return {};
  std::error_code error;
  std::vector<std::string> names;
  for (std::filesystem::directory_iterator entry(walked->real, error), end; !error && entry != end;
       entry.increment(error)) {
    names.push_back(entry->path().filename().string());
  }
  if (error) {
    return fail(ErrorCode::kFailed, "cannot list \"" + walked->real + "\": " + error.message());
  }
  std::ranges::sort(names);
  for (const std::string& name : names) {
    const std::string below = (walked->real == "/" ? "" : walked->real) + '/' + name;
    // A link upwards would bring in everything.
    std::error_code ignored;
    bool upwards = false;
    if (std::filesystem::is_symlink(below, ignored)) {
      const std::string target = std::filesystem::weakly_canonical(below, ignored).string();
      upwards = target == "/" || is_below(walked->real, target);
    }
    const auto added = upwards ? add_file(below, why) : add_below(below, why);
    if (!added) return added;
  }
  return {};
}

}  // namespace redoubt::measure
