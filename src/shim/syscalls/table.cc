// SPDX-License-Identifier: Apache-2.0
//
// Puts the families of rows/ into one array indexed by number, at compile time, and proves while doing so that the
// table is whole: one row for every number of abi/numbers.h, under its name, with every field that its treatment needs,
// and no argument that nobody could copy. A mistake in a row stops the build here; the assertion says which rule it
// broke.
#include <array>
#include <span>
#include <string_view>

#include "shim/syscalls/rows/families.h"

namespace redoubt::shim {
namespace {

using rows::kFamilies;

constexpr std::array<const Row*, kTableSize> kTable = [] {
  std::array<const Row*, kTableSize> table{};
  for (const RowFamily& family : kFamilies) {
    for (size_t index = 0; index < family.count; ++index) table[family.rows[index].number] = &family.rows[index];
  }
  return table;
}();

// ---- What every row must be. ----

constexpr size_t row_count() {
  size_t count = 0;
  for (const RowFamily& family : kFamilies) count += family.count;
  return count;
}

// As many rows as calls, and one for each call: together they leave no room for a duplicate.
static_assert(row_count() == std::size(abi::kSystemCalls), "a system call has two rows, or none");
static_assert(
    [] {
      for (const auto& [number, name] : abi::kSystemCalls) {
        if (kTable[number] == nullptr || std::string_view(kTable[number]->name) != name) return false;
      }
      return true;
    }(),
    "a row is missing, or has another call's number");

constexpr bool every_row(bool (*rule)(const Row&)) {
  for (const Row* row : kTable) {
    if (row != nullptr && !rule(*row)) return false;
  }
  return true;
}

constexpr bool every_arg(bool (*rule)(const Row&, const Arg&)) {
  for (const Row* row : kTable) {
    if (row == nullptr) continue;
    for (const Arg& arg : row->args) {
      if (arg.kind != ArgKind::kNone && !rule(*row, arg)) return false;
    }
  }
  return true;
}

static_assert(every_row([](const Row& row) { return (row.treatment == Treatment::kRefused) == (row.refusal > 0); }),
              "exactly the refused rows have an errno");
static_assert(every_arg([](const Row&, const Arg& arg) { return arg.name[0] != '\0'; }), "an argument has no name");

constexpr bool is_memory(ArgKind kind) {
  return kind == ArgKind::kBuffer || kind == ArgKind::kStruct || kind == ArgKind::kIovec || kind == ArgKind::kMsghdr ||
         kind == ArgKind::kMmsghdr || kind == ArgKind::kSockaddr;
}

static_assert(every_arg([](const Row&, const Arg& arg) {
                return !is_memory(arg.kind) || arg.rule == SizeRule::kUnbounded || arg.size > 0;
              }),
              "memory without a size");

constexpr ArgKind kind_of(const Row& row, uint8_t index) { return index < 6 ? row.args[index].kind : ArgKind::kNone; }

static_assert(every_arg([](const Row& row, const Arg& arg) {
                if (!is_memory(arg.kind)) return true;
                const ArgKind counted_by = kind_of(row, arg.size_arg);
                switch (arg.rule) {
                  case SizeRule::kArg:
                  case SizeRule::kResult:
                  case SizeRule::kBits:
                  case SizeRule::kPages:
                    return counted_by == ArgKind::kSize || counted_by == ArgKind::kInt ||
                           counted_by == ArgKind::kUint || counted_by == ArgKind::kLong;
                  case SizeRule::kPointedArg: return counted_by == ArgKind::kStruct && row.args[arg.size_arg].size == 4;
                  case SizeRule::kFixed:
                  case SizeRule::kOwnSize:
                  case SizeRule::kUnbounded: return true;
                }
                return false;
              }),
              "a size rule points at an argument that holds no size");
static_assert(every_arg([](const Row& row, const Arg& arg) {
                return arg.rule != SizeRule::kUnbounded || row.treatment != Treatment::kPassed;
              }),
              "a passed row has an argument that nobody could copy");

}  // namespace

std::span<const RowFamily> row_families() { return kFamilies; }

const Row* find_row(uint64_t number) { return number < kTableSize ? kTable[number] : nullptr; }

}  // namespace redoubt::shim
