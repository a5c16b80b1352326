// SPDX-License-Identifier: Apache-2.0
#include "volume/checkpoint.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstring>

#include "volume/codec.h"

namespace redoubt::volume {
namespace {

constexpr size_t kFlushAt = size_t{1} << 16;
constexpr uint32_t kLargestRun = 1024;

enum class Item : uint8_t {
  kVolume = 1,    // counters of the whole volume
  kEpoch = 2,     // the next number
  kInode = 3,     // attributes; the items below belong to the last of these
  kName = 4,      // of a directory
  kBlocks = 5,    // a run
  kExtended = 6,  // an extended attribute
};

template <typename Coder, typename A>
void code(Coder& coder, A& attributes) {
  coder.number(attributes.inode);
  coder.number(attributes.mode);
  coder.number(attributes.uid);
  coder.number(attributes.gid);
  coder.number(attributes.links);
  coder.number(attributes.device);
  coder.number(attributes.size);
  coder.time(attributes.accessed);
  coder.time(attributes.modified);
  coder.time(attributes.changed);
  coder.time(attributes.created);
}

ChunkContext context_of(const VolumeId& id, uint64_t generation, uint64_t index, uint32_t size) {
  ChunkContext context;
  std::copy(id.begin(), id.end(), context.volume_id);
  context.generation = generation;
  context.index = index;
  context.size = size;
  return context;
}

class Writer {
 public:
  Writer(Storage& storage, KeyRing& keys, const Epoch& epoch, uint64_t first_counter, Superblock& superblock)
      : storage_(storage), keys_(keys), epoch_(epoch), superblock_(superblock), coder_(buffer_) {
    superblock_.chunk_count = superblock_.chunk_bytes = 0;
    superblock_.first_counter = first_counter;
    superblock_.chunk_epoch = epoch;
    buffer_.resize(sizeof(ChunkHeader));
  }

  Encoder& item(Item kind) {
    if (buffer_.size() >= kFlushAt && result_) result_ = flush();
    coder_.number(kind);
    return coder_;
  }
  Result<void> finish() {
    if (!result_) return result_;
    return flush();
  }

 private:
  Result<void> flush() {
    ChunkHeader header;
    header.magic = kChunkMagic;
    header.size = static_cast<uint32_t>(buffer_.size() - sizeof header);
    const ChunkContext context =
        context_of(keys_.volume_id(), superblock_.generation, superblock_.chunk_count, header.size);
    keys_.use(Use::kCheckpoint, epoch_)
        ->seal(nonce_of(superblock_.first_counter + superblock_.chunk_count), bytes_of(context),
               ByteView(buffer_).subspan(sizeof header), buffer_.data() + sizeof header, header.tag);
    std::memcpy(buffer_.data(), &header, sizeof header);
    TRY_VOID(storage_.write(checkpoint_of(superblock_.generation), superblock_.chunk_bytes, buffer_));
    ++superblock_.chunk_count;
    superblock_.chunk_bytes += buffer_.size();
    buffer_.resize(sizeof header);
    return {};
  }

  Storage& storage_;
  KeyRing& keys_;
  Epoch epoch_;
  Superblock& superblock_;
  std::vector<uint8_t> buffer_;
  Encoder coder_;
  Result<void> result_;
};

void write_blocks(Writer& writer, const Inode& inode, const std::vector<uint64_t>& epoch_numbers) {
  struct Pending {
    uint64_t block = 0, slot = 0, counter = 0, epoch = 0;
    uint32_t count = 0;
    std::vector<uint8_t> tags;
  } run;
  const auto put = [&] {
    if (run.count == 0) return;
    Encoder& coder = writer.item(Item::kBlocks);
    coder.number(run.block);
    coder.number(run.slot);
    coder.number(run.counter);
    coder.number(epoch_numbers[run.epoch]);
    coder.number(run.count);
    coder.raw(run.tags.data(), run.tags.size());
    run.count = 0;
    run.tags.clear();
  };
  inode.blocks.for_each([&](uint64_t block, const BlockRef& ref) {
    const uint32_t n = run.count;
    const bool follows = n > 0 && n < kLargestRun && block == run.block + n && ref.slot == run.slot + n &&
                         ref.counter == run.counter + n && ref.epoch == run.epoch;
    if (!follows) {
      put();
      run.block = block;
      run.slot = ref.slot;
      run.counter = ref.counter;
      run.epoch = ref.epoch;
    }
    ++run.count;
    run.tags.insert(run.tags.end(), ref.tag.begin(), ref.tag.end());
  });
  put();
}

// Reads the items of one chunk.
class Parser {
 public:
  explicit Parser(Index& index) : index_(index) {}
  bool parse(ByteView chunk) {
    Decoder coder(chunk);
    while (coder.ok() && !coder.rest().empty()) {
      Item kind{};
      coder.number(kind);
      if (!coder.ok() || !item(kind, coder)) return false;
    }
    return coder.ok();
  }

 private:
  bool item(Item kind, Decoder& coder) {
    if (kind > Item::kInode && inode_ == nullptr) return false;
    switch (kind) {
      case Item::kVolume:
        coder.number(index_.next_inode);
        coder.number(index_.last_change);
        coder.number(index_.acknowledged);
        return coder.ok();
      case Item::kEpoch: {
        Epoch epoch;
        coder.number(epoch);
        return coder.ok() && index_.epoch_number(epoch) == epochs_++;
      }
      case Item::kInode: return inode(coder);
      case Item::kName: {
        Entry entry;
        std::string_view name;
        coder.number(entry.inode);
        coder.number(entry.cookie);
        coder.text(name);
        return coder.ok() && inode_->is_directory() && index_.insert_entry(*inode_, name, entry);
      }
      case Item::kBlocks: return blocks(coder);
      case Item::kExtended: {
        std::string_view name, value;
        coder.text(name);
        coder.text(value);
        if (!coder.ok()) return false;
        if (inode_->extended == nullptr)
          inode_->extended = std::make_unique<std::map<std::string, Bytes, std::less<>>>();
        const ByteView bytes = as_bytes(value);
        return inode_->extended->try_emplace(std::string(name), bytes.begin(), bytes.end()).second;
      }
    }
    return false;
  }

