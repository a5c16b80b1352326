// SPDX-License-Identifier: Apache-2.0
#include "volume/log.h"

#include <algorithm>
#include <cstring>

namespace redoubt::volume {
namespace {

constexpr size_t kReadAhead = size_t{1} << 18;

RecordContext context_of(const VolumeId& id, uint64_t generation, const RecordHeader& header) {
  RecordContext context;
  std::copy(id.begin(), id.end(), context.volume_id);
  context.generation = generation;
  std::memcpy(context.header, &header, sizeof context.header);
  return context;
}

}  // namespace

Mac seal_record(KeyRing& keys, const LogPosition& at, const Epoch& epoch, uint64_t counter,
                std::vector<uint8_t>& record) {
  record.resize((record.size() + kRecordAlignment - 1) / kRecordAlignment * kRecordAlignment);
  RecordHeader header;
  header.magic = kRecordMagic;
  header.size = static_cast<uint32_t>(record.size());
  header.sequence = at.sequence + 1;
  std::copy(epoch.begin(), epoch.end(), header.epoch);
  header.counter = counter;
  std::copy(at.chain.begin(), at.chain.end(), header.previous);
  const RecordContext context = context_of(keys.volume_id(), at.generation, header);
  Mac tag;
  keys.use(Use::kLog, epoch)
      ->seal(nonce_of(counter), bytes_of(context), ByteView(record).subspan(sizeof header),
             record.data() + sizeof header, tag);
  std::copy(tag.begin(), tag.end(), header.tag);
  std::memcpy(record.data(), &header, sizeof header);
  return tag;
}

Result<const uint8_t*> LogReader::fetch(HostFile file, uint64_t offset, size_t size) {
  if (file != file_ || offset < start_ || offset + size > start_ + buffer_.size()) {
    if (limit_ < size || offset > limit_ - size) return nullptr;
    buffer_.resize(std::max<uint64_t>(size, std::min<uint64_t>(kReadAhead, limit_ - offset)));
    file_ = file;
    start_ = offset;
    const auto read = storage_.read(file, offset, buffer_);
    buffer_.resize(read ? std::min(*read, buffer_.size()) : 0);
    if (!read) return std::unexpected(read.error());
    if (size > buffer_.size()) return nullptr;
  }
  return buffer_.data() + (offset - start_);
}

Result<bool> LogReader::open(HostFile file, uint64_t generation, uint64_t offset, RecordHeader& header) {
  const uint8_t* bytes = TRY(fetch(file, offset, sizeof header));
  if (bytes == nullptr) return false;
  std::memcpy(&header, bytes, sizeof header);
  const size_t size = header.size;
  if (header.magic != kRecordMagic || size <= sizeof header || size > kLargestRecord || size % kRecordAlignment != 0) {
    return false;
  }
  bytes = TRY(fetch(file, offset, size));
  if (bytes == nullptr) return false;
  Epoch epoch;
  std::copy_n(header.epoch, epoch.size(), epoch.begin());
  const RecordContext context = context_of(keys_.volume_id(), generation, header);
  body_.resize(size - sizeof header);
  return keys_.use(Use::kLog, epoch)
      ->open(nonce_of(header.counter), bytes_of(context), {bytes + sizeof header, size - sizeof header}, body_.data(),
             header.tag);
}

Result<bool> LogReader::next(LogPosition& at, Operation& operation) {
  RecordHeader header;
  const bool is_authentic = TRY(open(log_of(at.generation), at.generation, at.offset, header));
  if (!is_authentic || header.sequence != at.sequence + 1 ||
      !std::equal(at.chain.begin(), at.chain.end(), header.previous)) {
    return false;
  }
  if (!decode(body_, operation)) return fail(EIO);
  operation.sequence = header.sequence;
  std::copy_n(header.epoch, operation.epoch.size(), operation.epoch.begin());
  at.offset = place_blocks(operation, at.offset + header.size);
  at.sequence = header.sequence;
  std::copy_n(header.tag, kMacSize, at.chain.begin());
  return true;
}

Result<std::optional<uint64_t>> LogReader::lost_record(const LogPosition& at) {
  constexpr uint64_t kFar = uint64_t{1} << 30;  // a host may name any size
  const uint64_t size = std::min(TRY(storage_.size(log_of(at.generation))), at.offset + kFar);
  for (uint64_t offset = at.offset; offset < size; offset += kRecordAlignment) {
    const uint8_t* bytes = TRY(fetch(log_of(at.generation), offset, sizeof(RecordHeader)));
    if (bytes == nullptr) break;
    RecordHeader header;
    std::memcpy(&header, bytes, sizeof header);
    if (header.magic != kRecordMagic) continue;
    const bool is_authentic = TRY(open(log_of(at.generation), at.generation, offset, header));
    Operation operation;
    if (is_authentic && decode(body_, operation) && operation.durable > at.sequence) return offset;
  }
  return std::nullopt;
}

Result<bool> LogReader::begins(HostFile file, uint64_t generation) {
  RecordHeader header;
  return open(file, generation, 0, header);
}

}  // namespace redoubt::volume
