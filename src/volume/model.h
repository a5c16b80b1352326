// SPDX-License-Identifier: Apache-2.0
//
// A plain file system in memory that says what a volume should hold, and random operations on both. Inodes have the numbers that
// the volume gave. describe() tells either as text, the whole tree, so that two states are the same when the texts are.
#pragma once

#include <linux/fs.h>
#include <sys/stat.h>

#include <map>
#include <random>
#include <string>

#include "volume/volume.h"

namespace redoubt::volume {

struct Model {
  struct Node {
    uint32_t mode = 0;
    std::string content;  // of a file; target of a link
    std::map<std::string, InodeNumber> names;
    std::map<std::string, std::string> extended;
    int links = 0;
  };
  std::map<InodeNumber, Node> nodes{{kRootInode, Node{S_IFDIR | 0755, {}, {}, {}, 1}}};

  void unlink(InodeNumber directory, const std::string& name) {
    const InodeNumber inode = nodes[directory].names[name];
    nodes[directory].names.erase(name);
    if (--nodes[inode].links == 0) nodes.erase(inode);
  }
};

inline std::string line_of(const std::string& path, uint32_t mode, std::string_view content,
                           const std::map<std::string, std::string>& extended) {
  std::string line = path + " " + std::to_string(mode) + " " + std::to_string(content.size()) + ":" +
                     std::to_string(std::hash<std::string_view>{}(content));
  for (const auto& [name, value] : extended) line.append(" ").append(name).append("=").append(value);
  return line + "\n";
}

// Path → what is there.
using Description = std::map<std::string, std::string>;

inline void describe(const Model& model, InodeNumber number, const std::string& path, Description& out) {
  const Model::Node& node = model.nodes.at(number);
  out[path] = line_of(path, node.mode, node.content, node.extended);
  const std::string below = path + "/";
  for (const auto& [name, inode] : node.names) describe(model, inode, below + name, out);
}

// What cannot be read is "EIO".
inline void describe(Volume& volume, InodeNumber number, const std::string& path, Description& out) {
  const auto attributes = volume.attributes(number);
  if (!attributes) {
    out[path] = "EIO";
    return;
  }
  std::string content;
  if (S_ISREG(attributes->mode)) {
    content.resize(attributes->size, '?');
    const auto read = volume.read(number, 0, {reinterpret_cast<uint8_t*>(content.data()), content.size()});
    if (!read || *read != content.size()) {
      out[path] = "EIO";
      return;
    }
  } else if (S_ISLNK(attributes->mode)) {
    content = volume.read_link(number).value_or("?");
  }
  std::map<std::string, std::string> extended;
  const auto names = volume.list_extended(number);
  for (const std::string& name : *names) extended[name] = as_text(*volume.extended(number, name));
  out[path] = line_of(path, attributes->mode, content, extended);
  if (!S_ISDIR(attributes->mode)) return;
  const auto entries = volume.list(number, 0, 100000);
  for (const auto& entry : *entries) describe(volume, entry.inode, path + "/" + entry.name, out);
}

inline Description describe(const Model& model) {
  Description out;
  describe(model, kRootInode, "", out);
  return out;
}
inline Description describe(Volume& volume) {
  Description out;
  describe(volume, kRootInode, "", out);
  return out;
}

class RandomOperations {
 public:
  explicit RandomOperations(uint64_t seed) : random_(seed) {}
  uint64_t below(uint64_t limit) { return limit == 0 ? 0 : random_() % limit; }

  // One operation on the volume; on the model, when the volume did it or `in_flight` (when it did not).
  // Returns what the volume said.
  int step(Volume& volume, Model& model, Model* in_flight = nullptr) {
    Model after = model;
    const int error = apply(volume, after);
    if (error == 0) {
      model = std::move(after);
    } else if (in_flight != nullptr) {
      *in_flight = std::move(after);
    }
    return error;
  }

 private:
  template <typename T>
  static int error_of(const Result<T>& result) {
    return result ? 0 : number_of(result.error());
  }
  std::string name() { return "n" + std::to_string(below(12)); }
  InodeNumber pick(const Model& model, uint32_t type) {
    std::vector<InodeNumber> some;
    for (const auto& [number, node] : model.nodes) {
      if ((node.mode & S_IFMT) == type) some.push_back(number);
    }
    return some.empty() ? 0 : some[below(some.size())];
  }
  std::string bytes(size_t size) {
    std::string text(size, '\0');
    const auto first = static_cast<unsigned>(random_());
    for (size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + (first + i * 7) % 26);
    return text;
  }

