// SPDX-License-Identifier: Apache-2.0
#include "volume/sealed_tree.h"

#include <string.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/little_endian.h"
#include "crypto/aead.h"
#include "crypto/constant_time.h"

namespace redoubt::volume {
namespace {

constexpr uint8_t kMagic[8] = {'R', 'D', 'S', 'E', 'A', 'L', '1', '\n'};
constexpr uint16_t kVersion = 1;

struct Header {
  uint8_t magic[8];
  U16Le version;
  uint8_t id[16];
  U64Le sequence;
  U32Le entries;
};
static_assert(sizeof(Header) == 38);

struct FixedPart {  // between path and target of an entry
  uint8_t kind;
  U16Le mode;
  U32Le uid, gid;
  U64Le size;
  uint8_t sha256[32];
};
static_assert(sizeof(FixedPart) == 51);
constexpr size_t kLeastEntry = 2 + 1 + sizeof(FixedPart) + 2;
constexpr size_t kMacSize = 32;

template <typename T>
void append(Bytes& out, const T& value) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(&value);
  out.insert(out.end(), bytes, bytes + sizeof(value));
}
void append_text(Bytes& out, std::string_view text) {
  append(out, U16Le(static_cast<uint16_t>(text.size())));
  out.insert(out.end(), text.begin(), text.end());
}

ByteArray<32> mac_of(ByteView content, ByteView key, ByteView id) {
  ByteArray<32> derived;
  crypto::hkdf_sha256(key, {}, "redoubt seal 1", id, derived);
  const ByteArray<32> mac = crypto::hmac_sha256(derived, content);
  explicit_bzero(derived.data(), derived.size());
  return mac;
}

// Takes pieces off the front; everything has been authenticated, and is checked all the same.
class Cursor {
 public:
  explicit Cursor(ByteView rest) : rest_(rest) {}
  template <typename T>
  bool take(T& value) {
    if (rest_.size() < sizeof(value)) return false;
    std::memcpy(&value, rest_.data(), sizeof(value));
    rest_ = rest_.subspan(sizeof(value));
    return true;
  }
  bool take_text(std::string& text) {
    U16Le size;
    if (!take(size) || rest_.size() < size) return false;
    text = as_text(rest_.first(size));
    rest_ = rest_.subspan(size);
    return true;
  }
  bool at_end() const { return rest_.empty(); }

 private:
  ByteView rest_;
};

bool is_relative_and_normal(std::string_view path) {
  constexpr size_t kNameMax = 255;
  if (path.empty() || path.size() > 4095 || path.find('\0') != std::string_view::npos) return false;
  while (true) {
    const size_t slash = path.find('/');
    const std::string_view name = path.substr(0, slash);
    if (name.empty() || name.size() > kNameMax || name == "." || name == "..") return false;
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
  }
}

bool read_entry(Cursor& cursor, SealedEntry& entry) {
  FixedPart fixed;
  if (!cursor.take_text(entry.path) || !cursor.take(fixed) || !cursor.take_text(entry.target)) return false;
  if (!is_relative_and_normal(entry.path) || fixed.kind > static_cast<uint8_t>(SealedEntry::Kind::kLink)) return false;
  entry.kind = static_cast<SealedEntry::Kind>(fixed.kind);
  entry.mode = fixed.mode & 07777;
  entry.uid = fixed.uid;
  entry.gid = fixed.gid;
  entry.size = fixed.size;
  std::memcpy(entry.sha256.data(), fixed.sha256, sizeof(fixed.sha256));
  const bool is_link = entry.kind == SealedEntry::Kind::kLink;
  return is_link == !entry.target.empty() && entry.target.find('\0') == std::string::npos;
}

std::unexpected<OpenFailure> refused(int error, std::string check, std::string expected, std::string found,
                                     std::string remedy) {
  return std::unexpected(
      OpenFailure{error, std::move(check), std::move(expected), std::move(found), std::move(remedy)});
}

}  // namespace

