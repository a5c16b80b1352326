// SPDX-License-Identifier: Apache-2.0
#include "shim/syscalls/trace_filter.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "shim/syscalls/rows/families.h"

namespace redoubt::shim {
namespace {

// ---- Families: one bit each. The files of rows/ are the first ones, in their order. ----

constexpr size_t kRowFamilies = std::size(rows::kFamilies);
constexpr std::array<std::string_view, kRowFamilies + 3> kFamilyWords = [] {
  std::array<std::string_view, kRowFamilies + 3> words;
  for (size_t index = 0; index < kRowFamilies; ++index) words[index] = rows::kFamilies[index].word;
  words[kRowFamilies + static_cast<size_t>(Treatment::kHandled)] = "%handled";
  words[kRowFamilies + static_cast<size_t>(Treatment::kPassed)] = "%passed";
  words[kRowFamilies + static_cast<size_t>(Treatment::kRefused)] = "%refused";
  return words;
}();

constexpr uint32_t family_bit(std::string_view word) {
  const auto at = std::ranges::find(kFamilyWords, word);
  return at == kFamilyWords.end() ? 0 : uint32_t{1} << (at - kFamilyWords.begin());
}
constexpr uint32_t kFile = family_bit("%file");
constexpr uint32_t kDescriptor = family_bit("%desc");
static_assert(kFile != 0 && kDescriptor != 0);

// As strace has them, %file are all calls with a path and %desc all with a descriptor, whichever file their row is in.
constexpr uint32_t families_by_type(const Row& row) {
  uint32_t families = row.returns == ReturnKind::kFd ? kDescriptor : 0;
  for (const Arg& arg : row.args) {
    if (arg.kind == ArgKind::kPath) families |= kFile;
    if (arg.kind == ArgKind::kFd || arg.kind == ArgKind::kDirFd) families |= kDescriptor;
  }
  return families;
}

struct CallWords {
  std::string_view name;  // empty: no row
  uint32_t families = 0;
};

constexpr std::array<CallWords, kTableSize> kCalls = [] {
  std::array<CallWords, kTableSize> calls{};
  for (size_t family = 0; family < kRowFamilies; ++family) {
    for (size_t index = 0; index < rows::kFamilies[family].count; ++index) {
      const Row& row = rows::kFamilies[family].rows[index];
      const size_t treatment = kRowFamilies + static_cast<size_t>(row.treatment);
      calls[row.number] = {row.name, uint32_t{1} << family | uint32_t{1} << treatment | families_by_type(row)};
    }
  }
  return calls;
}();
static_assert(kTableSize <= TraceFilter::kUnknown);

// ---- Words. ----

using Calls = decltype(TraceFilter::calls);

std::optional<Calls> calls_of(std::string_view word) {
  Calls calls;
  const uint32_t family = family_bit(word);
  for (size_t number = 0; number < kCalls.size(); ++number) {
    const CallWords& call = kCalls[number];
    calls[number] = !call.name.empty() && (call.name == word || (call.families & family) != 0);
  }
  return calls.any() ? std::optional(calls) : std::nullopt;
}

std::optional<int> descriptor_of(std::string_view word) {
  constexpr std::string_view kPrefix = "fd=";
  if (!word.starts_with(kPrefix)) return std::nullopt;
  word.remove_prefix(kPrefix.size());
  int number = -1;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  const bool whole = error == std::errc() && end == word.data() + word.size() && number >= 0;
  return whole ? std::optional(number) : std::nullopt;
}

// Collects the words; what they add up to is known at the end.
class Builder {
 public:
  bool add(std::string_view word) {
    const bool wanted = !word.starts_with('!');
    if (!wanted) word.remove_prefix(1);
    if (word == "failed") {
      filter_.ending = wanted ? TraceFilter::Ending::kFailed : TraceFilter::Ending::kSucceeded;
    } else if (const auto descriptor = descriptor_of(word)) {
      (wanted ? filter_.descriptors : filter_.unwanted_descriptors).push_back(*descriptor);
    } else if (const auto calls = calls_of(word)) {
      (wanted ? wanted_ : unwanted_) |= *calls;
    } else {
      return false;
    }
    return true;
  }

  TraceFilter done() {
    if (wanted_.any()) filter_.calls = wanted_;
    filter_.calls &= ~unwanted_;
    return std::move(filter_);
  }

 private:
  TraceFilter filter_;
  Calls wanted_;
  Calls unwanted_;
};

}  // namespace

std::expected<TraceFilter, std::string_view> parse_trace_filter(std::string_view list) {
  Builder builder;
  if (list.empty()) return builder.done();
  while (true) {
    const size_t comma = list.find(',');
    const std::string_view word = list.substr(0, comma);
    if (!builder.add(word)) return std::unexpected(word);
    if (comma == std::string_view::npos) return builder.done();
    list.remove_prefix(comma + 1);
  }
}

std::vector<std::string_view> trace_filter_words() {
  std::vector<std::string_view> words = {"failed"};
  words.insert(words.end(), kFamilyWords.begin(), kFamilyWords.end());
  for (const CallWords& call : kCalls) {
    if (!call.name.empty()) words.push_back(call.name);
  }
  return words;
}

}  // namespace redoubt::shim
