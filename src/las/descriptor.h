// SPDX-License-Identifier: Apache-2.0
//
// A file descriptor that is closed with its owner, and the two things that LAS and its client do with one.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <optional>
#include <string>
#include <utility>

namespace redoubt::las {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

// All of a file of /proc from its beginning; nullopt, with errno, when it cannot be read or is longer than `limit`.
inline std::optional<std::string> read_from_start(const Descriptor& file, size_t limit) {
  std::string text;
  char buffer[16384];
  for (;;) {
    const ssize_t count = pread(file.get(), buffer, sizeof(buffer), static_cast<off_t>(text.size()));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::nullopt;
    if (text.size() + static_cast<size_t>(count) > limit) {
      errno = EFBIG;
      return std::nullopt;
    }
    if (count == 0) return text;
    text.append(buffer, static_cast<size_t>(count));
  }
}

}  // namespace redoubt::las
