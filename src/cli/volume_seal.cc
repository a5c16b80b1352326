// SPDX-License-Identifier: Apache-2.0
#include "cli/volume_seal.h"

#include <sys/random.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>

#include "cli/files.h"
#include "cli/outside_volumes.h"
#include "crypto/hex.h"
#include "measure/file_hashes.h"
#include "volume/volume.h"

namespace redoubt::cli {
namespace {

namespace fs = std::filesystem;
using volume::SealedEntry;
using volume::SealedTree;

std::string seal_path(const std::string& directory) { return directory + "/" + volume::kSealName; }

std::unexpected<Error> cannot_read(const std::string& path, const std::string& why) {
  return fail(ExitStatus::kUsage, "cannot seal \"" + path + "\": " + why);
}

Result<SealedEntry> entry_of(const std::string& directory, const fs::path& path) {
  SealedEntry entry;
  entry.path = path.lexically_relative(directory).string();
  struct stat status;
  if (lstat(path.c_str(), &status) != 0) return cannot_read(path.string(), std::strerror(errno));
  entry.mode = static_cast<uint16_t>(status.st_mode & 07777);
  entry.uid = status.st_uid;
  entry.gid = status.st_gid;
  switch (status.st_mode & S_IFMT) {
    case S_IFDIR: entry.kind = SealedEntry::Kind::kDirectory; return entry;
    case S_IFREG:
      entry.kind = SealedEntry::Kind::kFile;
      entry.size = static_cast<uint64_t>(status.st_size);
      return entry;
    case S_IFLNK: {
      std::error_code error;
      entry.kind = SealedEntry::Kind::kLink;
      entry.target = fs::read_symlink(path, error).string();
      if (error) return cannot_read(path.string(), error.message());
      return entry;
    }
    default: return cannot_read(path.string(), "expected files, directories and links, found a device, fifo or socket");
  }
}

// Everything below `directory` but the seal, files with their hashes.
Result<std::vector<SealedEntry>> read_tree(const std::string& directory) {
  std::vector<SealedEntry> entries;
  std::vector<std::string> files;
  std::error_code error;
  fs::recursive_directory_iterator at(directory, error);
  for (; !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
    if (at->path() == seal_path(directory)) continue;
    auto entry = entry_of(directory, at->path());
    if (!entry) return std::unexpected(entry.error());
    if (volume::may_lie_beside({entry->path, entry->kind == SealedEntry::Kind::kDirectory})) {
      at.disable_recursion_pending();
      continue;
    }
    if (entry->kind == SealedEntry::Kind::kFile) files.push_back(at->path().string());
    entries.push_back(std::move(*entry));
  }
  if (error) return cannot_read(directory, error.message());
  const auto hashes = measure::hash_files(files, {});
  if (!hashes) return fail(ExitStatus::kUsage, hashes.error().message);
  for (SealedEntry& entry : entries) {
    if (entry.kind != SealedEntry::Kind::kFile) continue;
    const measure::FileHash& hash = hashes->at((fs::path(directory) / entry.path).string());
    entry.sha256 = hash.sha256;
    entry.size = hash.size;
  }
  return entries;
}

std::string difference(const SealedEntry& expected, const SealedEntry& found) {
  if (expected.kind != found.kind) return "another type of file";
  if (expected.size != found.size) {
    return "size: expected " + std::to_string(expected.size) + ", found " + std::to_string(found.size);
  }
  if (expected.sha256 != found.sha256) {
    return "content: expected SHA-256 " + crypto::to_hex(expected.sha256) + ", found " + crypto::to_hex(found.sha256);
  }
  if (expected.target != found.target) return "the link's target";
  if (expected.mode != found.mode) return "the mode";
  if (expected.uid != found.uid || expected.gid != found.gid) return "the owner";
  return "";
}

}  // namespace

bool is_sealed_tree(const std::string& directory) {
  struct stat status;
  return lstat(seal_path(directory).c_str(), &status) == 0;
}

Result<SealedTree> read_sealed_tree(const std::string& directory, ByteView key) {
  const auto bytes = read_file(seal_path(directory), "the seal of an authenticated volume", volume::kLargestSeal);
  if (!bytes) return std::unexpected(bytes.error());
  auto tree = volume::read_seal(as_bytes(*bytes), key);
  if (tree) return std::move(*tree);
  const volume::OpenFailure& failure = tree.error();
  return fail(failure.error == EKEYREJECTED ? ExitStatus::kNotIntact : ExitStatus::kUsage,
              "the seal of \"" + directory + "\" (" + failure.check + ")\n  expected: " + failure.expected +
                  "\n  found:    " + failure.found + "\n  to do:    " + failure.remedy);
}

Result<SealedTree> seal_tree(const std::string& directory, ByteView key) {
  if (const auto superblock = superblock_in(directory)) {
    return fail(ExitStatus::kUsage,
                "expected a tree in the clear, found \"" + *superblock +
                    "\": it is an encrypted volume, which a seal would make unusable\nName another directory");
  }
  SealedTree tree;
  tree.sequence = 1;
  if (is_sealed_tree(directory)) {
    const auto before = read_sealed_tree(directory, key);
    if (!before) return std::unexpected(before.error());
    tree.id = before->id;
    tree.sequence = before->sequence + 1;
  } else if (getrandom(tree.id.data(), tree.id.size(), 0) != static_cast<ssize_t>(tree.id.size())) {
    return fail(ExitStatus::kRedoubtFailed, "the host gives no random numbers");
  }
  auto entries = read_tree(directory);
  if (!entries) return std::unexpected(entries.error());
  tree.entries = std::move(*entries);
  const Bytes seal = volume::write_seal(tree, key);
  const auto written = replace_private_file(seal_path(directory), as_text(seal));
  if (!written) return std::unexpected(written.error());
  // Names, sizes and hashes of a tree that is in the clear: whoever runs the program must be able to read it.
  if (chmod(seal_path(directory).c_str(), 0644) != 0) return cannot_read(seal_path(directory), std::strerror(errno));
  return read_sealed_tree(directory, key);
}

Result<std::vector<std::string>> compare_with_seal(const std::string& directory, const SealedTree& tree) {
  const auto found = read_tree(directory);
  if (!found) return std::unexpected(found.error());
  std::map<std::string, const SealedEntry*> rest;
  for (const SealedEntry& entry : *found) rest.emplace(entry.path, &entry);
  std::vector<std::string> problems;
  for (const SealedEntry& entry : tree.entries) {
    const auto there = rest.find(entry.path);
    if (there == rest.end()) {
      problems.push_back(entry.path + ": missing");
      continue;
    }
    const std::string what = difference(entry, *there->second);
    if (!what.empty()) problems.push_back(entry.path + ": " + what);
    rest.erase(there);
  }
  for (const auto& [path, entry] : rest) problems.push_back(path + ": not in the seal");
  return problems;
}

}  // namespace redoubt::cli