  // What the volume refuses by the rules of file systems the model does not do; both must agree, which the result tells.
  int apply(Volume& volume, Model& model) {
    const InodeNumber directory = pick(model, S_IFDIR);
    auto& names = model.nodes[directory].names;
    const std::string one = name();
    switch (below(14)) {
      case 0:
      case 1: {
        const uint32_t mode = below(4) == 0 ? S_IFDIR | 0755 : S_IFREG | 0644;
        const auto made = volume.create(directory, one, mode, 0, 0);
        const Model::Node node{mode, {}, {}, {}, 1};
        if (!made && names.contains(one)) return made.error() == as_errno(EEXIST) ? 0 : -1;
        if (!made) return refused(model, made, directory, one, node);
        if (names.contains(one)) return -1;
        names[one] = *made;
        model.nodes[*made] = node;
        return 0;
      }
      case 2: {
        if (names.contains(one)) return 0;
        const auto made = volume.create(directory, one, S_IFLNK | 0777, 0, 0, 0, "to/" + one);
        const Model::Node node{S_IFLNK | 0777, "to/" + one, {}, {}, 1};
        if (!made) return refused(model, made, directory, one, node);
        names[one] = *made;
        model.nodes[*made] = node;
        return 0;
      }
      case 3: {
        if (!names.contains(one)) return 0;
        const Model::Node& node = model.nodes[names[one]];
        const bool is_directory = S_ISDIR(node.mode);
        const bool is_full = !node.names.empty();
        if (is_full) return error_of(volume.unlink(directory, one, true)) == ENOTEMPTY ? 0 : -1;
        model.unlink(directory, one);
        return error_of(volume.unlink(directory, one, is_directory));
      }
      case 4: {
        const InodeNumber to = pick(model, S_IFDIR);
        const std::string two = name();
        if (!names.contains(one)) return 0;
        const InodeNumber moved = names[one];
        auto& to_names = model.nodes[to].names;
        // Only what is surely allowed.
        if (S_ISDIR(model.nodes[moved].mode) && to != directory) return 0;
        if (to_names.contains(two)) {
          const InodeNumber target = to_names[two];
          if (target == moved || S_ISDIR(model.nodes[target].mode) || S_ISDIR(model.nodes[moved].mode)) return 0;
          model.unlink(to, two);
        }
        names.erase(one);
        model.nodes[to].names[two] = moved;
        return error_of(volume.rename(directory, one, to, two, 0));
      }
      case 5: {
        const InodeNumber file = pick(model, S_IFREG);
        if (file == 0 || names.contains(one)) return 0;
        names[one] = file;
        ++model.nodes[file].links;
        return error_of(volume.link(file, directory, one));
      }
      case 6: {
        const InodeNumber file = pick(model, S_IFREG);
        if (file == 0) return 0;
        const uint64_t size = below(40000);
        model.nodes[file].content.resize(size, '\0');
        return error_of(volume.truncate(file, size));
      }
      case 7: {
        const InodeNumber file = pick(model, S_IFREG);
        if (file == 0) return 0;
        std::string& content = model.nodes[file].content;
        const uint64_t offset = below(content.size() + 10), size = below(20000);
        for (uint64_t i = offset; i < std::min<uint64_t>(content.size(), offset + size); ++i) content[i] = '\0';
        return error_of(volume.punch(file, offset, size));
      }
      case 8: {
        const std::string value = bytes(below(20));
        model.nodes[directory].extended["user." + one] = value;
        return error_of(volume.set_extended(directory, "user." + one, as_bytes(value), 0));
      }
      case 9: {
        const InodeNumber file = pick(model, S_IFREG);
        if (file == 0) return 0;
        AttributeChange change;
        change.permissions = static_cast<uint32_t>(below(01000));
        model.nodes[file].mode = S_IFREG | *change.permissions;
        return error_of(volume.change(file, change));
      }
      case 10:
      case 11: {
        const InodeNumber file = pick(model, S_IFREG);
        if (file == 0) return 0;
        const std::string text = bytes(1 + below(below(4) == 0 ? 9000 : 200));
        std::string& content = model.nodes[file].content;
        if (content.size() + text.size() > 60000) return 0;
        content += text;
        return error_of(volume.append(file, as_bytes(text)));
      }
      default: {
        const InodeNumber file = pick(model, S_IFREG);
        if (file == 0) return 0;
        const std::string text = bytes(1 + below(below(3) == 0 ? 20000 : 500));
        const uint64_t offset = below(30000);
        std::string& content = model.nodes[file].content;
        if (content.size() < offset + text.size()) content.resize(offset + text.size(), '\0');
        content.replace(offset, text.size(), text);
        return error_of(volume.write(file, offset, as_bytes(text)));
      }
    }
  }
  // A create that the host refused: what it would have made, should it be there after all. Its number is the next one.
  static int refused(Model& model, const Result<InodeNumber>& made, InodeNumber directory, const std::string& name,
                     const Model::Node& node) {
    constexpr InodeNumber kUnknown = ~InodeNumber{0};
    model.nodes[directory].names[name] = kUnknown;
    model.nodes[kUnknown] = node;
    return number_of(made.error());
  }

  std::mt19937_64 random_;
};

}  // namespace redoubt::volume
