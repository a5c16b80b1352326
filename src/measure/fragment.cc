// SPDX-License-Identifier: Apache-2.0
#include "measure/fragment.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

#include "crypto/hex.h"
#include "policy/utf8.h"
#include "policy/value.h"
#include "wire/attest_protocol.h"

namespace redoubt::measure {
namespace {

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("/._-+~@%=").contains(c);
}

// Paths begin with a slash, so a plain one is never taken for a number or a truth value.
std::string yaml_text(std::string_view text) {
  if (!text.empty() && text[0] == '/' && std::ranges::all_of(text, is_plain)) return std::string(text);
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string on_one_line(std::string text) {
  std::ranges::replace_if(
      text, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
  return text;
}

bool can_be_written(std::string_view text) {
  return !policy::find_invalid_utf8(text) && std::ranges::none_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

uint64_t total_size(const Measurement& measurement) {
  uint64_t size = 0;
  for (const auto& [path, file] : measurement.files) size += file.hash.size;
  return size;
}

}  // namespace

std::string size_text(uint64_t bytes) {
  constexpr std::array kUnits = {"bytes", "kB", "MB", "GB"};
  double size = static_cast<double>(bytes);
  size_t unit = 0;
  while (size >= 1000 && unit + 1 < kUnits.size()) {
    size /= 1000;
    ++unit;
  }
  char text[64];
  std::snprintf(text, sizeof(text), unit == 0 ? "%.0f %s" : "%.1f %s", size, kUnits[unit]);
  return text;
}

std::vector<std::string> unwritable_paths(const Measurement& measurement) {
  std::vector<std::string> paths;
  for (const auto& [path, file] : measurement.files) {
    if (!can_be_written(path)) paths.push_back(on_one_line(path));
  }
  for (const auto& [path, target] : measurement.links) {
    if (!can_be_written(path) || !can_be_written(target)) paths.push_back(on_one_line(path));
  }
  return paths;
}

std::string as_yaml(const Measurement& measurement, const std::string& service) {
  constexpr std::string_view kMargin = "    ";  // below "  - name: NAME"
  std::map<std::string_view, std::string> values;
  for (const auto& [path, file] : measurement.files) values[path] = crypto::to_hex(file.hash.sha256);
  for (const auto& [path, target] : measurement.links) values[path] = yaml_text("link:" + target);
  std::string out;
  if (!service.empty()) {
    out += "services:\n  - name: " + service + "\n    command: [" + yaml_text(measurement.program) + "]\n";
    std::string directories;
    for (const std::string& path : measurement.host_directories) {
      directories += (directories.empty() ? "" : ", ") + yaml_text(path);
    }
    if (!directories.empty()) out += "    host: {directories: [" + directories + "]}\n";
  }
  out += std::string(kMargin) + "# The code of " + on_one_line(measurement.program) +
         ": all that its process may load, execute and read" + "\n" + std::string(kMargin) +
         "# besides injected files, volumes and host.directories. " + std::to_string(measurement.files.size()) +
         " files by SHA-256 (" + size_text(total_size(measurement)) + "), " + std::to_string(measurement.links.size()) +
         " symbolic links.\n" + std::string(kMargin) + "# Made by: " + on_one_line(measurement.command_line) + "\n" +
         std::string(kMargin) + "# Make it anew when one of the files is updated.\n";
  for (const std::string& note : measurement.notes) out += std::string(kMargin) + "# Note: " + on_one_line(note) + "\n";
  out += std::string(kMargin) + "code:\n";
  for (const auto& [path, value] : values) out += std::string(kMargin) + "  " + yaml_text(path) + ": " + value + "\n";
  return out;
}

std::string as_json(const Measurement& measurement) {
  using policy::Value;
  Value root = Value::map();
  root.set("program", measurement.program);
  root.set("made_by", measurement.command_line);
  root.set("size", static_cast<int64_t>(total_size(measurement)));
  Value files = Value::list();
  for (const auto& [path, file] : measurement.files) {
    Value one = Value::map();
    one.set("path", path);
    one.set("sha256", crypto::to_hex(file.hash.sha256));
    one.set("size", static_cast<int64_t>(file.hash.size));
    one.set("why", file.why);
    files.add(std::move(one));
  }
  root.set("files", std::move(files));
  Value links = Value::list();
  for (const auto& [path, target] : measurement.links) {
    Value one = Value::map();
    one.set("path", path);
    one.set("target", target);
    links.add(std::move(one));
  }
  root.set("links", std::move(links));
  Value notes = Value::list();
  for (const std::string& note : measurement.notes) notes.add(note);
  root.set("notes", std::move(notes));
  return root.indented_json();
}

Bytes as_manifest(const Measurement& measurement) {
  wire::CodeManifest manifest;
  for (const auto& [path, file] : measurement.files) {
    manifest.code.push_back({path, wire::CodeKind::kFile, file.hash.sha256, {}});
  }
  for (const auto& [path, target] : measurement.links) {
    manifest.code.push_back({path, wire::CodeKind::kLink, {}, target});
  }
  manifest.host_directories.assign(measurement.host_directories.begin(), measurement.host_directories.end());
  std::ranges::sort(manifest.code, {}, &wire::CodeEntry::path);
  return wire::encode(manifest);
}

}  // namespace redoubt::measure
