// SPDX-License-Identifier: Apache-2.0
#include "volume/superblock.h"

#include <algorithm>
#include <cstring>

#include "crypto/constant_time.h"

namespace redoubt::volume {
namespace {

bool parse(const SuperblockBody& body, Superblock& out) {
  if (body.state > static_cast<uint8_t>(State::kReady) || body.tag_count > kTagsKept) return false;
  out.state = static_cast<State>(body.state);
  out.generation = body.generation;
  out.sequence = body.sequence;
  std::copy_n(body.chain, kMacSize, out.chain.begin());
  out.chunk_count = body.chunk_count;
  out.first_counter = body.first_counter;
  out.chunk_bytes = body.chunk_bytes;
  std::copy_n(body.chunk_epoch, out.chunk_epoch.size(), out.chunk_epoch.begin());
  out.tags.clear();
  for (uint32_t i = 0; i < body.tag_count; ++i) {
    KnownTag tag{.sequence = body.tags[i].sequence};
    std::copy_n(body.tags[i].mac, tag.mac.size(), tag.mac.begin());
    out.tags.push_back(tag);
  }
  return true;
}

}  // namespace

FoundSuperblock read_superblock(Storage& storage, KeyRing& keys, HostFile file, Whose whose) {
  FoundSuperblock result;
  std::vector<uint8_t> page(kSuperblockSize);
  const auto read = storage.read(file, 0, page);
  if (!read) {
    result.error = number_of(read.error());
    result.found = result.error == ENOENT ? Found::kMissing : Found::kDamaged;
    return result;
  }
  page.resize(std::min(*read, page.size()));
  // The first sector is enough: a new file's may be all that a power cut has lost.
  const size_t sector = std::min<size_t>(page.size(), 512);
  if (std::all_of(page.begin(), page.begin() + static_cast<ptrdiff_t>(sector),
                  [](uint8_t byte) { return byte == 0; })) {
    result.found = Found::kEmpty;
    return result;
  }
  SuperblockHeader header;
  result.found = Found::kForeign;
  if (page.size() < sizeof header) return result;
  std::memcpy(&header, page.data(), sizeof header);
  if (std::memcmp(header.magic, kSuperblockMagic, sizeof header.magic) != 0) return result;
  result.version = header.version;
  result.found = Found::kVersion;
  if (header.version != kFormatVersion) return result;
  std::copy_n(header.volume_id, result.volume_id.size(), result.volume_id.begin());
  result.found = Found::kOtherKey;
  if (!crypto::equal_in_constant_time(keys.key_check(result.volume_id), header.key_check)) return result;
  result.found = Found::kOther;
  if (whose == Whose::kOurs && result.volume_id != keys.volume_id()) return result;
  if (whose == Whose::kAny) keys.set_volume(result.volume_id);
  result.found = Found::kDamaged;
  if (header.size != kSuperblockSize || page.size() != kSuperblockSize) return result;
  Epoch epoch;
  std::copy_n(header.epoch, epoch.size(), epoch.begin());
  const ByteView sealed = ByteView(page).subspan(sizeof header);
  std::vector<uint8_t> plain(sealed.size());
  const ByteView associated = ByteView(page).first(offsetof(SuperblockHeader, tag));
  if (!keys.use(Use::kSuperblock, epoch)
           ->open(nonce_of(header.counter), associated, sealed, plain.data(), header.tag)) {
    return result;
  }
  SuperblockBody body;
  std::memcpy(&body, plain.data(), sizeof body);
  if (parse(body, result.superblock)) result.found = Found::kValid;
  return result;
}

std::vector<uint8_t> seal_superblock(KeyRing& keys, const Superblock& superblock, const Epoch& epoch,
                                     uint64_t counter) {
  std::vector<uint8_t> page(kSuperblockSize);
  SuperblockHeader header{};
  std::memcpy(header.magic, kSuperblockMagic, sizeof header.magic);
  header.version = kFormatVersion;
  header.size = kSuperblockSize;
  const VolumeId& id = keys.volume_id();
  std::copy(id.begin(), id.end(), header.volume_id);
  const ByteArray<16> check = keys.key_check(id);
  std::copy(check.begin(), check.end(), header.key_check);
  std::copy(epoch.begin(), epoch.end(), header.epoch);
  header.counter = counter;

  SuperblockBody body{};
  body.generation = superblock.generation;
  body.sequence = superblock.sequence;
  std::copy(superblock.chain.begin(), superblock.chain.end(), body.chain);
  body.state = static_cast<uint8_t>(superblock.state);
  body.chunk_count = superblock.chunk_count;
  body.first_counter = superblock.first_counter;
  body.chunk_bytes = superblock.chunk_bytes;
  std::copy(superblock.chunk_epoch.begin(), superblock.chunk_epoch.end(), body.chunk_epoch);
  // The newest, should there be too many: each run with a keeper begins with one that it knows to be kept.
  const size_t count = std::min(superblock.tags.size(), kTagsKept);
  body.tag_count = static_cast<uint32_t>(count);
  for (size_t i = 0; i < count; ++i) {
    const KnownTag& tag = superblock.tags[superblock.tags.size() - count + i];
    body.tags[i].sequence = tag.sequence;
    std::copy(tag.mac.begin(), tag.mac.end(), body.tags[i].mac);
  }

  std::memcpy(page.data() + sizeof header, &body, sizeof body);
  Mac tag;
  keys.use(Use::kSuperblock, epoch)
      ->seal(nonce_of(counter), bytes_of(header).first(offsetof(SuperblockHeader, tag)),
             ByteView(page).subspan(sizeof header), page.data() + sizeof header, tag);
  std::copy(tag.begin(), tag.end(), header.tag);
  std::memcpy(page.data(), &header, sizeof header);
  return page;
}

}  // namespace redoubt::volume
