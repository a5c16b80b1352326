// SPDX-License-Identifier: Apache-2.0
//
// openat2 is strict about flags and mode where openat ignores what it does not know; both are cut to what counts.
#include "shim/files/host_path.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>

#include "base/text.h"
#include "shim/gate/gate.h"
#include "shim/gate/host_answer.h"
#include "shim/syscalls/shim_time.h"

namespace redoubt::shim {

int64_t open_without_links(const std::string& path, int flags, uint64_t mode) {
  constexpr int kKnown = O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | O_NONBLOCK | O_SYNC | O_ASYNC |
                         O_DIRECT | O_NOFOLLOW | O_NOATIME | O_CLOEXEC | O_PATH | O_TMPFILE;  // with it O_DIRECTORY
  constexpr int kWithPath = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  flags &= (flags & O_PATH) != 0 ? kWithPath : kKnown;
  const bool creates = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
  const open_how how{
      .flags = static_cast<uint64_t>(flags), .mode = creates ? mode & 07777 : 0, .resolve = RESOLVE_NO_SYMLINKS};
  // Only opening what a path leads to can block (a FIFO). O_PATH is also used before the program's first thread exists.
  const auto open = (flags & O_PATH) != 0 ? gate::call : host_for_program;
  return open(SYS_openat2, static_cast<uint64_t>(AT_FDCWD), gate::address_of(path.c_str()), gate::address_of(&how),
              sizeof(how), 0, 0);
}

std::string path_through_descriptor(int fd) {
  Text<48> text;
  text.append("/proc/thread-self/fd/").decimal(fd);
  return text.c_str();
}

Result<HostPath> HostPath::to(const Place& place) {
  HostPath path;
  path.fd_ = OwnedFd(TRY(gate::descriptor_of(open_without_links(place.host_path, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0))));
  path.text_ = path_through_descriptor(path.fd_.get());
  return path;
}

Result<HostPath> HostPath::name(const Place& place) {
  HostPath path;
  if (place.node != kNoNode || place.ends_in_dots) {  // a mount has no name below itself
    path = TRY(to(place));
    path.text_ += "/.";
    return path;
  }
  const size_t slash = place.host_path.rfind('/');
  const std::string parent = place.host_path.substr(0, slash == 0 ? 1 : slash);
  path.fd_ = OwnedFd(TRY(gate::descriptor_of(open_without_links(parent, O_PATH | O_DIRECTORY | O_CLOEXEC, 0))));
  path.text_ = path_through_descriptor(path.fd_.get()) + place.host_path.substr(slash);
  if (place.wants_directory) path.text_ += "/";
  return path;
}

}  // namespace redoubt::shim
