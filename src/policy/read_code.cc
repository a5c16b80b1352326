// SPDX-License-Identifier: Apache-2.0
//
// services[].code: what may be loaded, executed and read as configuration. Either one authenticated volume, or a picture of the
// part of the file system that the program uses: files by SHA-256, and the symbolic links on the way to them, since the runtime
// resolves every path in this picture and never asks the host. Directories are what the paths imply.
#include "policy/read_parts.h"
#include "policy/syntax.h"

namespace redoubt::policy {
namespace {

constexpr std::string_view kLink = "link:";
constexpr size_t kMaxTargetSize = 4095;  // PATH_MAX without the NUL

void read_entry(Reader& reader, const Node& node, const std::string& path, Code& code) {
  if (node.kind != Node::Kind::kScalar || !node.text.starts_with(kLink)) {
    const std::string hint = "redoubt measure PROGRAM writes it; a symbolic link is written link:TARGET";
    if (node.kind == Node::Kind::kScalar && node.text.size() == 64)
      return store(code.files[path], reader.hex(node, 32));
    return reader.wrong(node, "a SHA-256 as 64 hexadecimal digits, or link:TARGET", hint);
  }
  std::string target = node.text.substr(kLink.size());
  if (target.empty() || target.size() > kMaxTargetSize) {
    return reader.error(node.at, "a target of 1 to " + std::to_string(kMaxTargetSize) + " bytes after link:",
                        std::to_string(target.size()) + " bytes");
  }
  code.links[path] = std::move(target);
}

// Where a file or a link is, nothing can lie below it: the runtime would have to choose one of the two.
void check_nesting(Reader& reader, const Node& node, const Code& code) {
  for (const Node::Key& key : node.keys) {
    if (!is_clean_path(key.text)) continue;
    for (size_t slash = key.text.rfind('/'); slash != std::string::npos && slash > 0;
         slash = key.text.rfind('/', slash - 1)) {
      const std::string above = key.text.substr(0, slash);
      const bool is_link = code.links.contains(above);
      if (!is_link && !code.files.contains(above)) continue;
      reader.error(key.at, "no path below " + std::string(is_link ? "the link " : "the file ") + quoted(above),
                   quoted(key.text), is_link ? "write the path that the link leads to" : "remove one of them");
      break;
    }
  }
}

}  // namespace

void read_code(Reader& reader, const Node& node, Code& code) {
  if (node.kind != Node::Kind::kMap || node.keys.empty()) {
    return reader.wrong(node, "a map of paths and SHA-256 hashes, or {volume: NAME}",
                        "redoubt measure PROGRAM writes it");
  }
  for (size_t index = 0; index < node.keys.size(); ++index) {
    const Node::Key& key = node.keys[index];
    const Reader::Inside inside(reader, "[" + key.text + "]");
    if (key.text == "volume") {
      reader.refer(Target::kVolume, node.items[index], "the volume of code");
      code.volume = node.items[index].text;
      if (node.keys.size() > 1) {
        reader.error(key.at, "either a volume or files by hash", "both",
                     "put everything on the volume, or list all files");
      }
    } else if (!is_clean_path(key.text) || key.text == "/") {
      reader.error(key.at, "an absolute path without empty, . or .. parts, or volume", quoted(key.text));
    } else {
      read_entry(reader, node.items[index], key.text, code);
    }
  }
  check_nesting(reader, node, code);
}

}  // namespace redoubt::policy
