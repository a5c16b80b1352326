// SPDX-License-Identifier: Apache-2.0
//
// Sizes first, then permission, then the volume: fs/xattr.c's order.
#include "shim/files/volume_extended.h"

#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>

#include "shim/files/permission.h"
#include "shim/memory/app_memory.h"

namespace redoubt::shim::file_namespace {
namespace {

constexpr size_t kLongestName = 255;           // XATTR_NAME_MAX
constexpr size_t kLargest = size_t{64} << 10;  // XATTR_SIZE_MAX, and XATTR_LIST_MAX

Result<std::string> name_argument(uint64_t at) {
  std::string name = TRY(read_app_string(at, kLongestName + 1, ERANGE));
  if (name.empty()) return fail(ERANGE);
  return name;
}

Result<void> may(const FileId& file, std::string_view name, int wanted) {
  const volume::Attributes attributes = TRY(volume_of(file)->attributes(file.inode));
  return permission::may_extended(attributes, credentials(), name, wanted);
}

// A size of 0 asks how much there is.
Result<int64_t> answer(uint64_t buffer_at, uint64_t room, ByteView bytes) {
  if (room != 0) {
    if (bytes.size() > room) return fail(ERANGE);
    if (!copy_to_app(buffer_at, bytes.data(), bytes.size())) return fail(EFAULT);
  }
  return static_cast<int64_t>(bytes.size());
}

Result<void> set(const FileId& file, const uint64_t* args) {
  const auto flags = static_cast<int>(args[3]);
  if ((flags & ~(XATTR_CREATE | XATTR_REPLACE)) != 0) return fail(EINVAL);
  const std::string name = TRY(name_argument(args[0]));
  if (args[2] > kLargest) return fail(E2BIG);
  std::vector<uint8_t> value(args[2]);
  if (!copy_from_app(value.data(), args[1], value.size())) return fail(EFAULT);
  TRY_VOID(may(file, name, W_OK));
  return volume_of(file)->set_extended(file.inode, name, value, flags);
}

Result<int64_t> get(const FileId& file, const uint64_t* args) {
  const std::string name = TRY(name_argument(args[0]));
  TRY_VOID(may(file, name, R_OK));
  const auto value = TRY(volume_of(file)->extended(file.inode, name));
  return answer(args[1], std::min<uint64_t>(args[2], kLargest), value);
}

Result<int64_t> list(const FileId& file, const uint64_t* args) {
  const Credentials who = credentials();
  const auto all = TRY(volume_of(file)->list_extended(file.inode));
  std::vector<uint8_t> names;
  for (const std::string& name : all) {
    if (!permission::shows_extended(who, name)) continue;
    names.insert(names.end(), name.begin(), name.end());
    names.push_back(0);
  }
  if (names.size() > kLargest) return fail(E2BIG);
  return answer(args[0], std::min<uint64_t>(args[1], kLargest), names);
}

Result<void> remove(const FileId& file, const uint64_t* args) {
  const std::string name = TRY(name_argument(args[0]));
  TRY_VOID(may(file, name, W_OK));
  return volume_of(file)->remove_extended(file.inode, name);
}

}  // namespace

int64_t set_extended(Call&, const FileId& file, const uint64_t* args) { return to_raw(set(file, args)); }
int64_t get_extended(Call&, const FileId& file, const uint64_t* args) { return to_raw(get(file, args)); }
int64_t list_extended(Call&, const FileId& file, const uint64_t* args) { return to_raw(list(file, args)); }
int64_t remove_extended(Call&, const FileId& file, const uint64_t* args) { return to_raw(remove(file, args)); }

}  // namespace redoubt::shim::file_namespace
