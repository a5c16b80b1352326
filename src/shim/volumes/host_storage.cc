// SPDX-License-Identifier: Apache-2.0
//
// Host calls on the files of a volume, their answers checked.
#include "shim/volumes/host_storage.h"

#include <fcntl.h>
#include <linux/falloc.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <atomic>
#include <optional>

#include "shim/files/raised_limit.h"
#include "shim/files/window.h"
#include "shim/gate/gate.h"
#include "shim/gate/host_answer.h"

namespace redoubt::shim::volumes {

using volume::HostFile;

namespace {

std::atomic<uint64_t> size_limit = RLIM_INFINITY;

// Repeats what a signal cut short before anything was done.
template <typename... Arguments>
int64_t host(int64_t number, Arguments... arguments) {
  while (true) {
    const int64_t raw = gate::call(number, arguments...);
    if (raw != -EINTR) return raw;
  }
}

}  // namespace

uint64_t file_size_limit() { return size_limit; }

void refresh_file_size_limit() {
  rlimit limit{};
  size_limit = gate::call(SYS_prlimit64, 0, RLIMIT_FSIZE, 0, gate::address_of(&limit)) == 0 ? uint64_t{limit.rlim_cur}
                                                                                            : uint64_t{RLIM_INFINITY};
}

uint64_t HostStorage::fd(HostFile file) const {
  const int slot = static_cast<int>(index_) * volume::kHostFiles + static_cast<int>(file);
  return static_cast<uint64_t>(window::get(window::extension_slot(slot)));
}

Result<size_t> HostStorage::read(HostFile file, uint64_t offset, std::span<uint8_t> to) {
  size_t done = 0;
  while (done < to.size()) {
    const size_t wanted = to.size() - done;
    const size_t got = TRY(
        gate::count_of(host(SYS_pread64, fd(file), gate::address_of(to.data() + done), wanted, offset + done), wanted));
    if (got == 0) break;
    done += got;
  }
  return done;
}

Result<void> HostStorage::write(HostFile file, uint64_t offset, ByteView bytes) {
  std::optional<RaisedSoftLimit> raised;
  if (size_limit != RLIM_INFINITY) raised.emplace(RLIMIT_FSIZE, RLIM_INFINITY);
  size_t done = 0;
  while (done < bytes.size()) {
    const size_t wanted = bytes.size() - done;
    const size_t put = TRY(gate::count_of(
        host(SYS_pwrite64, fd(file), gate::address_of(bytes.data() + done), wanted, offset + done), wanted));
    if (put == 0) return fail(EIO);
    done += put;
  }
  return {};
}

Result<void> HostStorage::sync(HostFile file) {
  TRY(from_raw(host(SYS_fdatasync, fd(file))));
  return {};
}

Result<uint64_t> HostStorage::size(HostFile file) {
  struct stat status {};
  TRY(from_raw(gate::call(SYS_fstat, fd(file), gate::address_of(&status))));
  if (status.st_size < 0) return fail(EIO);
  return static_cast<uint64_t>(status.st_size);
}

Result<void> HostStorage::truncate(HostFile file, uint64_t size) {
  std::optional<RaisedSoftLimit> raised;
  if (size_limit != RLIM_INFINITY) raised.emplace(RLIMIT_FSIZE, RLIM_INFINITY);
  TRY(from_raw(host(SYS_ftruncate, fd(file), size)));
  return {};
}

void HostStorage::discard(HostFile file, uint64_t offset, uint64_t size) {
  gate::call(SYS_fallocate, fd(file), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, size);
}

}  // namespace redoubt::shim::volumes
