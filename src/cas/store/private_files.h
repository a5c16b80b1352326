// SPDX-License-Identifier: Apache-2.0
//
// Files of CAS's data directory: the directory has mode 0700 and every file 0600, owned by who runs CAS. A directory or file
// that others may read or change is refused rather than repaired: nobody knows who has read it already. New files appear
// whole or not at all (written beside, synced, renamed), so a kill leaves no half key.
#pragma once

#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/error.h"
#include "base/secret_bytes.h"

namespace redoubt::cas {

// A file descriptor that closes itself.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~UniqueFd();

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

// Makes the directory when there is none (its parent must exist), then holds it for this process alone: a second CAS on
// the same directory would break the audit chain. The lock lasts as long as the descriptor.
Result<UniqueFd, Error> lock_data_directory(const std::string& directory);

// nullopt: there is none. kUnauthentic: others may read or change it, or it is no regular file. At most `limit` bytes.
Result<std::optional<SecretBytes>, Error> read_private_file(const std::string& path, size_t limit);

// Opens for `flags` with O_NOFOLLOW and O_CLOEXEC, and checks as read_private_file does. nullopt: there is none.
Result<std::optional<UniqueFd>, Error> open_private_file(const std::string& path, int flags);

// Replaces the file; durable when it returns.
Result<void, Error> write_private_file(const std::string& path, ByteView contents);

// "open \"path\": No space left on device"; the errno as it is.
Error system_error(const std::string& what, const std::string& path);

}  // namespace redoubt::cas
