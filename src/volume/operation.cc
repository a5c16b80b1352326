// SPDX-License-Identifier: Apache-2.0
#include "volume/operation.h"

#include <algorithm>
#include <bit>

#include "volume/codec.h"

namespace redoubt::volume {
namespace {

void code_runs(Encoder& coder, const std::vector<Run>& runs) {
  coder.number(static_cast<uint32_t>(runs.size()));
  for (const Run& run : runs) {
    coder.number(run.block);
    coder.number(run.slot);
    coder.number(run.counter);
    coder.number(run.count);
    coder.raw(run.tags, size_t{run.count} * kMacSize);
  }
}

void code_runs(Decoder& coder, std::vector<Run>& runs) {
  uint32_t count = 0;
  coder.number(count);
  runs.clear();
  for (uint32_t i = 0; i < count && coder.ok(); ++i) {
    Run run;
    coder.number(run.block);
    coder.number(run.slot);
    coder.number(run.counter);
    coder.number(run.count);
    run.tags = coder.take(size_t{run.count} * kMacSize);
    if (coder.ok()) runs.push_back(run);
  }
}

// The fields of each kind, in their order.
template <typename Coder, typename Op>
bool code(Coder& coder, Op& op) {
  switch (op.kind) {
    case Kind::kCreate:
      coder.number(op.directory);
      coder.number(op.inode);
      coder.number(op.mode);
      coder.number(op.uid);
      coder.number(op.gid);
      coder.number(op.device);
      coder.time(op.time);
      coder.text(op.name);
      coder.text(op.value);
      return true;
    case Kind::kLink:
      coder.number(op.directory);
      coder.number(op.inode);
      coder.time(op.time);
      coder.text(op.name);
      return true;
    case Kind::kUnlink:
      coder.number(op.directory);
      coder.number(op.flags);
      coder.time(op.time);
      coder.text(op.name);
      return true;
    case Kind::kRename:
      coder.number(op.directory);
      coder.number(op.other_directory);
      coder.number(op.flags);
      coder.time(op.time);
      coder.text(op.name);
      coder.text(op.other_name);
      return true;
    case Kind::kChange:
      coder.number(op.inode);
      coder.number(op.flags);
      coder.number(op.mode);
      coder.number(op.uid);
      coder.number(op.gid);
      coder.time(op.accessed);
      coder.time(op.modified);
      coder.time(op.time);
      return true;
    case Kind::kContent:
      coder.number(op.inode);
      coder.number(op.size);
      coder.number(op.hole_first);
      coder.number(op.hole_end);
      coder.time(op.time);
      code_runs(coder, op.runs);
      return true;
    case Kind::kSetExtended:
      coder.number(op.inode);
      coder.time(op.time);
      coder.text(op.name);
      coder.text(op.value);
      return true;
    case Kind::kRemoveExtended:
      coder.number(op.inode);
      coder.time(op.time);
      coder.text(op.name);
      return true;
    case Kind::kFree: coder.number(op.inode); return true;
    case Kind::kBarrier: coder.number(op.flags); return true;
    case Kind::kSettled: coder.number(op.acknowledged); return true;
    case Kind::kRotate: return true;
  }
  return false;
}

}  // namespace

uint64_t place_blocks(Operation& operation, uint64_t offset) {
  for (Run& run : operation.runs) {
    if (run.slot != 0) continue;
    run.slot = kInLog | offset / kRecordAlignment;
    offset += uint64_t{run.count} * kBlockSize;  // as many as tags in a record
  }
  return offset;
}

void encode(const Operation& operation, std::vector<uint8_t>& out) {
  Encoder coder(out);
  coder.number(operation.kind);
  coder.number(operation.durable);
  code(coder, operation);
}

bool decode(ByteView body, Operation& operation) {
  Decoder coder(body);
  Kind kind{};
  coder.number(kind);
  operation.reset(kind);
  coder.number(operation.durable);
  if (!code(coder, operation) || !coder.ok()) return false;
  return std::ranges::all_of(operation.runs, [](const Run& run) { return run.slot < kSlotLimit; });
}

}  // namespace redoubt::volume
