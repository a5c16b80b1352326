// SPDX-License-Identifier: Apache-2.0
//
// Reads the files it is told to, before anything of the program runs.
#include "shim/files/insecure_manifest.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/syscall.h>

#include "shim/abi/errno_names.h"
#include "shim/attested/openssl_start.h"
#include "shim/files/namespace.h"
#include "shim/gate/gate.h"
#include "shim/gate/host_answer.h"
#include "shim/memory/sealed.h"

namespace redoubt::shim::file_namespace {
namespace {

constexpr size_t kLargest = size_t{64} << 20;

Result<std::string> read_host_file(const std::string& path) {
  const OwnedFd file(TRY(gate::descriptor_of(
      gate::call(SYS_openat, static_cast<uint64_t>(AT_FDCWD), gate::address_of(path.c_str()), O_RDONLY | O_CLOEXEC))));
  std::string bytes;
  char chunk[4096];
  while (bytes.size() < kLargest) {
    const size_t got = TRY(read_at(file.get(), bytes.size(), chunk, sizeof(chunk)));
    if (got == 0) return bytes;
    bytes.append(chunk, got);
  }
  return fail(EFBIG);
}

std::string problem(const std::string& what, Errno error) {
  const abi::ErrnoName* const known = abi::find_errno(number_of(error));
  return what + ": " + (known != nullptr ? known->text : "unknown error");
}

Result<void> inject_file(const std::string& injection) {
  const size_t equals = injection.find('=');
  if (equals == std::string::npos) return fail(EINVAL);
  const std::string content = TRY(read_host_file(injection.substr(equals + 1)));
  wire::InjectedFile file;
  const std::string path = injection.substr(0, equals);
  file.path = path;
  file.permission = 0600;
  file.content = as_bytes(content);
  return inject(file);
}

}  // namespace

std::string start_insecure(const InsecureManifest& manifest) {
  const auto bytes = read_host_file(manifest.file);
  if (!bytes) return problem("cannot read the manifest " + manifest.file, bytes.error());
  wire::CodeManifest decoded;
  if (!wire::decode(as_bytes(*bytes), decoded)) return manifest.file + " is no code manifest";
  attested::use_processor_features();
  if (const auto started = sealed::start(true); !started)
    return problem("no memory for injected files", started.error());
  std::string culprit;
  if (const auto started = start(decoded, &culprit); !started) {
    return problem("the manifest's path " + culprit, started.error());
  }
  for (const std::string& injection : manifest.injections) {
    if (const auto injected = inject_file(injection); !injected) {
      return problem("cannot inject " + injection, injected.error());
    }
  }
  char directory[PATH_MAX];
  const int64_t size = gate::call(SYS_getcwd, gate::address_of(directory), sizeof(directory));
  if (size > 0) (void)set_working_directory(directory);  // stays "/" where it does not exist
  return {};
}

}  // namespace redoubt::shim::file_namespace