Bytes write_seal(SealedTree tree, ByteView key) {
  std::ranges::sort(tree.entries, {}, &SealedEntry::path);
  Bytes out;
  Header header{.magic = {}, .version = kVersion, .id = {}, .sequence = tree.sequence, .entries = {}};
  header.entries = static_cast<uint32_t>(tree.entries.size());
  std::memcpy(header.magic, kMagic, sizeof(kMagic));
  std::memcpy(header.id, tree.id.data(), tree.id.size());
  append(out, header);
  for (const SealedEntry& entry : tree.entries) {
    append_text(out, entry.path);
    FixedPart fixed{.kind = static_cast<uint8_t>(entry.kind),
                    .mode = entry.mode,
                    .uid = entry.uid,
                    .gid = entry.gid,
                    .size = entry.size,
                    .sha256 = {}};
    std::memcpy(fixed.sha256, entry.sha256.data(), entry.sha256.size());
    append(out, fixed);
    append_text(out, entry.target);
  }
  const ByteArray<32> mac = mac_of(out, key, tree.id);
  out.insert(out.end(), mac.begin(), mac.end());
  return out;
}

Result<SealedTree, OpenFailure> read_seal(ByteView file, ByteView key) {
  const std::string remedy = "give the directory that `redoubt volume seal` wrote, and the key it was given";
  Header header;
  if (file.size() < sizeof(header) + kMacSize || std::memcmp(file.data(), kMagic, sizeof(kMagic)) != 0) {
    return refused(EINVAL, "volume.format", "a seal of an authenticated volume", "another file", remedy);
  }
  const ByteView content = file.first(file.size() - kMacSize);
  Cursor cursor(content);
  (void)cursor.take(header);
  if (header.version != kVersion) {
    return refused(EINVAL, "volume.format", "a seal of version 1", "version " + std::to_string(header.version),
                   "use the release of Redoubt that wrote it, or seal the tree again");
  }
  SealedTree tree;
  std::memcpy(tree.id.data(), header.id, tree.id.size());
  tree.mac = mac_of(content, key, tree.id);
  if (!crypto::equal_in_constant_time(tree.mac, file.last(kMacSize))) {
    return refused(EKEYREJECTED, "volume.key", "a seal that was made with the volume's key",
                   "one made with another key, or changed since", remedy);
  }
  tree.sequence = header.sequence;
  tree.entries.reserve(std::min<size_t>(header.entries, content.size() / kLeastEntry));
  for (uint32_t i = 0; i < header.entries; ++i) {
    SealedEntry entry;
    const bool follows = read_entry(cursor, entry) && (i == 0 || tree.entries.back().path < entry.path);
    if (!follows)
      return refused(EINVAL, "volume.seal", "sorted entries as documented", "others", "seal the tree again");
    tree.entries.push_back(std::move(entry));
  }
  if (cursor.at_end()) return tree;
  return refused(EINVAL, "volume.seal", "nothing after the last entry", "more bytes", "seal the tree again");
}

Result<SealAge, OpenFailure> compare_seal(const Tag& found, const Tag& kept, bool exact) {
  if (found.sequence == kept.sequence && crypto::equal_in_constant_time(found.mac, kept.mac)) return SealAge::kKnown;
  const std::string number = std::to_string(found.sequence);
  if (exact) {
    return refused(EBADMSG, "volume.exact",
                   "the seal that the volume has had since its first use, number " + std::to_string(kept.sequence),
                   "another, number " + number,
                   "put back the seal and the files it names; update_policy: ephemeral takes no other");
  }
  if (found.sequence > kept.sequence) return SealAge::kNewer;
  const bool is_older = found.sequence < kept.sequence;
  return refused(EBADMSG, "volume.rollback", "seal number " + std::to_string(kept.sequence) + ", or one made after it",
                 is_older ? "number " + number + ", which is older" : "another seal of that number",
                 "put back the latest seal and the files it names, or seal the tree again on top of it");
}

}  // namespace redoubt::volume
