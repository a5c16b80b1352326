// SPDX-License-Identifier: Apache-2.0
#include "measure/host_file.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

namespace redoubt::measure {
namespace {

constexpr size_t kPieceSize = size_t{256} * 1024;

struct Descriptor {
  explicit Descriptor(int number) : number(number) {}
  ~Descriptor() {
    if (number >= 0) close(number);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number;
};

std::unexpected<Error> cannot_read(const std::string& path, int error) {
  return fail(ErrorCode::kFailed, "cannot read \"" + path + "\": " + std::strerror(error) +
                                      (error == EACCES ? "; measure as a user who may read it" : ""));
}

// O_NONBLOCK: a fifo must not hold us up before it is found to be one.
int open_regular(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  struct stat info;
  if (file < 0) return -1;
  if (fstat(file, &info) == 0 && S_ISREG(info.st_mode)) return file;
  close(file);
  errno = EINVAL;
  return -1;
}

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

}  // namespace

Result<FileHash, Error> hash_file(const std::string& path) {
  const Descriptor file(open_regular(path));
  if (file.number < 0) return cannot_read(path, errno);
  const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
  if (!context || EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) != 1) {
    return fail(ErrorCode::kFailed, "SHA-256 is not available");
  }
  FileHash result;
  std::vector<uint8_t> piece(kPieceSize);
  while (true) {
    const ssize_t size = read(file.number, piece.data(), piece.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return cannot_read(path, errno);
    if (size == 0) break;
    EVP_DigestUpdate(context.get(), piece.data(), static_cast<size_t>(size));
    result.size += static_cast<uint64_t>(size);
  }
  EVP_DigestFinal_ex(context.get(), result.sha256.data(), nullptr);
  return result;
}

Result<Bytes, Error> read_start(const std::string& path, size_t limit) {
  const Descriptor file(open_regular(path));
  if (file.number < 0) return cannot_read(path, errno);
  Bytes bytes(limit);
  size_t filled = 0;
  while (filled < limit) {
    const ssize_t size = read(file.number, bytes.data() + filled, limit - filled);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return cannot_read(path, errno);
    if (size == 0) break;
    filled += static_cast<size_t>(size);
  }
  bytes.resize(filled);
  return bytes;
}

Result<std::optional<ElfFacts>, Error> read_elf_file(const std::string& path) {
  const Descriptor file(open_regular(path));
  if (file.number < 0) return cannot_read(path, errno);
  // Headers and names lie close together: one page is kept.
  constexpr size_t kPage = 4096;
  Bytes page(kPage);
  uint64_t page_number = UINT64_MAX;
  size_t page_size = 0;
  const ReadAt read = [&](uint64_t offset, std::span<uint8_t> out) {
    for (size_t done = 0; done < out.size();) {
      const uint64_t at = offset + done;
      if (at < offset || at > INT64_MAX) return false;
      if (at / kPage != page_number) {
        const ssize_t size = pread(file.number, page.data(), kPage, static_cast<off_t>(at / kPage * kPage));
        page_number = at / kPage;
        page_size = size < 0 ? 0 : static_cast<size_t>(size);
      }
      const size_t start = at % kPage;
      if (start >= page_size) return false;
      const size_t part = std::min(out.size() - done, page_size - start);
      std::memcpy(out.data() + done, page.data() + start, part);
      done += part;
    }
    return true;
  };
  auto facts = read_elf(read);
  if (!facts) return std::unexpected(std::move(facts.error()).in('"' + path + '"'));
  return facts;
}

}  // namespace redoubt::measure