  bool inode(Decoder& coder) {
    Attributes attributes;
    code(coder, attributes);
    InodeNumber parent = 0;
    uint64_t next_cookie = 0;
    std::string_view target;
    coder.number(parent);
    coder.number(next_cookie);
    coder.text(target);
    if (!coder.ok() || attributes.inode == 0 || attributes.inode >= index_.next_inode ||
        index_.find(attributes.inode) != nullptr || attributes.size > kFileLimit) {
      return false;
    }
    inode_ = &index_.insert(attributes.inode);
    inode_->attributes = attributes;
    inode_->parent = parent;
    inode_->target = target;
    if (S_ISDIR(attributes.mode)) {
      inode_->directory = std::make_unique<Directory>();
      inode_->directory->next_cookie = next_cookie;
    }
    return true;
  }

  bool blocks(Decoder& coder) {
    uint64_t block = 0, slot = 0, counter = 0, epoch = 0;
    uint32_t count = 0;
    coder.number(block);
    coder.number(slot);
    coder.number(counter);
    coder.number(epoch);
    coder.number(count);
    const uint8_t* tags = coder.take(size_t{count} * kMacSize);
    if (!coder.ok() || epoch >= epochs_ || !S_ISREG(inode_->attributes.mode) || block > kFileLimit / kBlockSize ||
        !index_.slots.take_old(slot, count)) {
      return false;
    }
    for (uint32_t i = 0; i < count; ++i) {
      BlockRef ref;
      ref.slot = slot + i;
      ref.epoch = epoch;
      ref.counter = counter + i;
      std::copy_n(tags + size_t{i} * kMacSize, kMacSize, ref.tag.begin());
      if (!inode_->blocks.set(block + i, ref).is_hole()) return false;
    }
    inode_->attributes.blocks += count;
    index_.data_blocks += count;
    return true;
  }

  Index& index_;
  Inode* inode_ = nullptr;
  uint64_t epochs_ = 0;
};

}  // namespace

Result<void> write_checkpoint(Storage& storage, KeyRing& keys, const Index& index, const Epoch& epoch,
                              uint64_t first_counter, Superblock& superblock) {
  Writer writer(storage, keys, epoch, first_counter, superblock);
  Encoder& head = writer.item(Item::kVolume);
  head.number(index.next_inode);
  head.number(index.last_change);
  head.number(index.acknowledged);

  // Only the epochs that a block still names.
  std::vector<uint64_t> numbers(index.epoch_count(), kEpochLimit);
  for (const auto& [number, inode] : index.inodes()) {
    inode.blocks.for_each([&](uint64_t, const BlockRef& ref) { numbers[ref.epoch] = 0; });
  }
  uint64_t next = 0;
  for (size_t i = 0; i < numbers.size(); ++i) {
    if (numbers[i] == kEpochLimit) continue;
    numbers[i] = next++;
    writer.item(Item::kEpoch).number(index.epoch(i));
  }

  for (const auto& [number, inode] : index.inodes()) {
    Encoder& coder = writer.item(Item::kInode);
    code(coder, inode.attributes);
    coder.number(inode.parent);
    coder.number(inode.is_directory() ? inode.directory->next_cookie : uint64_t{0});
    coder.text(inode.target);
    if (inode.is_directory()) {
      for (const auto& [name, entry] : inode.directory->names) {
        Encoder& item = writer.item(Item::kName);
        item.number(entry.inode);
        item.number(entry.cookie);
        item.text(name);
      }
    }
    write_blocks(writer, inode, numbers);
    if (inode.extended != nullptr) {
      for (const auto& [name, value] : *inode.extended) {
        Encoder& item = writer.item(Item::kExtended);
        item.text(name);
        item.text(as_text(value));
      }
    }
  }
  return writer.finish();
}

Result<void> read_checkpoint(Storage& storage, KeyRing& keys, const Superblock& superblock, Index& index,
                             uint64_t& offset) {
  const HostFile file = checkpoint_of(superblock.generation);
  index.slots.set_limit(TRY(storage.size(HostFile::kData)) / kBlockSize);
  Parser parser(index);
  std::vector<uint8_t> sealed;
  offset = 0;
  for (uint64_t i = 0; i < superblock.chunk_count; ++i) {
    ChunkHeader header;
    size_t read = TRY(storage.read(file, offset, {reinterpret_cast<uint8_t*>(&header), sizeof header}));
    if (read != sizeof header || header.magic != kChunkMagic || header.size > kLargestChunk) return fail(EIO);
    sealed.resize(header.size);
    read = TRY(storage.read(file, offset + sizeof header, sealed));
    const ChunkContext context = context_of(keys.volume_id(), superblock.generation, i, header.size);
    if (read != sealed.size() ||
        !keys.use(Use::kCheckpoint, superblock.chunk_epoch)
             ->open(nonce_of(superblock.first_counter + i), bytes_of(context), sealed, sealed.data(), header.tag)) {
      return fail(EIO);
    }
    if (!parser.parse(sealed)) return fail(EIO);
    offset += sizeof header + sealed.size();
  }
  return {};
}

}  // namespace redoubt::volume
