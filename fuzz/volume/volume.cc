// SPDX-License-Identifier: Apache-2.0
//
// Whoever has the key of a volume (another program of the same session, say) must still not get more out of the parsers than an
// error. The first byte of an input says what it is:
//
//   0   bodies of log records, each behind a 16-bit length: sealed, chained and replayed by a volume with one file
//   1   the body of the superblock in force
//   2   one chunk of a checkpoint
//   3   a host file as it is: the second byte says which
//   4   edits of the log file: offset and byte
#include <algorithm>
#include <cstring>

#include "fuzz/target.h"
#include "volume/format.h"
#include "volume/log.h"
#include "volume/memory_storage.h"
#include "volume/operation.h"
#include "volume/superblock.h"
#include "volume/volume.h"

namespace {

using namespace redoubt;
using namespace redoubt::volume;

constexpr Epoch kEpoch{42};

std::span<uint8_t> key_memory(size_t size) {
  static std::vector<uint8_t> memory(size + 64);
  return {memory.data() + (64 - reinterpret_cast<uintptr_t>(memory.data()) % 64), size};
}
std::span<uint8_t> volume_memory(size_t size) {
  alignas(64) static uint8_t memory[1 << 16];
  return {memory, size};
}

Bytes key() { return Bytes(32, 5); }

OpenOptions options(const Bytes& key) {
  OpenOptions options;
  options.key = key;
  options.random = [](std::span<uint8_t> out) { std::fill(out.begin(), out.end(), 7); };
  options.secret_memory = volume_memory;
  return options;
}

KeyRing& ring() {
  static const Bytes bytes = key();
  static KeyRing keys(bytes, key_memory);
  return keys;
}

const HostFiles& base() {
  static const HostFiles files = [] {
    MemoryStorage storage;
    SoleOwner owner;
    const Bytes bytes = key();
    OpenOptions with = options(bytes);
    with.initialise = true;
    auto volume = std::move(*Volume::open(storage, owner, std::move(with)));
    const InodeNumber file = *volume->create(kRootInode, "file", 0100644, 0, 0);
    (void)volume->create(kRootInode, "directory", 0040755, 0, 0);
    (void)volume->write(file, 0, Bytes(10000, 1));
    (void)volume->checkpoint();
    (void)volume->append(file, Bytes(10, 1));
    (void)volume->barrier();
    return storage.files;
  }();
  return files;
}

// The superblock in force of base().
Superblock in_force(MemoryStorage& storage) {
  const FoundSuperblock found = read_superblock(storage, ring(), superblock_of(2), Whose::kAny);
  FUZZ_CHECK(found.found == Found::kValid);
  return found.superblock;
}

// Opens and walks; whatever comes of it is an error or a file system.
void use(MemoryStorage& storage) {
  SoleOwner owner;
  const Bytes bytes = key();
  auto opened = Volume::open(storage, owner, options(bytes));
  if (!opened) {
    FUZZ_CHECK(opened.error().error != 0 && !opened.error().check.empty());
    return;
  }
  Volume& volume = **opened;
  const auto entries = volume.list(kRootInode, 0, 100);
  if (!entries) return;
  for (const auto& entry : *entries) {
    Bytes to(5000);
    (void)volume.read(entry.inode, 0, to);
    (void)volume.attributes(entry.inode);
    (void)volume.list(entry.inode, 0, 10);
    (void)volume.seek_data(entry.inode, 0);
    (void)volume.append(entry.inode, as_bytes("more"));
    (void)volume.rename(kRootInode, entry.name, kRootInode, "moved", 0);
    (void)volume.unlink(kRootInode, "moved", false);
  }
  (void)volume.checkpoint();
}

void records(MemoryStorage& storage, ByteView input) {
  const Superblock superblock = in_force(storage);
  LogPosition at{superblock.generation, 0, superblock.sequence, superblock.chain};
  std::fill(storage.at(log_of(2))->begin(), storage.at(log_of(2))->end(), 0);
  for (uint64_t counter = 0; input.size() >= 2;) {
    const size_t size = std::min<size_t>(input[0] | input[1] << 8, input.size() - 2);
    std::vector<uint8_t> record(sizeof(RecordHeader));
    record.insert(record.end(), input.begin() + 2, input.begin() + 2 + static_cast<ptrdiff_t>(size));
    record.push_back(0);
    const Mac tag = seal_record(ring(), at, kEpoch, counter++, record);
    Operation operation;
    uint64_t end = at.offset + record.size();
    if (decode(input.subspan(2, size), operation)) end = place_blocks(operation, end);
    (void)storage.write(log_of(2), at.offset, record);
    at = {at.generation, end, at.sequence + 1, tag};
    input = input.subspan(2 + size);
  }
}

void superblock_body(MemoryStorage& storage, ByteView input) {
  auto& page = *storage.at(superblock_of(2));
  SuperblockHeader header;
  std::memcpy(&header, page.data(), sizeof header);
  std::copy(kEpoch.begin(), kEpoch.end(), header.epoch);
  std::vector<uint8_t> body(kSuperblockSize - sizeof header);
  std::copy_n(input.begin(), std::min(input.size(), body.size()), body.begin());
  ring()
      .use(Use::kSuperblock, kEpoch)
      ->seal(nonce_of(header.counter), bytes_of(header).first(offsetof(SuperblockHeader, tag)), body, body.data(),
             header.tag);
  std::memcpy(page.data(), &header, sizeof header);
  std::copy(body.begin(), body.end(), page.begin() + sizeof header);
}

void chunk(MemoryStorage& storage, ByteView input) {
  Superblock superblock = in_force(storage);
  superblock.chunk_count = 1;
  superblock.chunk_epoch = kEpoch;
  superblock.first_counter = 0;
  superblock.chunk_bytes = sizeof(ChunkHeader) + input.size();
  Bytes sealed(superblock.chunk_bytes);
  ChunkHeader header;
  header.magic = kChunkMagic;
  header.size = static_cast<uint32_t>(input.size());
  ChunkContext context;
  std::copy(ring().volume_id().begin(), ring().volume_id().end(), context.volume_id);
  context.generation = superblock.generation;
  context.index = 0;
  context.size = header.size;
  ring()
      .use(Use::kCheckpoint, kEpoch)
      ->seal(nonce_of(0), bytes_of(context), input, sealed.data() + sizeof header, header.tag);
  std::memcpy(sealed.data(), &header, sizeof header);
  *storage.at(checkpoint_of(2)) = sealed;
  *storage.at(superblock_of(2)) = seal_superblock(ring(), superblock, kEpoch, 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  MemoryStorage storage(base());
  (void)in_force(storage);
  const ByteView input(data + 1, size - 1);
  switch (data[0] % 5) {
    case 0: records(storage, input); break;
    case 1: superblock_body(storage, input); break;
    case 2: chunk(storage, input); break;
    case 3: storage.at(static_cast<HostFile>(input[0] % kHostFiles))->assign(input.begin() + 1, input.end()); break;
    default:
      for (size_t i = 0; i + 2 < input.size(); i += 3) {
        (*storage.at(log_of(2)))[(input[i] | input[i + 1] << 8) % 2048] = input[i + 2];
      }
  }
  use(storage);
  return 0;
}

std::vector<std::string> fuzz_seeds() {
  std::vector<std::string> seeds;
  const auto seed = [&](char kind, const std::vector<uint8_t>& bytes) {
    seeds.push_back(kind + std::string(bytes.begin(), bytes.end()));
  };
  const auto record = [](const Operation& operation) {
    std::vector<uint8_t> body;
    encode(operation, body);
    body.insert(body.begin(), {static_cast<uint8_t>(body.size()), static_cast<uint8_t>(body.size() >> 8)});
    return body;
  };
  std::vector<uint8_t> all;
  const Bytes tags(64);
  for (uint16_t kind = 1; kind <= 12; ++kind) {
    Operation operation;
    operation.kind = static_cast<Kind>(kind);
    operation.inode = operation.kind == Kind::kCreate ? 4 : 2;
    operation.directory = operation.other_directory = kRootInode;
    operation.mode = 0100644;
    operation.name = operation.kind == Kind::kCreate ? "new" : "file";
    operation.other_name = "other";
    operation.size = 20000;
    operation.hole_end = 2;
    operation.runs.push_back({2, 9, 0, 2, tags.data()});
    const auto body = record(operation);
    seed(0, body);
    all.insert(all.end(), body.begin(), body.end());
  }
  // Blocks in the log, promised and not; with a slot in between, and a place that no record may name.
  for (const uint64_t durable : {0, 1000}) {
    Operation operation;
    operation.kind = Kind::kContent;
    operation.inode = 2;
    operation.size = 40000;
    operation.durable = durable;
    operation.runs = {{0, 0, 0, 2, tags.data()}, {4, 12, 2, 1, tags.data()}, {6, 0, 3, 1, tags.data()}};
    auto body = record(operation);
    operation.runs.resize(1);
    const auto after = record(operation);
    body.insert(body.end(), after.begin(), after.end());
    seed(0, body);
    operation.runs[0].slot = kInLog | 1;
    seed(0, record(operation));
  }
  seed(0, all);

  MemoryStorage storage(base());
  const Superblock superblock = in_force(storage);
  SuperblockBody body{};
  body.generation = superblock.generation;
  body.sequence = superblock.sequence;
  std::copy(superblock.chain.begin(), superblock.chain.end(), body.chain);
  body.state = 1;
  body.tag_count = 3;
  body.chunk_count = superblock.chunk_count;
  body.first_counter = superblock.first_counter;
  std::copy(superblock.chunk_epoch.begin(), superblock.chunk_epoch.end(), body.chunk_epoch);
  body.chunk_bytes = superblock.chunk_bytes;
  seed(1, Bytes(bytes_of(body).begin(), bytes_of(body).end()));

  const Bytes& sealed = *storage.at(checkpoint_of(2));
  ChunkHeader header;
  std::memcpy(&header, sealed.data(), sizeof header);
  ChunkContext context;
  std::copy(ring().volume_id().begin(), ring().volume_id().end(), context.volume_id);
  context.generation = 2;
  context.index = 0;
  context.size = header.size;
  Bytes plain(header.size);
  FUZZ_CHECK(ring()
                 .use(Use::kCheckpoint, superblock.chunk_epoch)
                 ->open(nonce_of(superblock.first_counter), bytes_of(context),
                        ByteView(sealed).subspan(sizeof header, header.size), plain.data(), header.tag));
  seed(2, plain);
  for (char file = 0; file < kHostFiles; ++file) {
    auto bytes = *storage.files[static_cast<size_t>(file)];
    if (bytes.size() > 8192) bytes.resize(8192);
    bytes.insert(bytes.begin(), static_cast<uint8_t>(file));
    seed(3, bytes);
  }
  seed(4, {0, 0, 1, 72, 0, 9});
  return seeds;
}
