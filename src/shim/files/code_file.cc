// SPDX-License-Identifier: Apache-2.0
//
// Copying and hashing. The host may change its file meanwhile, or never end it: nothing here trusts what was read twice, and no
// more is copied than the file said it holds when it was opened.
#include "shim/files/code_file.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <vector>

#include "base/text.h"
#include "shim/files/raised_limit.h"
#include "shim/files/standard_error.h"
#include "shim/gate/gate.h"
#include "shim/gate/host_answer.h"

namespace redoubt::shim {
namespace {

struct HostFile {
  OwnedFd fd;
  uint64_t size = 0;
};

Result<HostFile> open_host_file(const std::string& path) {
  HostFile file;
  const int64_t raw = gate::call(SYS_openat, static_cast<uint64_t>(AT_FDCWD), gate::address_of(path.c_str()),
                                 O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  file.fd = OwnedFd(TRY(gate::descriptor_of(raw)));
  struct stat status;
  TRY(from_raw(gate::call(SYS_fstat, static_cast<uint64_t>(file.fd.get()), gate::address_of(&status))));
  if (!S_ISREG(status.st_mode) || status.st_size < 0) return fail(EACCES);
  file.size = static_cast<uint64_t>(status.st_size);
  return file;
}

}  // namespace

Result<HashedFile> hash_host_file(const std::string& path) {
  const HostFile file = TRY(open_host_file(path));
  constexpr size_t kChunk = size_t{256} << 10;
  std::vector<uint8_t> chunk(std::min<uint64_t>(kChunk, file.size + 1));
  FileHasher hasher;
  HashedFile result;
  while (result.size <= file.size) {
    const int64_t raw =
        gate::call(SYS_read, static_cast<uint64_t>(file.fd.get()), gate::address_of(chunk.data()), chunk.size());
    const size_t got = TRY(gate::count_of(raw, chunk.size()));
    if (got == 0) break;
    hasher.add({chunk.data(), got});
    result.size += got;
  }
  result.hash = hasher.finish();
  return result;
}

Result<uint64_t> copy_host_file(const std::string& path, int into, uint64_t most) {
  const HostFile file = TRY(open_host_file(path));
  if (file.size > most) return fail(EFBIG);
  const RaisedSoftLimit raised(RLIMIT_FSIZE, RLIM_INFINITY);
  uint64_t done = 0;
  while (done < file.size) {
    const uint64_t wanted = std::min<uint64_t>(file.size - done, uint64_t{1} << 30);
    const int64_t raw =
        gate::call(SYS_sendfile, static_cast<uint64_t>(into), static_cast<uint64_t>(file.fd.get()), 0, wanted);
    const size_t got = TRY(gate::count_of(raw, wanted));
    if (got == 0) break;  // it became shorter: the hash will tell
    done += got;
  }
  return done;
}

// By reading, not by mapping: a host that lied about the size would end the process with SIGBUS.
Result<FileHash> hash_memory_file(int fd, uint64_t size) {
  constexpr uint64_t kChunk = uint64_t{256} << 10;
  std::vector<uint8_t> chunk(std::min(size, kChunk));
  FileHasher hasher;
  for (uint64_t at = 0; at < size;) {
    const size_t wanted = std::min<uint64_t>(size - at, chunk.size());
    if (TRY(read_at(fd, at, chunk.data(), wanted)) != wanted) return fail(EIO);
    hasher.add({chunk.data(), wanted});
    at += wanted;
  }
  return hasher.finish();
}

void report_wrong_file(const std::string& path, Promise promise, const FileHash& expected, const std::string& found) {
  const bool is_sealed = promise == Promise::kSeal;
  Text<8192> line;
  line.append("redoubt: ")
      .quoted(path)
      .append(is_sealed ? " is not the file of its volume's seal" : " is not the file of the session");
  line.append(": expected SHA-256 ");
  line.append(hex_of(expected)).append(", found ").append(found);
  line.append("; restore the file, or ");
  line.append(is_sealed ? "seal the tree again (redoubt volume seal)\n"
                        : "measure it again (redoubt measure) and update the session\n");
  standard_error::write(line.view());
}

}  // namespace redoubt::shim
