// SPDX-License-Identifier: Apache-2.0
//
// Frames of the journal of commits, before their MAC is checked. One that is taken consists of exactly its bytes: made again from its parts it is
// the same, so nothing that the MAC covers is left aside, and nothing lies outside of the file.
#include "cas/store/commit_journal.h"

#include <algorithm>

#include "cas/store/commit_journal_format.h"
#include "fuzz/target.h"

using namespace redoubt;
using namespace redoubt::cas;

namespace {

bool is_within(ByteView part, ByteView whole) {
  return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ByteView file(data, size);
  FUZZ_CHECK(frame_numbers(file).size() <= size / kJournalBlock);
  const auto frame = parse_frame(file);
  if (!frame) return 0;
  FUZZ_CHECK(is_within(frame->bytes, file));
  for (const FrameChange& change : frame->changes) {
    FUZZ_CHECK(is_within(as_bytes(change.name), frame->bytes) && is_within(change.sealed, frame->bytes));
  }
  Bytes again = make_frame(frame->commits, frame->changes);
  set_mac(again, frame->mac);
  FUZZ_CHECK(again.size() == whole_blocks(frame->bytes.size()));
  FUZZ_CHECK(std::ranges::equal(ByteView(again).first(frame->bytes.size()), frame->bytes));
  const auto [before, behind] = around_mac(frame->bytes);
  FUZZ_CHECK(before.size() + frame->mac.size() + behind.size() == frame->bytes.size());
  return 0;
}

std::vector<std::string> fuzz_seeds() {
  const Bytes sealed(300, 7);
  const FrameChange one{4, "volume", 3, sealed}, other{4, "another", 1, ByteView(sealed).first(61)};
  std::vector<std::string> seeds;
  for (const auto& changes : {std::vector{one}, std::vector{one, other}}) {
    const Bytes frame = make_frame(9, changes);
    seeds.emplace_back(as_text(frame));
  }
  FUZZ_CHECK(parse_frame(as_bytes(seeds[1])) && frame_numbers(as_bytes(seeds[1])).size() == 1);
  return seeds;
}
